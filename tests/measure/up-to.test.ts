import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { CancelledError, OptionError, RepresentationError } from '../../src/errors';
import {
  cka,
  contractionMeasure,
  gaussianGram,
  kernelRidge,
  measures,
  procrustes,
  ridge,
  ridgeFits,
  ridgeMeasure,
  splitInputs,
  upTo,
  type Gram,
  type Measure,
} from '../../src/measure';
import { ridgeUpTo } from '../../src/measure/ridge-up-to';
import { featuresOf } from '../../src/representation/capture';
import { addGrams, gramOf, shuffleInputs } from '../../src/representation/gram';
import { accuracy, pairs, range, runExamples } from '../../src/task';
import { closeGroup } from '../../src/task/symmetries';
import { isTransformer, transformer } from '../../src/model/formats/transformer/run/transformer';
import type { Model } from '../../src/model/model';
import { task } from '../../generators/task';
import { example, prime } from '../helpers/example';
import { relabelTokens } from '../helpers/relabel';
import { gram, largestDifference, lowRank, stream } from './data';
import { errorOf } from '../helpers/error-of';

/** n inputs in blocks of four, the group acting on all blocks alike: of order 1, 2, 4, or 8 and not commutative, or of order 6 in blocks of three */
const kinds = {
  none: [],
  flip: [[1, 0, 3, 2]],
  turn: [[1, 2, 3, 0]],
  dihedral: [
    [1, 2, 3, 0],
    [3, 2, 1, 0],
  ],
  symmetric: [
    [1, 2, 0],
    [1, 0, 2],
  ],
};
type Kind = keyof typeof kinds;
const groupOf = (kind: Kind, n: number): Uint32Array[] =>
  closeGroup(
    n,
    kinds[kind].map((block) =>
      Uint32Array.from({ length: n }, (_, i) => i - (i % block.length) + block[i % block.length]!),
    ),
  );

/** representations that share something with each other, relabelled at random: up to relabelling they are nearer than they look */
const some = (m: number, n: number, seed: number, group: readonly Uint32Array[], p = 6): Gram[] => {
  const r = stream(seed);
  const shared = lowRank(r, n, p, 2);
  return Array.from({ length: m }, () => {
    const own = lowRank(r, n, p, 3, 0.1);
    const data = own.data.map((x, at) => shared.data[at]! + 0.5 * x);
    return shuffleInputs(gram({ data, shape: own.shape }), group[r.below(group.length)]!);
  });
};
const arbitrary = fc.record({
  kind: fc.constantFrom<Kind>('flip', 'turn', 'dihedral', 'symmetric'),
  n: fc.constantFrom(24, 36),
  m: fc.integer({ min: 2, max: 4 }),
  seed: fc.nat(),
});
const options = { seed: 3, splits: 2 };
const pairsOf = (m: number) => range(m).flatMap((i) => range(m).flatMap((j) => (j < i ? [[i, j] as const] : [])));
const back = (g: Uint32Array): Uint32Array => {
  const inverse = g.slice();
  g.forEach((to, i) => (inverse[to] = i));
  return inverse;
};
const runs = { numRuns: 10 };

describe('the definition', () => {
  test.each([measures.cka, measures.rsa, measures.gulp, measures['debiased-cka']])(
    '$name: the least over the group, pair by pair',
    async (measure) => {
      await fc.assert(
        fc.asyncProperty(arbitrary, async ({ kind, n, m, seed }) => {
          const group = groupOf(kind, n);
          const grams = some(m, n, seed, group);
          const { data } = await upTo(measure, group).distances(grams, options);
          for (const [i, j] of pairsOf(m)) {
            const all = await Promise.all(
              group.map(
                async (g) => (await measure.distances([grams[i]!, shuffleInputs(grams[j]!, g)], options)).data[1]!,
              ),
            );
            expect(Math.abs(data[i * m + j]! - Math.min(...all))).toBeLessThan(1e-7);
          }
        }),
        { numRuns: 5 },
      );
    },
  );
  /** d(x, y; g) from fits of pairs, one by one */
  const byFits = async (
    predictors: readonly Gram[],
    grams: readonly Gram[],
    group: readonly Uint32Array[],
    i: number,
    j: number,
    alphas?: readonly number[],
  ) => {
    const n = grams[0]!.n;
    let least = { mean: Infinity, splits: [] as number[] };
    for (const g of group) {
      const splits: number[] = [];
      for (const index of range(options.splits)) {
        const split = splitInputs(n, 0.1, options.seed, index);
        const one = async (x: number, y: number, by: Uint32Array) =>
          (await ridgeFits([predictors[x]!], [shuffleInputs(grams[y]!, by)], split, { ...(alphas && { alphas }) }))
            .r2[0]!;
        splits.push(Math.sqrt(1 - Math.min(await one(i, j, g), await one(j, i, back(g)))));
      }
      const mean = splits.reduce((a, b) => a + b) / splits.length;
      if (mean < least.mean) least = { mean, splits };
    }
    return least;
  };
  test('ridge and kernel ridge: the least over the group of the fits in both directions', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ kind, n, m, seed }) => {
        const group = groupOf(kind, n);
        const grams = some(m, n, seed, group);
        for (const [measure, predictors, alphas] of [
          [ridge, grams, undefined],
          [ridgeMeasure({ alphas: [3, 0.01] }), grams, [3, 0.01]],
          [kernelRidge, grams.map((one) => gaussianGram(one)), [1e-4, 1e-3, 1e-2, 0.1, 1]],
        ] as const) {
          const { data, bySplit } = await upTo(measure, group).distances(grams, options);
          for (const [i, j] of pairsOf(m)) {
            const { mean, splits } = await byFits(predictors, grams, group, i, j, alphas);
            expect(Math.abs(data[i * m + j]! - mean)).toBeLessThan(1e-9);
            expect(
              largestDifference(
                bySplit!.map((one) => one[i * m + j]!),
                splits,
              ),
            ).toBeLessThan(1e-9);
          }
        }
      }),
      { numRuns: 10 },
    );
  });
  test('ridge in rounds and blocks of any size is the same', async () => {
    const group = groupOf('dihedral', 24);
    const grams = some(5, 24, 1, group);
    const whole = await ridgeUpTo(grams, grams, group, options);
    for (const [queryBytes, keyBytes] of [
      [1, 1],
      [40_000, 20_000],
      [33_000, 1e9],
    ] as const)
      expect(
        largestDifference(
          (await ridgeUpTo(grams, grams, group, { ...options, queryBytes, keyBytes })).data,
          whole.data,
        ),
      ).toBeLessThan(1e-12);
  });
  test('no relabelling, or the identity alone, is the measure itself', () => {
    for (const measure of Object.values(measures))
      for (const group of [[], groupOf('none', 24)]) expect(upTo(measure, group)).toBe(measure);
  });
  test('the contraction distance keeps its certificate', async () => {
    const group = groupOf('dihedral', 24);
    const grams = some(3, 24, 5, group);
    const rough = await upTo(contractionMeasure({ gap: 0.1 }), group).distances(grams, options);
    const fine = await upTo(contractionMeasure({ gap: 1e-4 }), group).distances(grams, options);
    for (const [i, j] of pairsOf(3)) {
      const at = i * 3 + j;
      expect(fine.data[at]!).toBeLessThanOrEqual(rough.data[at]! + 1e-6);
      expect(fine.data[at]!).toBeGreaterThanOrEqual(rough.data[at]! - rough.gap![at]! - 1e-6);
      expect(fine.gap![at]!).toBeLessThanOrEqual(1e-3);
    }
  });
});

describe.each(Object.values(measures))('$name', (measure) => {
  test('up to relabellings is symmetric, zero on the diagonal, and no larger than plainly', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ kind, n, m, seed }) => {
        const group = groupOf(kind, n);
        const grams = some(m, n, seed, group);
        const plain = await measure.distances(grams, options);
        const least = await upTo(measure, group).distances(grams, options);
        expect(least.m).toBe(m);
        expect(least.bySplit?.length).toBe(plain.bySplit?.length);
        for (const matrix of [least.data, ...(least.bySplit ?? [])])
          for (const i of range(m)) {
            expect(matrix[i * m + i]).toBe(0);
            for (const j of range(m)) expect(matrix[i * m + j]).toBe(matrix[j * m + i]);
          }
        least.data.forEach((d, at) => expect(d).toBeLessThanOrEqual(plain.data[at]! + 1e-12));
        if (least.bySplit)
          least.data.forEach((d, at) =>
            expect(least.bySplit!.reduce((sum, one) => sum + one[at]!, 0) / least.bySplit!.length).toBeCloseTo(d, 12),
          );
      }),
      { numRuns: 5 },
    );
  });
  test('says truly what it is', () => {
    const least = upTo(measure, groupOf('turn', 24));
    expect(least).toMatchObject({
      name: measure.name,
      resolution: measure.resolution,
      metric: measure.metric && !measure.subsamples,
    });
  });
});

describe.each(Object.values(measures).filter((measure) => upTo(measure, groupOf('turn', 24)).metric))(
  '$name, a metric between orbits,',
  (measure) => {
    // the arccosine of nearly 1 keeps half of the digits
    const slack = 1e-6;
    test('does not notice a relabelling of one side', async () => {
      await fc.assert(
        fc.asyncProperty(arbitrary, fc.nat(), async ({ kind, n, m, seed }, pick) => {
          const group = groupOf(kind, n);
          const grams = some(m, n, seed, group);
          const moved = grams.map((one, i) => shuffleInputs(one, group[(pick + 3 * i) % group.length]!));
          const least = upTo(measure, group);
          expect(
            largestDifference(
              (await least.distances(moved, options)).data,
              (await least.distances(grams, options)).data,
            ),
          ).toBeLessThan(slack);
        }),
        runs,
      );
    });
    test('obeys the triangle inequality', async () => {
      await fc.assert(
        fc.asyncProperty(arbitrary, async ({ kind, n, seed }) => {
          const group = groupOf(kind, n);
          const m = 5;
          const { data } = await upTo(measure, group).distances(some(m, n, seed, group), options);
          for (const i of range(m))
            for (const j of range(m))
              for (const k of range(m))
                expect(data[i * m + k]!).toBeLessThanOrEqual(data[i * m + j]! + data[j * m + k]! + slack);
        }),
        runs,
      );
    });
  },
);

test('a relabelled copy is at distance zero, under ridge as far as a representation predicts itself', async () => {
  await fc.assert(
    fc.asyncProperty(arbitrary, fc.nat(), async ({ kind, n, seed }, pick) => {
      const group = groupOf(kind, n);
      const [x] = some(1, n, seed, group) as [Gram];
      const y = shuffleInputs(x, group[pick % group.length]!);
      expect((await upTo(cka, group).distances([x, y], options)).data[1]).toBeLessThan(1e-7);
      // at the relabelling that makes them equal, each predicts itself
      const floor = await Promise.all(
        range(options.splits).map(async (index) => {
          const split = splitInputs(n, 0.1, options.seed, index);
          const self = await Promise.all([x, y].map(async (one) => (await ridgeFits([one], [one], split)).r2[0]!));
          return Math.sqrt(1 - Math.min(...self)) / options.splits;
        }),
      );
      expect((await upTo(ridge, group).distances([x, y], options)).data[1]).toBeLessThanOrEqual(
        floor.reduce((a, b) => a + b) + 1e-9,
      );
    }),
    runs,
  );
});

describe('what is asked', () => {
  const swapTwo = Uint32Array.from([1, 0, 2, 3]);
  const same = Uint32Array.from(range(4));
  const turn = Uint32Array.from([1, 2, 3, 0]);
  test.each([
    ['no identity', [swapTwo], /identity/],
    ['a relabelling twice', [same, swapTwo, swapTwo], /twice/],
    ['what is no permutation', [same, Uint32Array.from([0, 0, 2, 3])], /no permutation/],
    ['other lengths', [same, Uint32Array.from([1, 0])], /no permutation/],
    ['what is not closed', [same, turn], /not closed/],
  ])('%s is refused', (_, group, message) => {
    expect(() => upTo(cka, group)).toThrow(errorOf(OptionError, message));
  });
  test('relabellings of other inputs are refused', async () => {
    await expect(
      upTo(cka, groupOf('turn', 24)).distances(some(2, 36, 0, groupOf('none', 36)), options),
    ).rejects.toThrow(RepresentationError);
  });
  test.each([ridge, cka, procrustes])(
    '$name reports progress up to 1 and can be cancelled',
    async (measure: Measure) => {
      const group = groupOf('dihedral', 24);
      const grams = some(3, 24, 0, group);
      const progress = jest.fn<(done: number) => void>();
      await upTo(measure, group).distances(grams, { ...options, progress });
      const seen = progress.mock.calls.map(([done]) => done);
      expect(seen.length).toBeGreaterThan(2);
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      expect(seen.at(-1)).toBeCloseTo(1, 12);
      const controller = new AbortController();
      const work = upTo(measure, group).distances(grams, {
        ...options,
        signal: controller.signal,
        progress: (done) => done > 0.3 && controller.abort(),
      });
      await expect(work).rejects.toThrow(CancelledError);
    },
  );
});

describe('modular addition', () => {
  const p = prime;
  const addition = task<readonly [number, number]>({
    name: 'addition',
    inputs: pairs(range(p), range(p)),
    behaviour: accuracy(([a, b]: readonly [number, number]) => (a + b) % p),
    threshold: { atLeast: 0.99 },
    // 3 generates the units modulo 43
    symmetries: { 'times 3': ([a, b]) => [(3 * a) % p, (3 * b) % p], swap: ([a, b]) => [b, a] },
  });
  const examples = addition.examples(200, 0);
  const group = addition.relabellings(examples);
  const represent = async (model: Model): Promise<Gram> => {
    const sites = model.representationSites;
    const { score, batches } = await runExamples(model, addition, examples, { capture: sites });
    expect(addition.meets(score)).toBe(true);
    return addGrams(
      sites.map((name) =>
        gramOf(
          featuresOf(
            model.sites.find((site) => site.name === name)!,
            batches,
            'last',
          ),
          { where: name, constant: 'zero' },
        ),
      ),
    );
  };
  test('the same network with its tokens multiplied by a unit is far plainly and at zero up to units; another training run and another mechanism stay far', async () => {
    expect(group).toHaveLength(84);
    const released = await example('released');
    if (!isTransformer(released)) throw new Error('a transformer was expected');
    const moved = await transformer(
      released.config,
      relabelTokens(released.weights, (token) => (5 * token) % p),
      { name: 'times 5' },
    );
    const models = [released, moved, await example('retrained'), await example('constant-attention')];
    const grams = [];
    for (const model of models) grams.push(await represent(model));
    for (const model of models) model.dispose();
    for (const measure of [ridge, cka]) {
      const [plain, least] = [
        await measure.distances(grams, options),
        await upTo(measure, group).distances(grams, options),
      ];
      const self = (await measure.distances([grams[0]!, grams[0]!], options)).data[1]!;
      expect(plain.data[1]).toBeGreaterThan(0.5);
      // the activations are float32
      expect(least.data[1]).toBeLessThan(self + 0.001);
      // retrained has frequencies 18, 13, 14, released 16, 6, 8: no unit takes one to the other
      expect(least.data[2]).toBeGreaterThan(0.4);
      expect(least.data[3]).toBeGreaterThan(0.4);
    }
  });
});
