/** How far each measure finds a copy, measured on copies: what siblings must be apart to be more than copies of each other. */
import { describe, expect, test } from '@jest/globals';
import { measures, type Measure } from '../../src/measure';
import { copyLimit } from '../../src/measure/copies';
import { gram, lowRank, mapFeatures, normals, rotation, stream, times, type Features } from './data';

const n = 60;
/** of few and many directions, large, small, and one that outweighs the others; canonical correlations need fewer directions than half of the inputs */
const representations = (r = stream(3)): Features[] => [
  normals(r, n, 2),
  normals(r, n, 20),
  lowRank(r, n, 40, 5),
  mapFeatures(normals(r, n, 8), (v) => 1000 * v),
  mapFeatures(normals(r, n, 8), (v) => 0.03 * v),
  mapFeatures(normals(r, n, 8), (v, _row, column) => (column === 0 ? 300 * v : v)),
];
const all: readonly Measure[] = Object.values(measures);
const held = all.filter(({ holdsOut }) => holdsOut);

describe.each(all)('$name', (measure) => {
  test(
    measure.holdsOut
      ? 'says how far a copy is, and a copy is that far'
      : 'finds a copy at less than a hundredth of its resolution, and says nothing of copies',
    async () => {
      const some = representations();
      const grams = some.map(gram);
      const rotated = some.map((x, i) => gram(times(x, rotation(stream(i), x.shape[1]))));
      const m = grams.length;
      const { copies, data } = await measure.distances([...grams, ...grams.map((one) => ({ ...one })), ...rotated], {
        seed: 1,
        splits: 2,
      });
      for (let i = 0; i < m; i++) {
        for (const copy of [m + i, 2 * m + i])
          expect(Math.abs(data[i * 3 * m + copy]! - (copies?.[i] ?? 0))).toBeLessThan(0.01 * measure.resolution);
        expect(data[i * 3 * m + i]).toBe(0);
      }
      expect(copies === undefined).toBe(!measure.holdsOut);
    },
  );
});

test.each(held)(
  '$name: copies of as many directions as there are inputs are farther than the resolution, which alone would take them for siblings',
  async (measure) => {
    const wide = gram(normals(stream(5), n, 80));
    const { copies, data } = await measure.distances([wide, { ...wide }], { seed: 1, splits: 3 });
    expect(copies![0]).toBeGreaterThan(3 * measure.resolution);
    expect(data[1]).toBeCloseTo(copies![0]!, 12);
  },
);

test('the limit of what counts as copies: the resolution, and what a copy shows, as shares of variance add up', () => {
  expect(copyLimit(undefined, 0.032)).toBe(0.032);
  expect(copyLimit([0, 0], 0.032)).toBe(0.032);
  expect(copyLimit([0.03, 0.03], 0.04)).toBeCloseTo(0.05, 15);
  expect(copyLimit([0, 0.03], 0.04)).toBeCloseTo(0.045, 15);
  // R2 of 0.9985 from a copy, 0.9975 from what is told from it
  expect(copyLimit([Math.sqrt(0.0015)], Math.sqrt(0.001))).toBeCloseTo(Math.sqrt(0.0025), 15);
});
