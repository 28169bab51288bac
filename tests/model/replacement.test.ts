/** Masks of many changes at once against a plain reading of what each says. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { SiteChange } from '../../src/model/interventions.js';
import type { Replacement, Site, Values } from '../../src/model/model.js';
import { applyPatch, maskOf, patchOf, sharing } from '../../src/model/replacement.js';

const rows = 4;
const lengths = [2, 3, 1, 3];
const site: Site = { name: 's', axes: ['position', 'head', 'feature'], shape: [-1, 3, 2], layer: 0 };
const shape = [rows, 3, 3, 2];
const count = shape.reduce((a, b) => a * b, 1);

const indices = (least: number, most: number) =>
  fc.option(fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1 }), { nil: undefined });
const inputs = Array.from({ length: rows }, () => [1]);
const over = [[1]];
const replacements: Replacement[] = [
  { kind: 'zero' },
  { kind: 'value', value: 7 },
  { kind: 'resample', inputs },
  { kind: 'mean', over },
];
const changes = (ragged: boolean): fc.Arbitrary<SiteChange[]> =>
  fc.array(
    fc
      .record({
        rows: indices(0, rows - 1),
        // of ragged rows only what every row has, from the end where negative
        selected: fc.tuple(
          ragged ? fc.constantFrom(undefined, [0], [-1], [-1, 0]) : indices(0, 2),
          indices(0, 2),
          indices(0, 1),
        ),
        by: fc.constantFrom(...replacements, { kind: 'zero' as const }, { kind: 'resample' as const, inputs }),
      })
      .map(({ rows: some, selected, by }): SiteChange => ({
        site,
        shape,
        rows: some,
        selected,
        lengths: ragged ? lengths : undefined,
        by,
      })),
    { minLength: 1, maxLength: 12 },
  );

/** Whether a change selects an entry, read off its definition. */
function selects({ rows: some, selected, lengths: own }: SiteChange, index: readonly number[]): boolean {
  const [row, ...rest] = index as [number, ...number[]];
  if (some && !some.includes(row)) return false;
  return selected.every((list, axis) => {
    if (list === undefined) return true;
    return list.some((at) => (at < 0 && own && axis === 0 ? own[row]! + at : at) === rest[axis]);
  });
}
const indexOf = (at: number): number[] => {
  const index: number[] = [];
  let rest = at;
  for (const size of shape.toReversed()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
};
const chunks = [
  { from: 0, to: 4 },
  { from: 1, to: 3 },
  { from: 3, to: 4 },
];

describe.each([false, true])('rows of several lengths: %s', (ragged) => {
  test('a mask of changes is 1 where any of them applies', () => {
    fc.assert(
      fc.property(changes(ragged), fc.constantFrom(...chunks), (list, chunk) => {
        const size = count / rows;
        const mask = maskOf(list, [chunk.to - chunk.from, ...shape.slice(1)], chunk);
        for (let at = 0; at < (chunk.to - chunk.from) * size; at++) {
          const index = indexOf(chunk.from * size + at);
          expect(mask === undefined ? 1 : mask[at]).toBe(Number(list.some((change) => selects(change, index))));
        }
      }),
      { numRuns: 80 },
    );
  });

  test('a patch is what the changes do one after the other', () => {
    const source = ({ by }: SiteChange): Values => ({
      shape,
      data: Float32Array.from({ length: count }, (_, i) => (by.kind === 'resample' ? 100 : 200) + i),
    });
    fc.assert(
      fc.property(changes(ragged), (list) => {
        const activation = Float32Array.from({ length: count }, (_, i) => -i);
        const expected = activation.slice();
        for (const change of list) {
          const { by } = change;
          for (let at = 0; at < count; at++)
            if (selects(change, indexOf(at)))
              expected[at] = by.kind === 'zero' ? 0 : by.kind === 'value' ? 7 : source(change).data[at]!;
        }
        applyPatch(patchOf(list, { from: 0, to: rows }, source), activation);
        expect(activation).toEqual(expected);
      }),
      { numRuns: 80 },
    );
  });
});

test('changes that follow each other with one replacement share it, and their order stays', () => {
  fc.assert(
    fc.property(changes(false), (list) => {
      const groups = sharing(list);
      expect(groups.flat()).toEqual(list);
      for (const [i, group] of groups.entries()) {
        expect(new Set(group.map(({ by }) => by.kind)).size).toBe(1);
        expect(i > 0 && groups[i - 1]![0]!.by.kind === group[0]!.by.kind).toBe(false);
      }
    }),
  );
  const other: SiteChange = {
    site,
    shape,
    rows: undefined,
    selected: [undefined, undefined, undefined],
    lengths: undefined,
    by: { kind: 'resample', inputs: [...inputs] },
  };
  // equal inputs in another array may change apart
  expect(sharing([{ ...other, by: replacements[2]! }, other])).toHaveLength(2);
});
