/** The engine model against a naive oracle: a small net in plain arithmetic, interventions decided entry by entry. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { InputError, InterventionError, ModelError, OptionError } from '../../src/errors.js';
import type { EngineModelParts } from '../../src/model/engine-model.js';
import { patchEngineModel, type PatchEngine } from '../../src/model/patch-engine.js';
import type { ModelInput, Tokens } from '../../src/model/input.js';
import type { Intervention, Site } from '../../src/model/model.js';
import { applyPatch, type SitePatch } from '../../src/model/replacement.js';
import { errorOf } from '../helpers/error-of.js';

const CHANNELS = 3;
const sites: readonly Site[] = [
  { name: 'first', axes: ['position', 'channel'], shape: [-1, CHANNELS], layer: undefined },
  { name: 'second', axes: ['channel', 'position'], shape: [CHANNELS, -1], layer: undefined },
  { name: 'pooled', axes: ['channel'], shape: [CHANNELS], layer: undefined },
];

type Put = (site: string, row: number, activation: Float32Array) => Float32Array;
/** One row: first[p, c] = sin(token + c), second = the square of first plus its left neighbour, transposed; pooled = mean; logits = pooled and its negative. */
function forward(tokens: Tokens, row: number, put: Put): Record<string, Float32Array> {
  const n = tokens.length;
  const first = put(
    'first',
    row,
    Float32Array.from({ length: n * CHANNELS }, (_, i) => Math.sin(tokens[Math.floor(i / CHANNELS)]! + (i % CHANNELS))),
  );
  const second = put(
    'second',
    row,
    Float32Array.from({ length: CHANNELS * n }, (_, i) => {
      const c = Math.floor(i / n);
      const p = i % n;
      return first[p * CHANNELS + c]! ** 2 + (p > 0 ? first[(p - 1) * CHANNELS + c]! : 0);
    }),
  );
  const pooled = put(
    'pooled',
    row,
    Float32Array.from(
      { length: CHANNELS },
      (_, c) => second.subarray(c * n, (c + 1) * n).reduce((a, b) => a + b, 0) / n,
    ),
  );
  return { first, second, pooled, logits: Float32Array.of(pooled[0]! + pooled[1]!, -pooled[2]!) };
}
const shapeOf = (site: string, n: number): number[] =>
  site === 'logits' ? [2] : sites.find(({ name }) => name === site)!.shape.map((size) => (size === -1 ? n : size));

let passes = 0;
const engine: PatchEngine = {
  async pass(rows, { capture, patches, logits }) {
    passes++;
    const n = (rows[0] as Tokens).length;
    const results = rows.map((tokens, row) =>
      forward(tokens as Tokens, row, (site, at, activation) => {
        const patch = patches.find((one) => one.site === site);
        if (!patch) return activation;
        const size = activation.length;
        applyPatch(
          {
            ...patch,
            mask: patch.mask?.subarray(at * size, (at + 1) * size),
            values: patch.values.subarray(at * size, (at + 1) * size),
          },
          activation,
        );
        return activation;
      }),
    );
    const stack = (site: string) => ({
      shape: [rows.length, ...shapeOf(site, n)],
      data: Float32Array.from(results.flatMap((one) => [...one[site]!])),
    });
    return {
      logits: logits ? stack('logits') : undefined,
      activations: new Map(capture.map((site) => [site, stack(site)])),
    };
  },
  check(input, where) {
    if (!Array.isArray(input)) throw new InputError({ what: 'not tokens', where });
  },
};
const made = (more: Partial<EngineModelParts<PatchEngine>> = {}) =>
  patchEngineModel({
    name: 'toy',
    kind: 'function',
    fingerprint: 'f',
    backend: { name: 'js', description: 'plain' },
    sites,
    parts: [],
    representationSites: ['pooled'],
    engine,
    ...more,
  });

/** What the interventions come to, entry by entry. */
function oracle(batch: readonly Tokens[], interventions: readonly Intervention[]): Record<string, Float32Array>[] {
  const clean = (tokens: Tokens) => forward(tokens, 0, (_site, _row, activation) => activation);
  return batch.map((tokens, row) =>
    forward(tokens, row, (site, _row, activation) => {
      const shape = shapeOf(site, tokens.length);
      const { axes } = sites.find(({ name }) => name === site)!;
      return activation.map((value, i) => {
        let now = value;
        for (const { site: at, rows, at: slices = {}, by } of interventions) {
          if (at !== site || (rows && !rows.includes(row))) continue;
          let rest = i;
          const index: number[] = [];
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape[axis]!;
            rest = Math.floor(rest / shape[axis]!);
          }
          const chosen = axes.every(
            (axis, k) =>
              slices[axis] === undefined || slices[axis]!.some((j) => (j < 0 ? j + shape[k]! : j) === index[k]),
          );
          if (!chosen) continue;
          if (by.kind === 'zero') now = 0;
          else if (by.kind === 'value') now = by.value as number;
          else if (by.kind === 'resample') now = clean(by.inputs[row] as Tokens)[site]![i]!;
          else {
            // over the references that have this entry
            const flat = (of: readonly number[]) => index.reduce((sum, at, axis) => sum * of[axis]! + at, 0);
            const there = (by.over as readonly Tokens[]).flatMap((one) => {
              const own = shapeOf(site, one.length);
              return index.every((at, axis) => at < own[axis]!) ? [clean(one)[site]![flat(own)]!] : [];
            });
            now = there.reduce((sum, one) => sum + one, 0) / there.length;
          }
        }
        return now;
      });
    }),
  );
}

const LENGTH = 4;
const tokens = fc.array(fc.nat(9), { minLength: LENGTH, maxLength: LENGTH });
const anyLength = fc.array(fc.nat(9), { minLength: 1, maxLength: LENGTH + 3 });
const subset = (n: number) => fc.uniqueArray(fc.nat(n - 1), { minLength: 1, maxLength: n });
const positions = fc.uniqueArray(fc.integer({ min: -LENGTH, max: LENGTH - 1 }), { minLength: 1, maxLength: LENGTH });
const scenario = fc.array(tokens, { minLength: 1, maxLength: 5 }).chain((batch) =>
  fc.record({
    batch: fc.constant(batch),
    batchSize: fc.constantFrom(1, 2, 256),
    interventions: fc.array(
      fc
        .record({
          site: fc.constantFrom('first', 'second', 'pooled'),
          channels: fc.option(subset(CHANNELS), { nil: undefined }),
          positions: fc.option(positions, { nil: undefined }),
          rows: fc.option(subset(batch.length), { nil: undefined }),
          by: fc.oneof(
            fc.constant({ kind: 'zero' } as const),
            fc.record({ kind: fc.constant('value' as const), value: fc.integer({ min: -2, max: 2 }) }),
            fc.record({
              kind: fc.constant('resample' as const),
              inputs: fc.array(tokens, { minLength: batch.length, maxLength: batch.length }),
            }),
            fc.record({
              kind: fc.constant('mean' as const),
              over: fc.tuple(tokens, fc.array(anyLength, { maxLength: 4 })).map(([one, more]) => [...more, one]),
            }),
          ),
        })
        .map(({ site, channels, positions: p, rows, by }): Intervention => ({
          site,
          at: { channel: channels, ...(site !== 'pooled' && { position: p }) } as Intervention['at'],
          rows,
          by,
        })),
      { maxLength: 4 },
    ),
  }),
);

test('any interventions come out as the oracle says, in chunks of any size', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ batch, batchSize, interventions }) => {
      const expected = oracle(batch, interventions);
      const { logits, activations } = await made({ batchSize }).run(batch, {
        interventions,
        capture: ['second', 'first', 'pooled'],
      });
      expect(logits.shape).toEqual([batch.length, 2]);
      for (const name of ['first', 'second', 'pooled', 'logits']) {
        const { data } = name === 'logits' ? logits : activations.get(name)!;
        const wanted = expected.flatMap((one) => [...one[name]!]);
        expect(data).toHaveLength(wanted.length);
        expect(wanted.filter((value, i) => !(Math.abs(data[i]! - value) < 5e-6))).toEqual([]);
      }
    }),
    { numRuns: 80 },
  );
});

describe('what a run costs', () => {
  const one = { site: 'second', at: { channel: [0] } };
  test('a clean run is one pass; sites that follow the input are measured once per size', async () => {
    const model = made();
    passes = 0;
    await model.run([
      [1, 2],
      [3, 4],
    ]);
    expect(passes).toBe(1);
    const zero: Intervention = { site: 'second', by: { kind: 'zero' } };
    await model.run([[1, 2]], { interventions: [zero] });
    expect(passes).toBe(3);
    await model.run([[3, 2]], { interventions: [zero] });
    expect(passes).toBe(4);
  });
  test('a part of a site is replaced in what is known of it, so that what comes before is computed once per input', async () => {
    const seen: (readonly SitePatch[])[] = [];
    const watching = made({
      engine: { ...engine, pass: (rows, wanted) => (seen.push(wanted.patches), engine.pass(rows, wanted)) },
    });
    const batch = [
      [1, 2],
      [3, 4],
    ];
    const interventions: Intervention[] = [{ ...one, by: { kind: 'value', value: 5 } }];
    const first = await watching.run(batch, { interventions });
    passes = 0;
    seen.length = 0;
    expect(await watching.run(batch, { interventions })).toEqual(first);
    expect(passes).toBe(1);
    expect(seen.flat().map(({ site, mask }) => [site, mask])).toEqual([['second', undefined]]);
    // another list of the same tokens is the same input
    passes = 0;
    expect(await watching.run([[1, 2], batch[1]!], { interventions })).toEqual(first);
    expect(passes).toBe(1);
    // two sites may hang on each other
    seen.length = 0;
    await watching.run(batch, {
      interventions: [...interventions, { site: 'first', at: { channel: [1] }, by: { kind: 'zero' } }],
    });
    expect(seen.flat().every(({ mask }) => mask !== undefined)).toBe(true);
    // a model in training is asked every time
    passes = 0;
    const training = made({ changing: true });
    for (let i = 0; i < 2; i++) await training.run(batch, { interventions });
    expect(passes).toBe(3);
  });
  test('a change on top of a whole replacement leaves alone what it came from: kept means, and the values that were given', async () => {
    const batch = [[1, 2]];
    const on: Intervention = {
      site: 'first',
      by: {
        kind: 'mean',
        over: [
          [1, 1],
          [2, 2],
        ],
      },
    };
    const first = await made().run(batch, { interventions: [on] });
    const model = made();
    const value = Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i);
    for (const below of [
      on,
      { site: 'first', by: { kind: 'value', value: { shape: [1, 2, CHANNELS], data: value } } } satisfies Intervention,
    ])
      await model.run(batch, {
        interventions: [below, { site: 'first', at: { channel: [1] }, by: { kind: 'value', value: 9 } }],
      });
    expect(await model.run(batch, { interventions: [on] })).toEqual(first);
    expect(value).toEqual(Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i));
  });
  test('sites resampled from the same inputs share a pass, and means are kept', async () => {
    const model = made();
    const inputs = [[5, 6]];
    const resampled = ['first', 'pooled'].map((site): Intervention => ({ site, by: { kind: 'resample', inputs } }));
    await model.run([[1, 2]], { interventions: resampled });
    passes = 0;
    await model.run([[1, 2]], { interventions: resampled });
    expect(passes).toBe(2);
    const over = [
      [1, 1],
      [2, 2],
    ];
    const mean: Intervention = { site: 'pooled', by: { kind: 'mean', over } };
    await model.run([[1, 2]], { interventions: [mean] });
    passes = 0;
    await model.run([[1, 2]], { interventions: [mean] });
    expect(passes).toBe(1);
    // of a model in training they are not: its weights may have moved
    const training = made({ changing: true });
    await training.run([[1, 2]], { interventions: [mean] });
    passes = 0;
    await training.run([[1, 2]], { interventions: [mean] });
    expect(passes).toBe(2);
  });
  test('nothing wanted is nothing run', async () => {
    passes = 0;
    await made().run([[1, 2]], { logits: false });
    expect(passes).toBe(0);
  });
});

describe('what is refused', () => {
  const run = (batch: readonly ModelInput[], interventions: readonly unknown[] = []) =>
    made().run(batch, { interventions: interventions as Intervention[] });
  const zero = { kind: 'zero' } as const;
  test('batches', async () => {
    await expect(run([])).rejects.toThrow(InputError);
    await expect(run([[1, 2], [1]])).rejects.toThrow(errorOf(InputError, /input 1 has 1 token, input 0 has 2 tokens/));
    await expect(run([{ shape: [1], data: [1] }])).rejects.toThrow(errorOf(InputError, /not tokens[^]*batch, input 0/));
    await expect(run([null as never])).rejects.toThrow(InputError);
  });
  test.each([
    [{ site: 'frist', by: zero }, /no site "frist"; the nearest is first/],
    [{ site: 'first', by: zero, heads: [1] }, /no entry "heads"/],
    [{ site: 'first', at: { head: [1] }, by: zero }, /no axis "head": its axes are position, channel/],
    [{ site: 'first', at: { channel: [3] }, by: zero }, /at.channel holds 3, which is not an index from 0 to 2/],
    [{ site: 'first', at: { channel: [-1] }, by: zero }, /at.channel holds -1/],
    [{ site: 'first', at: { channel: [] }, by: zero }, /selects nothing/],
    [{ site: 'first', at: [1], by: zero }, /not an object of indices by axis/],
    [
      { site: 'first', by: { kind: 'resample', inputs: [[1, 2, 3]] } },
      /by.inputs\[0\] has 3 tokens, row 0 of the batch 2 tokens/,
    ],
    [
      { site: 'first', by: { kind: 'mean', over: [[1]] } },
      /by.over reaches no further than \[1, 3\], the batch needs \[2, 3\]/,
    ],
    [
      { site: 'first', by: { kind: 'value', value: { shape: [5], data: [1, 2, 3, 4, 5] } } },
      /does not broadcast to the site's \[1, 2, 3\]/,
    ],
    [{ site: 'first', by: { kind: 'noise' } }, /no known kind/],
  ])('%j', async (intervention, message) => {
    await expect(run([[1, 2]], [intervention])).rejects.toThrow(errorOf(InterventionError, message));
  });
  test('captures, options, positions that are not there', async () => {
    await expect(made().run([[1]], { capture: ['secnd'] })).rejects.toThrow(
      errorOf(InterventionError, /no site "secnd" to capture; the nearest is second/),
    );
    await expect(made().run([[1]], { captures: ['second'] } as never)).rejects.toThrow(OptionError);
    await expect(made().run([[1]], { logits: 0 })).rejects.toThrow(InputError);
    expect((await made().run([[1]], { logits: -1 })).logits.shape).toEqual([1, 2]);
    expect(() => made({ batchSize: 0 })).toThrow(OptionError);
  });
  test('an engine that gives the wrong thing, and a model that is gone', async () => {
    const lying = made({
      engine: { pass: async () => ({ logits: { shape: [1, 2], data: new Float32Array(3) }, activations: new Map() }) },
    });
    await expect(lying.run([[1]])).rejects.toThrow(
      errorOf(ModelError, /gave its logits of shape \[1, 2\] with 3 values for 1 rows/),
    );
    await expect(lying.run([[1]], { capture: ['pooled'] })).rejects.toThrow(
      errorOf(ModelError, /gave nothing for pooled/),
    );
    const gone = made();
    gone.dispose();
    await expect(gone.run([[1]])).rejects.toThrow(ModelError);
  });
});
