/** What each measure says of itself, tried: what it notices of its representations and what it does not, its range, whether it is a metric. A new measure is tried by being in the list. */
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { gaussianGram, measures, ridgePairs, type Gram, type Invariance, type Measure } from '../../src/measure';
import { invariances } from '../../src/measure/measure';
import { CancelledError, RepresentationError } from '../../src/errors';
import { shuffleInputs } from '../../src/representation/gram';
import {
  gram,
  largestDifference,
  lowRank,
  mapFeatures,
  normals,
  permuteFeatures,
  plus,
  rotation,
  stream,
  times,
  type Features,
} from './data';

const all: readonly Measure[] = Object.values(measures);

/** of two representations of 9 features over 20 inputs the ranks add up to less than the inputs */
const widest = ({ lowRank }: Measure, p: number): number => (lowRank ? Math.min(p, 9) : p);
const shapes = (measure: Measure) =>
  fc.record({
    n: fc.integer({ min: 20, max: 40 }),
    p: fc.integer({ min: 2, max: widest(measure, 60) }),
    seed: fc.nat(),
  });
/** how far rounding can move a distance, or what it is known to */
const slack = ({ gap = 1e-7 }: Measure): number => gap;

const pair = (n: number, p: number, seed: number): [Features, Features] => {
  const r = stream(seed);
  const shared = normals(r, n, 3);
  const side = (): Features =>
    plus(
      times(shared, normals(r, 3, p)),
      mapFeatures(normals(r, n, p), (v) => 0.3 * v),
    );
  return [side(), side()];
};

const distance = async (measure: Measure, a: Gram, b: Gram): Promise<number> =>
  (await measure.distances([a, b], { seed: 1, splits: 1 })).data[1]!;

/** one of each kind of change that a measure may say it does not notice */
const changes: Record<Invariance, (x: Features, seed: number) => Gram> = {
  scale: (x) => gram(mapFeatures(x, (v) => 7 * v)),
  // far from a rotation, but well within what rounding leaves of it
  'invertible linear maps': (x, seed) =>
    gram(
      mapFeatures(
        times(
          x,
          plus(
            rotation(stream(seed), x.shape[1]),
            mapFeatures(rotation(stream(seed + 1), x.shape[1]), (v) => 0.7 * v),
          ),
        ),
        (v, _, j) => v * (1 + (j % 5)),
      ),
    ),
  // distances of these features are a monotone function of the distances of those
  'monotone changes of the distances': (x) => gaussianGram(gram(x)),
};

test('each measure goes by its name', () => {
  expect(all.map(({ name }) => name)).toEqual(Object.keys(measures));
});

describe.each(all)('$name', (measure) => {
  const unnoticed = (what: string, change: (x: Features, seed: number) => Gram): void => {
    test(`does not notice ${what}`, async () => {
      await fc.assert(
        fc.asyncProperty(shapes(measure), async ({ n, p, seed }) => {
          const [a, b] = pair(n, p, seed);
          const before = await distance(measure, gram(a), gram(b));
          expect(before).toBeGreaterThan(0.001);
          const [changed, other] = [change(a, seed), gram(b)];
          expect(Math.abs((await distance(measure, changed, other)) - before)).toBeLessThan(slack(measure));
          expect(Math.abs((await distance(measure, other, changed)) - before)).toBeLessThan(slack(measure));
        }),
        { numRuns: 8 },
      );
    });
  };

  unnoticed('a rotation of the features', (x, seed) => gram(times(x, rotation(stream(seed + 1), x.shape[1]))));
  unnoticed('a translation', (x, seed) => {
    const shift = normals(stream(seed + 2), 1, x.shape[1]).data;
    return gram(mapFeatures(x, (v, _, j) => v + 10 * shift[j]!));
  });
  unnoticed('the order of the features', (x, seed) =>
    gram(permuteFeatures(x, stream(seed + 3).permutation(x.shape[1]))),
  );
  for (const kind of measure.invariances) unnoticed(`a change of this kind: ${kind}`, changes[kind]);
  const noticed = invariances
    .filter((kind) => !measure.invariances.includes(kind))
    // the kernel's features are of full rank, which these refuse
    .filter((kind) => !(measure.lowRank && kind === 'monotone changes of the distances'));
  for (const kind of noticed)
    test(`notices a change of this kind: ${kind}`, async () => {
      const [a, b] = pair(40, 9, 1);
      const before = await distance(measure, gram(a), gram(b));
      // of the larger of two directions, one may stay as it was
      const moved = [
        await distance(measure, changes[kind](a, 5), gram(b)),
        await distance(measure, gram(a), changes[kind](b, 5)),
      ].map((d) => Math.abs(d - before));
      expect(Math.max(...moved)).toBeGreaterThan(Math.max(0.1 * measure.resolution, 2 * slack(measure)));
    });

  const { range } = measure;
  test(range.max < Infinity ? `is from 0 to ${range.max}` : 'is from 0, and can be above 1', async () => {
    let largest = 0;
    await fc.assert(
      fc.asyncProperty(shapes(measure), async ({ n, p, seed }) => {
        const r = stream(seed);
        const [related, other] = pair(n, p, seed);
        const grams = [related, other, normals(r, n, p), lowRank(r, n, p, 1)].map(gram);
        for (const d of (await measure.distances(grams, { seed: 1, splits: 1 })).data) {
          expect(d).toBeGreaterThanOrEqual(0);
          expect(d).toBeLessThanOrEqual(range.max);
          largest = Math.max(largest, d);
        }
      }),
      { numRuns: 10 },
    );
    expect(largest > 1).toBe(range.max > 1);
  });

  test(
    measure.subsamples || measure.holdsOut
      ? 'looks at inputs by seed: their order counts where there are many'
      : 'treats all inputs alike, however many there are',
    async () => {
      const order = stream(13).permutation(150);
      const [a, b] = pair(150, 9, 13).map(gram) as [Gram, Gram];
      const moved = await distance(measure, shuffleInputs(a, order), shuffleInputs(b, order));
      const difference = Math.abs(moved - (await distance(measure, a, b)));
      if (measure.subsamples || measure.holdsOut) expect(difference).toBeGreaterThan(1e-4);
      else expect(difference).toBeLessThan(1e-7);
    },
  );

  test('notices a shuffling of the inputs of one side', async () => {
    const r = stream(4);
    const a = normals(r, 40, 6);
    const same = gram(a);
    const { data, copies } = await measure.distances(
      [same, gram(times(a, rotation(r, 6))), shuffleInputs(same, r.permutation(40))],
      { seed: 1 },
    );
    // the angle of unrelated Grams is well below a right angle where features are few
    expect(data[2]).toBeGreaterThan(0.25);
    // 36 inputs in six dimensions are not enough for a Gaussian kernel to learn even the identity
    expect(data[1]! - (copies?.[0] ?? 0)).toBeLessThan(0.1);
    expect(data[1]).toBeLessThan(0.8 * data[2]!);
  });

  test('takes float32 copies, rotated, for much nearer than its resolution, beyond what any copy is', async () => {
    const r = stream(40);
    const a = lowRank(r, 60, 20, 12, 0.05);
    const rotated = times(a, rotation(r, 20));
    const { data, copies } = await measure.distances(
      [a, rotated].map((x) => gram({ data: Float64Array.from(Float32Array.from(x.data)), shape: x.shape })),
      { seed: 1 },
    );
    expect(copies !== undefined).toBe(measure.holdsOut === true);
    expect(data[1]! - (copies?.[0] ?? 0)).toBeLessThan(measure.resolution / 100);
  });

  test('is symmetric, with a zero diagonal, and does not depend on the company or its order', async () => {
    const r = stream(5);
    const grams = [3, 8, 50, 8, 2].map((p) => gram(lowRank(r, 30, widest(measure, p), 4, 0.3)));
    const m = grams.length;
    const { data } = await measure.distances(grams, { seed: 2, splits: 2 });
    for (let i = 0; i < m; i++) {
      expect(data[i * m + i]).toBe(0);
      for (let j = 0; j < i; j++) {
        expect(data[i * m + j]).toBe(data[j * m + i]);
        const alone = await measure.distances([grams[j]!, grams[i]!], { seed: 2, splits: 2 });
        expect(Math.abs(alone.data[1]! - data[i * m + j]!)).toBeLessThan(1e-12);
      }
    }
  });

  test('gives the same bits again, and leaves the Grams alone', async () => {
    const r = stream(6);
    const grams = [
      gram(normals(r, 150, 9)),
      gram(normals(r, 150, measure.lowRank ? 80 : 200)),
      gram(normals(r, 150, 40)),
    ];
    const before = grams.map(({ data }) => data.slice());
    const first = await measure.distances(grams, { seed: 3 });
    // and two at once share nothing
    const both = await Promise.all([measure.distances(grams, { seed: 3 }), measure.distances(grams, { seed: 3 })]);
    expect(both).toEqual([first, first]);
    expect(grams.map(({ data }) => data)).toEqual(before);
  });

  test('of one representation alone is the matrix [0]', async () => {
    const { m, data } = await measure.distances([gram(normals(stream(7), 20, 3))], { seed: 1 });
    expect([m, ...data]).toEqual([1, 0]);
  });

  test('reports progress up to 1, rising', async () => {
    const seen: number[] = [];
    await measure.distances(
      [1, 2, 3].map((s) => gram(normals(stream(s), 20, 3))),
      { seed: 1, progress: (done) => seen.push(done) },
    );
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  test('stops when cancelled, before or midway', async () => {
    const grams = [1, 2, 3].map((s) => gram(normals(stream(s), 200, 3)));
    await expect(measure.distances(grams, { seed: 1, signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
    const controller = new AbortController();
    let last = 0;
    const progress = (done: number): void => {
      last = done;
      controller.abort();
    };
    await expect(measure.distances(grams, { seed: 1, signal: controller.signal, progress })).rejects.toThrow(
      CancelledError,
    );
    expect(last).toBeLessThan(1);
    // nothing of the interrupted work is left behind
    expect((await measure.distances(grams, { seed: 1 })).data).toEqual(
      (await measure.distances(grams, { seed: 1 })).data,
    );
  });

  describe('refuses', () => {
    const n = 20;
    const good = gram(normals(stream(8), n, 4));
    const changed = (fn: (data: Float64Array) => void) => {
      const data = good.data.slice();
      fn(data);
      return { n, data };
    };
    const refused = async (grams: { n: number; data: Float64Array }[], message: RegExp): Promise<void> => {
      const error = await measure.distances(grams, { seed: 1 }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(RepresentationError);
      expect((error as RepresentationError).message).toMatch(message);
    };

    test('none', () => refused([], /no representations/));
    test('different numbers of inputs', () =>
      refused([good, gram(normals(stream(9), n + 1, 4))], /20 and over 21 inputs[\s\S]*representation 1/));
    test('NaN', () =>
      refused(
        [good, changed((k) => (k[3 * n + 5] = k[5 * n + 3] = NaN))],
        /not finite at input 3[\s\S]*representation 1/,
      ));
    test('NaN on the diagonal', () => refused([good, changed((k) => (k[0] = NaN))], /not finite at input 0/));
    test('infinity', () =>
      refused([changed((k) => (k[7 * n + 7] = Infinity)), good], /not finite at input 7[\s\S]*representation 0/));
    test('a constant representation', () =>
      refused([good, { n, data: new Float64Array(n * n) }], /constant[\s\S]*representation 1/));
    test('what is not symmetric', () =>
      refused([good, changed((k) => ((k[3] = k[3]! + 1), (k[4] = k[4]! - 1)))], /not symmetric/));
    test('what is not centred', () =>
      refused([good, changed((k) => k.forEach((x, i) => (k[i] = x + 1)))], /not centred/));
    test('a negative squared norm', () => refused([good, changed((k) => (k[0] = -1))], /negative/));
    test('data that do not fill the shape', () => refused([good, { n, data: good.data.slice(1) }], /399 values/));
    test(`fewer than ${measure.fewestInputs} inputs, and no more`, async () => {
      const few = measure.fewestInputs - 1;
      await refused([{ n: few, data: new Float64Array(few * few).fill(1) }], /too few/);
      const { m } = await measure.distances([gram(normals(stream(11), measure.fewestInputs, 1))], { seed: 1 });
      expect(m).toBe(1);
    });
    if (measure.lowRank)
      test('ranks that add up to the number of inputs', () =>
        refused(
          [1, 2].map((seed) => gram(normals(stream(seed), n, 2 * n))),
          /rank 1\d and 1\d over 20 inputs/,
        ));
    else
      test('no ranks, however large', async () => {
        const wide = [1, 2].map((seed) => gram(normals(stream(seed), n, 2 * n)));
        expect((await measure.distances(wide, { seed: 1 })).data[1]).toBeGreaterThan(0);
      });
  });
});

describe.each(all.filter(({ metric }) => metric))('$name', (measure) => {
  test('obeys the triangle inequality', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: measure.lowRank ? 20 : 4, max: 25 }),
        fc.array(fc.integer({ min: 1, max: widest(measure, 30) }), { minLength: 3, maxLength: 6 }),
        fc.double({ min: 0.001, max: 2, noNaN: true }),
        fc.nat(),
        async (n, widths, noise, seed) => {
          const r = stream(seed);
          const shared = normals(r, n, 2);
          const grams = widths.map((p) =>
            gram(
              plus(
                times(shared, normals(r, 2, p)),
                mapFeatures(normals(r, n, p), (v) => noise * v),
              ),
            ),
          );
          const m = grams.length;
          const { data } = await measure.distances(grams, { seed: 1 });
          // one expectation for all: each costs more than the sum that it checks
          let largest = 0;
          let detour = -Infinity;
          for (let i = 0; i < m; i++)
            for (let j = 0; j < m; j++) {
              largest = Math.max(largest, data[i * m + j]!);
              for (let k = 0; k < m; k++)
                detour = Math.max(detour, data[i * m + k]! - (data[i * m + j]! + data[j * m + k]! + slack(measure)));
            }
          expect(largest).toBeLessThanOrEqual(measure.range.max);
          expect(detour).toBeLessThanOrEqual(0);
        },
      ),
      { numRuns: 20 },
    );
  });
});

test('ridge takes float32 copies, rotated, for nearer than its resolution', async () => {
  const r = stream(40);
  const a = lowRank(r, 60, 20, 12, 0.05);
  const grams = [a, times(a, rotation(r, 20))].map((x) =>
    gram({ data: Float64Array.from(Float32Array.from(x.data)), shape: x.shape }),
  );
  expect((await measures.ridge.distances(grams, { seed: 1 })).data[1]).toBeLessThan(measures.ridge.resolution);
});

describe('ridge needs variation on both sides of the split', () => {
  const n = 30;
  const split = async (vary: (row: number) => number): Promise<unknown> =>
    ridgePairs(
      [
        gram({ data: Float64Array.from({ length: n }, (_, i) => vary(i)), shape: [n, 1] }),
        gram(normals(stream(3), n, 3)),
      ],
      { seed: 1, splits: 1 },
    );

  test('one input unlike all others is either held out or not: both are refused, naming the representation', async () => {
    const messages = new Set<string>();
    for (let odd = 0; odd < n; odd++) {
      const error = await split((row) => (row === odd ? 1 : 0)).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(RepresentationError);
      messages.add((error as RepresentationError).what + (error as RepresentationError).where);
    }
    expect([...messages].sort()).toEqual([
      'The representation does not vary over the 3 inputs held out to test a prediction of it.target 0',
      'The representation is constant over the inputs that ridge regression is fitted on.representation 0',
    ]);
  });
});

test('without WebAssembly every measure says the same', async () => {
  const r = stream(12);
  const grams = [3, 20, 80].map((p) => [p, gram(lowRank(r, 45, p, 5, 0.2))] as const);
  const held = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')!;
  try {
    Object.defineProperty(globalThis, 'WebAssembly', { value: undefined, configurable: true, writable: true });
    await jest.isolateModulesAsync(async () => {
      const plain = require('../../src/measure') as typeof import('../../src/measure');
      for (const [name, measure] of Object.entries<Measure>(measures)) {
        const some = grams.filter(([p]) => !measure.lowRank || p < 45).map(([, one]) => one);
        const [want, got] = await Promise.all(
          [measure, plain.measures[name as keyof typeof measures]].map((which) => which.distances(some, { seed: 1 })),
        );
        expect(largestDifference(got!.data, want!.data)).toBeLessThan(measure.gap ?? 1e-9);
        // another order of summation: were the bits the same, the fast kernel would have been used
        if (measure === measures.ridge) expect(got!.data).not.toEqual(want!.data);
      }
    });
  } finally {
    Object.defineProperty(globalThis, 'WebAssembly', held);
  }
});
