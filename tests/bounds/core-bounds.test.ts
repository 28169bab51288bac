/** Bounds between whole sets against finite metric spaces in which everything is known. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { contractionMeasure } from '../../src/measure/contraction';
import { random, type Random } from '../../src/random';
import { gramOf } from '../../src/representation/gram';
import { decideBound as decideDrawn } from '../../src/claims/bound-rule';
import {
  controlBounds,
  coreBounds,
  drawsNeeded,
  quantileRanks,
  type CoreBounds,
  type CoreSide,
  type DistanceLimits,
} from '../../src/bounds/core-bounds';
import { hausdorff, quantile, sides, truth, type Sides } from '../verdict/worlds';

const EPS = 1e-9;
/** enough for limits at share 0.7 and alpha 0.2: 0.7^8 < 0.08 */
const LEVEL = { share: 0.7, alpha: 0.2 };
const DRAWS = 9;

/** Members of both sides in one matrix: centre, draws; centre, draws. */
function matrixOf(
  { world: { d }, sides: populations, draws }: Sides,
  off: (at: number) => readonly [number, number] = () => [0, 0],
): { limits: DistanceLimits; sides: [CoreSide, CoreSide]; members: number[] } {
  const members = populations.flatMap(({ centre, points }, i) => [centre, ...draws[i]!.map((at) => points[at]!)]);
  const size = members.length;
  const low = new Float64Array(size * size);
  const high = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (i === j) continue;
      const [less, more] = off(Math.max(i, j) * size + Math.min(i, j));
      low[i * size + j] = Math.max(0, d[members[i]!]![members[j]!]! - less);
      high[i * size + j] = d[members[i]!]![members[j]!]! + more;
    }
  }
  const start = draws[0].length + 1;
  const sideAt = (from: number, count: number): CoreSide => ({
    centre: from,
    random: Array.from({ length: count }, (_, k) => from + 1 + k),
    others: [],
    complete: false,
  });
  return { limits: { size, low, high }, sides: [sideAt(0, draws[0].length), sideAt(start, draws[1].length)], members };
}
const boundsOf = (of: Sides, off?: Parameters<typeof matrixOf>[1]): CoreBounds => {
  const { limits, sides: both } = matrixOf(of, off);
  return coreBounds(limits, both, LEVEL);
};
const complete = ([a, b]: readonly [CoreSide, CoreSide]): [CoreSide, CoreSide] => [
  { ...a, complete: true },
  { ...b, complete: true },
];

describe('sets of which every member is known', () => {
  test('the limits are the Hausdorff distance itself, and both inequalities hold of it', () => {
    fc.assert(
      fc.property(sides(6), (of) => {
        const { limits, sides: both, members } = matrixOf(of);
        const [a, b] = [members.slice(0, 7), members.slice(7)];
        const { distance, necessary, sufficient, diameters } = coreBounds(limits, complete(both), LEVEL);
        [a, b].forEach((set, i) => {
          const widest = Math.max(...set.flatMap((h) => set.map((g) => of.world.d[h]![g]!)));
          expect(diameters[i]).toEqual({ low: widest, high: widest });
        });
        const exact = hausdorff(of.world, a, b);
        expect(distance.low).toBeCloseTo(exact, 9);
        expect(distance.high!).toBeCloseTo(exact, 9);
        expect(necessary.low).toBeLessThanOrEqual(exact + EPS);
        expect(sufficient!).toBeGreaterThanOrEqual(exact - EPS);
        // the condition itself, from the centres: max d - the other's radius
        const { d } = of.world;
        const gap = (from: number[], to: number[]): number =>
          Math.max(...from.map((h) => d[h]![to[0]!]!)) - Math.max(...to.map((g) => d[g]![to[0]!]!));
        expect(necessary.low).toBeCloseTo(Math.max(0, gap(a, b), gap(b, a)), 9);
      }),
      { numRuns: 100 },
    );
  });

  test('of implementations that are only nearly exact, the limits hold of the exact ones beside them', () => {
    const point = fc.double({ min: 0, max: 10, noNaN: true });
    const set = fc.array(fc.tuple(point, fc.double({ min: -1, max: 1, noNaN: true })), { minLength: 2, maxLength: 6 });
    const eta = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(set, set, eta, eta, (first, second, ...errors) => {
        // on a line: where each exact one is, and where what was measured is
        const all = [first, second].flatMap((own, i) =>
          own.map(([at, off]) => ({ exact: at, measured: at + off * errors[i]!, eta: errors[i]! })),
        );
        const size = all.length;
        const [low, high] = [new Float64Array(size * size), new Float64Array(size * size)];
        all.forEach((one, i) =>
          all.forEach((other, j) => {
            if (i === j) return;
            const distance = Math.abs(one.measured - other.measured);
            low[i * size + j] = Math.max(0, distance - one.eta - other.eta);
            high[i * size + j] = distance + one.eta + other.eta;
          }),
        );
        const sideOf = (from: number, count: number): CoreSide => ({
          centre: from,
          random: Array.from({ length: count - 1 }, (_, k) => from + 1 + k),
          others: [],
          complete: true,
        });
        const both = [sideOf(0, first.length), sideOf(first.length, second.length)] as const;
        const { distance, diameters, necessary } = coreBounds({ size, low, high }, both, LEVEL);
        const [a, b] = [all.slice(0, first.length), all.slice(first.length)].map((own) =>
          own.map(({ exact }) => exact),
        );
        const apart = (from: number[], to: number[]): number =>
          Math.max(...from.map((h) => Math.min(...to.map((g) => Math.abs(h - g)))));
        const between = Math.max(apart(a!, b!), apart(b!, a!));
        expect(distance.low).toBeLessThanOrEqual(between + EPS);
        expect(distance.high!).toBeGreaterThanOrEqual(between - EPS);
        expect(necessary.low).toBeLessThanOrEqual(between + EPS);
        for (const [i, own] of [a!, b!].entries()) {
          const width = Math.max(...own) - Math.min(...own);
          expect(diameters[i]!.low).toBeLessThanOrEqual(width + EPS);
          expect(diameters[i]!.high!).toBeGreaterThanOrEqual(width - EPS);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('one set known, the other sampled: the limits hold of the worst member of the known one', () => {
    fc.assert(
      fc.property(sides(DRAWS), (of) => {
        const {
          limits,
          sides: [a, b],
        } = matrixOf(of);
        const { distance, necessary } = coreBounds(limits, [{ ...a, complete: true }, b], LEVEL);
        expect(necessary.low).toBeLessThanOrEqual(necessary.high! + EPS);
        expect(distance.low).toBeLessThanOrEqual(distance.high! + EPS);
        expect(necessary.high!).toBeLessThanOrEqual(distance.high! + EPS);
      }),
      { numRuns: 80 },
    );
  });
});

describe('sampled sets', () => {
  test('the definitions: what truly holds of the cores is in the order that the proofs say', () => {
    fc.assert(
      fc.property(sides(1), (of) => {
        const { distance, necessary, cores, radii } = truth(of, LEVEL.share);
        const { d } = of.world;
        expect(necessary).toBeLessThanOrEqual(distance + EPS);
        // the Hausdorff distance of the cores, and the paper's sufficient condition, are no smaller
        const between = hausdorff(of.world, cores[0], cores[1]);
        expect(distance).toBeLessThanOrEqual(between + EPS);
        const nearest = Math.min(...cores[0].flatMap((h) => cores[1].map((g) => d[h]![g]!)));
        expect(between).toBeLessThanOrEqual(nearest + 2 * Math.max(...radii) + EPS);
      }),
      { numRuns: 100 },
    );
  });

  test('wherever the order statistics lie as they do with confidence, every limit holds', () => {
    let [above, below] = [0, 0];
    const runs = 600;
    fc.assert(
      fc.property(sides(DRAWS), (of) => {
        const { share } = LEVEL;
        const real = truth(of, share);
        const bounds = boundsOf(of);
        const { d } = of.world;
        const ranks = quantileRanks(DRAWS, share, LEVEL.alpha);
        const sorted = (values: number[]): number[] => values.toSorted((x, y) => x - y);
        /** of a statistic of a side: its order statistics, and its true quantile */
        const of1 = (i: 0 | 1, f: (h: number) => number) => {
          const { points } = of.sides[i];
          const sample = sorted(of.draws[i].map((at) => f(points[at]!)));
          return {
            low: ranks.below === 0 ? 0 : sample[ranks.below - 1]!,
            high: sample[ranks.above! - 1]!,
            is: quantile(points.map(f), share),
          };
        };
        const radius = ([0, 1] as const).map((i) => of1(i, (h) => d[h]![of.sides[i].centre]!));
        const strangers = ([0, 1] as const).map((i) => of1(i, (h) => d[h]![of.sides[1 - i]!.centre]!));
        const near = ([0, 1] as const).map((i) => {
          const k = (1 - i) as 0 | 1;
          const { centre, points } = of.sides[k];
          const sure = [
            centre,
            ...of.draws[k].map((at) => points[at]!).filter((g) => d[g]![centre]! <= radius[k]!.low),
          ];
          return of1(i, (h) => Math.min(...sure.map((g) => d[h]![g]!)));
        });
        const coresBelow = radius.every(({ low, is }) => low <= is);
        const coresAbove = radius.every(({ high, is }) => high >= is);
        if (coresBelow && near.every(({ high, is }) => high >= is)) {
          above++;
          expect(bounds.distance.high!).toBeGreaterThanOrEqual(real.distance - EPS);
        }
        if (coresBelow && strangers.every(({ high, is }) => high >= is))
          expect(bounds.necessary.high!).toBeGreaterThanOrEqual(real.necessary - EPS);
        if (coresAbove && strangers.every(({ low, is }) => low <= is)) {
          below++;
          expect(bounds.distance.low).toBeLessThanOrEqual(real.distance + EPS);
          expect(bounds.necessary.low).toBeLessThanOrEqual(real.necessary + EPS);
        }
        bounds.diameters.forEach(({ low, high }, i) => {
          if (coresBelow) expect(low).toBeLessThanOrEqual(real.diameters[i]! + EPS);
          if (coresAbove) expect(high!).toBeGreaterThanOrEqual(real.diameters[i]! - EPS);
        });
        if (coresAbove && coresBelow)
          expect(bounds.sufficient!).toBeGreaterThanOrEqual(hausdorff(of.world, real.cores[0], real.cores[1]) - EPS);
      }),
      { numRuns: runs },
    );
    // not an empty test
    expect(Math.min(above, below)).toBeGreaterThan(runs / 3);
  });

  test('lower <= necessary <= upper <= the sufficient condition, whatever was drawn', () => {
    fc.assert(
      fc.property(sides(DRAWS), (of) => {
        const { distance, necessary, sufficient, radii, diameters } = boundsOf(of);
        diameters.forEach(({ low, high }, i) => {
          // some member is a radius from the centre
          expect(low).toBeGreaterThanOrEqual(radii[i]!.low - EPS);
          expect(high!).toBeCloseTo(2 * radii[i]!.high!, 9);
        });
        const rising = [0, distance.low, necessary.high!, distance.high!, sufficient!];
        for (let i = 1; i < rising.length; i++) expect(rising[i - 1]!).toBeLessThanOrEqual(rising[i]! + EPS);
        expect(necessary.low).toBe(distance.low);
        for (const { low, high } of radii) expect(low).toBeLessThanOrEqual(high!);
      }),
      { numRuns: 100 },
    );
  });

  test('distances known up to slack give limits no tighter than exact ones', () => {
    const slack = fc.double({ min: 0, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        sides(DRAWS),
        fc.array(fc.tuple(slack, slack), { minLength: 1, maxLength: 30 }),
        fc.constantFrom('all', 'across', 'within'),
        (of, offs, where) => {
          const exact = boundsOf(of);
          const size = 2 * (DRAWS + 1);
          const across = (at: number): boolean => Math.floor(at / size) > DRAWS && at % size <= DRAWS;
          const loose = boundsOf(of, (at) =>
            where === 'all' || across(at) === (where === 'across') ? offs[at % offs.length]! : [0, 0],
          );
          for (const which of ['distance', 'necessary'] as const) {
            expect(loose[which].low).toBeLessThanOrEqual(exact[which].low + EPS);
            expect(loose[which].high!).toBeGreaterThanOrEqual(exact[which].high! - EPS);
          }
          loose.diameters.forEach(({ low, high }, i) => {
            // a core that is known less well has fewer sure members
            if (where === 'across') expect({ low, high }).toEqual(exact.diameters[i]);
            expect(low).toBeLessThanOrEqual(exact.diameters[i]!.low + EPS);
            expect(high!).toBeGreaterThanOrEqual(exact.diameters[i]!.high! - EPS);
          });
          expect(loose.sufficient!).toBeGreaterThanOrEqual(exact.sufficient! - EPS);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('swapping the sides changes nothing but their order, nor does the order of the draws', () => {
    fc.assert(
      fc.property(sides(DRAWS), (of) => {
        const {
          limits,
          sides: [a, b],
        } = matrixOf(of);
        const { radii, diameters, distance, necessary, sufficient } = coreBounds(limits, [a, b], LEVEL);
        const other = coreBounds(
          limits,
          [
            { ...b, random: b.random.toReversed() },
            { ...a, random: a.random.toReversed() },
          ],
          LEVEL,
        );
        expect(other.diameters.toReversed()).toEqual(diameters);
        expect([other.radii[1], other.radii[0], other.distance, other.necessary, other.sufficient]).toEqual([
          ...radii,
          distance,
          necessary,
          sufficient,
        ]);
      }),
    );
  });

  test('a member that is no random draw can only help to be near', () => {
    fc.assert(
      fc.property(sides(DRAWS), (of) => {
        const {
          limits,
          sides: [a, b],
        } = matrixOf(of);
        const without = coreBounds(limits, [a, { ...b, random: b.random.slice(1) }], LEVEL);
        const withIt = coreBounds(limits, [a, { ...b, random: b.random.slice(1), others: [b.random[0]!] }], LEVEL);
        expect(withIt.distance.high!).toBeLessThanOrEqual(without.distance.high!);
        expect({ ...withIt.necessary, low: 0 }).toEqual({ ...without.necessary, low: 0 });
        expect(withIt.radii).toEqual(without.radii);
      }),
    );
  });

  test('too few draws give a lower limit at most', () => {
    const few = fc.sample(sides(7), { numRuns: 20, seed: 1 });
    for (const of of few) {
      const { distance, necessary, sufficient, radii, diameters } = boundsOf(of);
      for (const { high } of diameters) expect(high).toBeUndefined();
      expect([distance.high, necessary.high, sufficient, radii[0].high]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      expect(distance.low).toBe(0);
    }
  });
});

describe('how many draws, and which of them', () => {
  /** P(Bin(m, p) = k) for all k, by adding one trial at a time */
  const binomial = (m: number, p: number): number[] =>
    Array.from({ length: m }).reduce<number[]>(
      (row) => [...row, 0].map((v, k) => v * (1 - p) + (row[k - 1] ?? 0) * p),
      [1],
    );

  test('ranks are the narrowest at their levels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.double({ min: 0.05, max: 0.99, noNaN: true }),
        fc.double({ min: 0.001, max: 0.4, noNaN: true }),
        (m, share, alpha) => {
          const { below, above } = quantileRanks(m, share, alpha);
          const pmf = binomial(m, share);
          const from = (k: number): number => pmf.slice(k).reduce((a, b) => a + b, 0);
          const under = (k: number): number => pmf.slice(0, k).reduce((a, b) => a + b, 0);
          const tiny = 1e-9;
          if (above === undefined) expect(from(m)).toBeGreaterThan(0.4 * alpha - tiny);
          else {
            expect(from(above)).toBeLessThanOrEqual(0.4 * alpha + tiny);
            if (above - 1 > below) expect(from(above - 1)).toBeGreaterThan(0.4 * alpha - tiny);
          }
          expect(under(below)).toBeLessThanOrEqual(0.1 * alpha + tiny);
          if (below < m) expect(under(below + 1)).toBeGreaterThan(0.1 * alpha - tiny);
        },
      ),
    );
  });

  test('the number needed is the first that has an upper limit', () => {
    expect([
      drawsNeeded(0.9, 0.05),
      drawsNeeded(0.8, 0.05),
      drawsNeeded(0.5, 0.05),
      drawsNeeded(0.95, 0.05),
      drawsNeeded(0.9, 0.01),
    ]).toEqual([38, 18, 6, 77, 53]);
    for (const share of [0.5, 0.8, 0.9, 0.95])
      for (const alpha of [0.01, 0.05, 0.2]) {
        const m = drawsNeeded(share, alpha);
        expect(quantileRanks(m, share, alpha).above).toBe(m);
        expect(quantileRanks(m - 1, share, alpha).above).toBeUndefined();
      }
  });
});

/** How often the limits miss a known distance, over seeded samples from two sides of points on a line with their centres. */
function misses(
  samples: number,
  level: { share: number; alpha: number },
  centres: readonly [number, number],
  draw: readonly [(r: Random) => number, (r: Random) => number],
  distance: number,
): { over: number; under: number } {
  const m = drawsNeeded(level.share, level.alpha);
  let [over, under] = [0, 0];
  for (let s = 0; s < samples; s++) {
    const r = random(s, 'line');
    const members = centres.flatMap((centre, i) => [centre, ...Array.from({ length: m }, () => draw[i]!(r))]);
    const size = members.length;
    const d = new Float64Array(size * size);
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) d[i * size + j] = Math.abs(members[i]! - members[j]!);
    const sideAt = (from: number): CoreSide => ({
      centre: from,
      random: Array.from({ length: m }, (_, k) => from + 1 + k),
      others: [],
      complete: false,
    });
    const { distance: found } = coreBounds({ size, low: d, high: d }, [sideAt(0), sideAt(m + 1)], level);
    if (found.high! < distance) over++;
    if (found.low > distance) under++;
  }
  return { over, under };
}

describe('limits are wrong no more often than they may be', () => {
  const level = { share: 0.8, alpha: 0.1 };
  const samples = 600;
  // 0.1 of 600 is 60; four standard errors more
  const most = 90;

  test('two normal distributions on a line, 5 apart', () => {
    // |x| has its 0.8 quantile at 1.28, so the second core begins at 5 - 1.28; 0.8 of the first side's draws lie above -0.84
    const distance = 5 - 1.2815515655446004 + 0.8416212335729143;
    const { over, under } = misses(samples, level, [0, 5], [(r) => r.normal(), (r) => 5 + r.normal()], distance);
    expect(over).toBeLessThan(most);
    expect(under).toBeLessThan(most);
  });

  test('where just more than may be left out is of another kind: seldom missed, but it happens', () => {
    // 0.21 of the first side are 1 away from all of the second; missed where none of 15 draws is one of them, 0.79^15 = 0.029, about 17 times
    const { over, under } = misses(samples, level, [0, 0], [(r) => (r.unit() < 0.21 ? 1 : 0), () => 0], 1);
    expect(under).toBe(0);
    expect(over).toBeLessThan(most);
    expect(over).toBeGreaterThan(5);
  });
});

describe('the certified gap of the contraction distance as slack', () => {
  test('limits at a coarse gap contain those at a fine one', async () => {
    const level = { share: 0.5, alpha: 0.2 };
    const m = 5;
    for (const seed of [1, 2, 3]) {
      const r = random(seed, 'contraction');
      const base = Float64Array.from({ length: 12 * 4 }, () => r.normal());
      const grams = Array.from({ length: 2 * (m + 1) }, (_, i) =>
        gramOf({ data: base.map((v, at) => v + (i > m ? 0.8 * Math.sin(at) : 0) + 0.3 * r.normal()), shape: [12, 4] }),
      );
      const at = async (gap: number): Promise<CoreBounds> => {
        const { m: size, data, gap: gaps } = await contractionMeasure({ gap }).distances(grams, { seed: 0 });
        const sideAt = (from: number): CoreSide => ({
          centre: from,
          random: Array.from({ length: m }, (_, k) => from + 1 + k),
          others: [],
          complete: false,
        });
        return coreBounds(
          { size, low: data.map((v, j) => Math.max(0, v - gaps![j]!)), high: data },
          [sideAt(0), sideAt(m + 1)],
          level,
        );
      };
      const [coarse, fine] = [await at(0.2), await at(1e-4)];
      expect(coarse.distance.high!).toBeGreaterThanOrEqual(fine.distance.high! - 1e-4);
      expect(coarse.distance.low).toBeLessThanOrEqual(fine.distance.low + 1e-4);
      expect(coarse.necessary.high!).toBeGreaterThanOrEqual(fine.necessary.high! - 1e-4);
      expect(coarse.distance).not.toEqual(fine.distance);
    }
  });
});

describe('the rule', () => {
  const decideBound = (
    ...given: Parameters<typeof decideDrawn> extends [...infer Four, unknown] ? Four : never
  ): ReturnType<typeof decideDrawn> => decideDrawn(...given, { needed: 38, runMissing: false });
  const limit = fc.double({ min: 0, max: 1, noNaN: true });
  const found = fc.tuple(limit, limit, limit).map((three) => {
    const [low, middle, high] = three.toSorted((a, b) => a - b);
    return { distance: { low: low!, high: high! }, necessary: { low: low!, high: middle! } };
  });
  const control = { distance: 2, necessary: 2 };

  test('sufficiency implies necessity, and a violation of either is one of both', () => {
    fc.assert(
      fc.property(found, fc.double({ min: 0.001, max: 1, noNaN: true }), (bounds, tolerance) => {
        const sufficient = decideBound('sufficiency', bounds, control, tolerance).outcome;
        const necessary = decideBound('necessity', bounds, control, tolerance).outcome;
        if (sufficient === 'holds') expect(necessary).toBe('holds');
        if (necessary === 'fails') expect(sufficient).toBe('fails');
        expect(sufficient).toBe(
          bounds.distance.high <= tolerance ? 'holds' : bounds.distance.low > tolerance ? 'fails' : 'undecided',
        );
      }),
    );
  });

  test('what an unrelated representation would pass as well is not established', () => {
    const bounds = { distance: { low: 0, high: 0.3 }, necessary: { low: 0, high: 0.1 } };
    expect(decideBound('sufficiency', bounds, { distance: 0.9, necessary: 0.6 }, 0.5).outcome).toBe('holds');
    expect(decideBound('sufficiency', bounds, { distance: 0.9, necessary: 0.6 }, 0.95)).toMatchObject({
      outcome: 'undecided',
      finding: { code: 'control-within-tolerance', numbers: { tolerance: 0.95, control: 0.9 } },
    });
    expect(decideBound('necessity', bounds, { distance: 0.9, necessary: 0.6 }, 0.5).outcome).toBe('holds');
    expect(decideBound('necessity', bounds, { distance: 0.9, necessary: 0.4 }, 0.5).outcome).toBe('undecided');
  });

  test('without an upper limit nothing is established, but it can be refuted', () => {
    const bounds = { distance: { low: 0.4 }, necessary: { low: 0.4 } };
    for (const condition of ['sufficiency', 'necessity'] as const) {
      expect(decideBound(condition, bounds, control, 0.3).outcome).toBe('fails');
      expect(decideBound(condition, bounds, control, 0.5)).toMatchObject({
        outcome: 'undecided',
        finding: { code: 'too-few-random-draws', numbers: { low: 0.4, needed: 38 } },
      });
    }
  });
});

test('the control: an unrelated centre in the other side’s place', () => {
  // on a line: sides around 0 and 1, radius 1 (9 draws at share 0.7, so the largest counts), controls at 10 and 20
  const members = [
    0,
    ...Array.from({ length: 9 }, (_, k) => (k - 4) / 4),
    1,
    ...Array.from({ length: 9 }, (_, k) => 1 + (k - 4) / 4),
    10,
    20,
  ];
  const size = members.length;
  const d = Float64Array.from({ length: size * size }, (_, at) =>
    Math.abs(members[Math.floor(at / size)]! - members[at % size]!),
  );
  const sideAt = (from: number): CoreSide => ({
    centre: from,
    random: Array.from({ length: 9 }, (_, k) => from + 1 + k),
    others: [],
    complete: false,
  });
  const both: [CoreSide, CoreSide] = [sideAt(0), sideAt(10)];
  const limits = { size, low: d, high: d };
  const { radii } = coreBounds(limits, both, LEVEL);
  const { below, above } = quantileRanks(9, LEVEL.share, LEVEL.alpha);
  expect(radii[0].high).toBe([0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1][above! - 1]);
  // the first side from the second's control, at 20: its draws are 19 to 21 away
  const distance = 19 + (below - 1) / 4;
  expect(controlBounds(limits, both, [20, 21], radii, LEVEL)).toEqual({
    distance,
    necessary: distance - radii[1].high!,
  });
});
