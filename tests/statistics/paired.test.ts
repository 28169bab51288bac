import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { random } from '../../src/random';
import { atOnce } from '../../src/signal';
import { labels, pooled } from '../../src/statistics/blocks';
import { energyTest } from '../../src/statistics/energy';
import { excessInterval, shareBeyond, strangerInterval, views } from '../../src/statistics/intervals';
import type { Blocks } from '../../src/statistics/judgement';
import { pairedEnergyTest } from '../../src/statistics/paired-energy';
import { Triples } from '../../src/statistics/triples';
import { blocksOf, mean, meanWithin, swapped, type Point } from '../verdict/helpers';

const resolution = 1e-3;

/** Twins: points of side 1, and each moved by `part` of a random step and by a shift. */
function twins(n: number, dimension: number, part: number, shift: number, seed: number): [Point[], Point[]] {
  const r = random(seed, 'twins');
  const first = Array.from({ length: n }, () => Array.from({ length: dimension }, () => r.normal()));
  const second = first.map((point) =>
    point.map((x, f) => Math.sqrt(1 - part ** 2) * x + part * r.normal() + (f === 0 ? shift : 0)),
  );
  return [first, second];
}

const paired = (sides: readonly [readonly Point[], readonly Point[]], d?: (a: Point, b: Point) => number): Blocks => ({
  ...blocksOf(sides[0], sides[1], d),
  paired: true,
});
const without = <T>(side: readonly T[], gone: number): T[] => side.filter((_, i) => i !== gone);

const anyTwins = fc.tuple(fc.integer({ min: 3, max: 7 }), fc.boolean(), fc.integer()).map(([n, coarse, seed]) => {
  const sides = twins(n, 2, 0.5, 0.3, seed);
  // many ties
  return coarse
    ? (sides.map((side) => side.map((p) => p.map((x) => Math.round(x)))) as unknown as typeof sides)
    : sides;
});

/** The mean over i != j, from the definition. */
const acrossOf = ({ m1, across }: Blocks): number => meanWithin(across, m1);

describe('sets drawn together', () => {
  test('the cross-model distance leaves twins out, and the share beyond compares within pairs of draws', () => {
    fc.assert(
      fc.property(anyTwins, (sides) => {
        const b = paired(sides);
        const n = b.m1;
        for (const view of views(b)) {
          expect(strangerInterval(view, resolution, { low: 0.05, high: 0.05 }).estimate).toBeCloseTo(acrossOf(b), 12);
          let sum = 0;
          for (let i = 0; i < n; i++)
            for (let j = 0; j < n; j++) {
              if (i === j) continue;
              const limit = 1.25 * Math.max(view.within[i * n + j]!, resolution);
              const d = view.across[i * n + j]!;
              sum += d > limit ? 1 : d === limit ? 0.5 : 0;
            }
          expect(shareBeyond(view, 0.25, resolution)).toBeCloseTo(sum / (n * (n - 1)), 12);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('the excess is the jackknife of the log ratio, recomputed by leaving pairs out', () => {
    const sides = twins(6, 3, 0.6, 1, 4);
    const b = paired(sides);
    const log = (c: Blocks): number => Math.log(acrossOf(c) / meanWithin(c.within1, c.m1));
    const left = sides[0].map((_, i) => log(paired([without(sides[0], i), without(sides[1], i)])));
    const variance = (5 / 6) * left.reduce((sum, v) => sum + (v - mean(left)) ** 2, 0);
    const half = 2.5705818366147395 * Math.sqrt(variance); // Student's t, 0.975, 5 degrees of freedom
    const { estimate, low, high } = excessInterval(views(b)[0], resolution, { low: 0.025, high: 0.025 });
    expect(estimate).toBeCloseTo(Math.exp(log(b)) - 1, 9);
    expect(low).toBeCloseTo(Math.exp(log(b) - half) - 1, 9);
    expect(high).toBeCloseTo(Math.exp(log(b) + half) - 1, 9);
  });

  test('identical twins: an excess of exactly nothing, p 1, and triples that are coin flips', () => {
    const [first] = twins(9, 3, 0, 0, 5);
    const b = paired([first, first]);
    for (const view of views(b)) {
      const { estimate, low, high } = excessInterval(view, resolution, { low: 0.05, high: 0.05 });
      for (const value of [estimate, low, high]) expect(value).toBeCloseTo(0, 12);
    }
    expect(atOnce(pairedEnergyTest(pooled(b), 1999, random(0, 'x')))).toMatchObject({ p: 1, permutations: 256 });
    const shares = new Triples(pooled(b), 1e-9, true).shares(labels(9, 9));
    for (const share of shares) expect(share).toBeCloseTo(0.5, 12);
  });

  test('triples leave twins out: the count over every triple, weighted as well', () => {
    fc.assert(
      fc.property(anyTwins, fc.array(fc.nat(3), { minLength: 7, maxLength: 7 }), (sides, drawn) => {
        const b = paired(sides);
        const n = b.m1;
        const w = drawn.slice(0, n);
        fc.pre(w.filter((x) => x > 0).length >= 2);
        const square = pooled(b);
        const got = new Triples(square, 0, true).shares(labels(n, n), [...w, ...w]);
        const wanted = views(b).map(({ within, across }) => {
          let [yes, all] = [0, 0];
          for (let i = 0; i < n; i++)
            for (let j = 0; j < n; j++)
              for (let k = 0; k < n; k++) {
                if (i === j || i === k) continue;
                const weight = w[i]! * w[j]! * w[k]!;
                const [s, x] = [within[i * n + j]!, across[i * n + k]!];
                all += weight;
                yes += weight * (s < x ? 1 : s === x ? 0.5 : 0);
              }
          return yes / all;
        });
        expect(got[0]).toBeCloseTo(wanted[0]!, 12);
        expect(got[1]).toBeCloseTo(wanted[1]!, 12);
      }),
      { numRuns: 100 },
    );
  });

  test('the permutation test is the enumeration of all swaps within pairs', () => {
    fc.assert(
      fc.property(anyTwins, (sides) => {
        const n = sides[0].length;
        const statistic = (mask: number): number => {
          const [first, second] = [0, 1].map((side) =>
            sides[0].map((_, i) => sides[((mask >> i) & 1) ^ side]![i]!),
          ) as [Point[], Point[]];
          const b = paired([first, second]);
          return 2 * acrossOf(b) - meanWithin(b.within1, n) - meanWithin(b.within2, n);
        };
        const observed = statistic(0);
        let beyond = 0;
        for (let mask = 0; mask < 1 << n; mask++) if (statistic(mask) >= observed - 1e-10) beyond++;
        const got = atOnce(pairedEnergyTest(pooled(paired(sides)), 1999, random(0, 'x')));
        expect(got).toMatchObject({ exact: true, permutations: 2 ** (n - 1) });
        expect(got.distance).toBeCloseTo(observed, 10);
        expect(got.p).toBeCloseTo(beyond / 2 ** n, 12);
      }),
      { numRuns: 60 },
    );
  });

  test('Monte Carlo agrees with enumeration within its error, and neither depends on which side is called first', () => {
    const b = paired(twins(10, 3, 0.8, 0.4, 3));
    const square = pooled(b);
    const exact = atOnce(pairedEnergyTest(square, 512, random(0, 'x')));
    expect(exact.exact).toBe(true);
    const drawn = atOnce(pairedEnergyTest(square, 511, random(0, 'x')));
    expect(drawn.exact).toBe(false);
    // five standard errors: exceeded with probability below 1e-6
    expect(Math.abs(drawn.p - exact.p)).toBeLessThan(5 * Math.sqrt(0.25 / 511));
    const turned = atOnce(pairedEnergyTest(pooled({ ...swapped(b), paired: true }), 512, random(0, 'x')));
    expect(turned.p).toBe(exact.p);
    expect(turned.distance).toBeCloseTo(exact.distance, 12);
  });

  test('swaps are exact where ordinary permutations are not: twins that are exchangeable, but strongly alike', () => {
    // the share of p at most 0.05 over 2000 sets of exchangeable twins: at most 0.05 + 5 standard errors, exceeded with probability below 1e-6
    const sets = Array.from({ length: 2000 }, (_, seed) => paired(twins(7, 2, 0.5, 0, 1000 + seed)));
    const rejected = (p: (b: Blocks) => number): number => mean(sets.map((b) => (p(b) <= 0.05 ? 1 : 0)));
    const swaps = rejected((b) => atOnce(pairedEnergyTest(pooled(b), 1999, random(0, 'x'))).p);
    expect(swaps).toBeLessThan(0.05 + 5 * Math.sqrt((0.05 * 0.95) / 2000));
    // 3 of 64 assignments at most: were it never to reject, it would be no test
    expect(swaps).toBeGreaterThan(0.02);
    expect(rejected((b) => atOnce(energyTest(pooled(b), 7, 199, random(0, 'x'))).p)).toBeLessThan(swaps);
  });

  test('the estimate is unbiased, and its upper limit is too low about as often as it says: squared distances, whose means are known', () => {
    // A standard normal in 4 dimensions, B = 0.8 A + 0.6 noise + shift: E |A_i - B_j|^2 = 8 + shift^2, E |A_i - A_j|^2 = 8
    const squared = (a: Point, b: Point): number => a.reduce((sum, x, f) => sum + (x - b[f]!) ** 2, 0);
    const shift = 1.5;
    const truth = (8 + shift ** 2) / 8 - 1;
    const replicates = 2000;
    const n = 12;
    let below = 0;
    let above = 0;
    const means: number[] = [];
    for (let seed = 0; seed < replicates; seed++) {
      const b = paired(twins(n, 4, 0.6, shift, seed), squared);
      means.push(acrossOf(b));
      const { low, high } = excessInterval(views(b)[0], resolution, { low: 0.05, high: 0.05 });
      if (high < truth) below++;
      if (low > truth) above++;
    }
    const centre = mean(means);
    const error = Math.sqrt(mean(means.map((x) => (x - centre) ** 2)) / replicates);
    expect(Math.abs(centre - (8 + shift ** 2))).toBeLessThan(5 * error);
    // 0.05 and six standard errors of 0.0049
    expect(below / replicates).toBeLessThan(0.08);
    expect(above / replicates).toBeLessThan(0.08);
  });
});
