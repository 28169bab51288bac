import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { random } from '../../src/random';
import { pooled } from '../../src/statistics/blocks';
import { atOnce } from '../../src/signal';
import { choose, energyTest as pieces, subsets, type EnergyTest } from '../../src/statistics/energy';
import { anyBlocks, blocksOf, gaussian, mean, meanWithin, swapped } from '../verdict/helpers';
import type { Blocks } from '../../src/statistics/judgement';

const energyTest = (...given: Parameters<typeof pieces>): EnergyTest => atOnce(pieces(...given));

/**
 * All assignments by counting through bit masks, the statistic from its definition. What counts as a tie is told apart at 1e-12 of the mean: of two ways to add up, one may see an assignment at that
 * very place on one side and the other on the other, so that p is given from half of it and from twice it.
 */
function enumerated({ m1, m2 }: Blocks, square: Float64Array): { distance: number; p: readonly [number, number] } {
  const n = m1 + m2;
  const statistic = (mask: number): number => {
    const sums = [0, 0, 0];
    const counts = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (i === j) continue;
        const kind = ((mask >> i) & 1) + ((mask >> j) & 1);
        sums[kind] += square[i * n + j]!;
        counts[kind]++;
      }
    }
    return (2 * sums[1]!) / counts[1]! - sums[0]! / counts[0]! - sums[2]! / counts[2]!;
  };
  const observed = statistic((1 << m1) - 1);
  const beyond = [0, 0];
  let all = 0;
  for (let mask = 0; mask < 1 << n; mask++) {
    if (mask.toString(2).replaceAll('0', '').length !== m1) continue;
    all++;
    const found = statistic(mask);
    for (const [i, tie] of [0.5e-12, 2e-12].entries()) if (found >= observed - tie * mean(square)) beyond[i]!++;
  }
  return { distance: observed, p: [beyond[0]! / all, beyond[1]! / all] };
}

describe('energy test', () => {
  test('equals the definition and the full enumeration', () => {
    fc.assert(
      fc.property(anyBlocks(2, 5), (b) => {
        const square = pooled(b);
        const got = energyTest(square, b.m1, 1999, random(1, 'x'));
        const want = enumerated(b, square.data);
        expect(got.distance).toBeCloseTo(want.distance, 9);
        expect(got.distance).toBeCloseTo(
          2 * mean(b.across) - meanWithin(b.within1, b.m1) - meanWithin(b.within2, b.m2),
          9,
        );
        expect(got.exact).toBe(true);
        expect(got.permutations).toBe(choose(b.m1 + b.m2, b.m1));
        expect(got.p).toBeGreaterThan(want.p[0] - 1e-12);
        expect(got.p).toBeLessThan(want.p[1] + 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test('Monte Carlo agrees with enumeration within its error', () => {
    const b = gaussian(6, 6, 2, 1, 3);
    const exact = energyTest(pooled(b), 6, 1999, random(1, 'x'));
    const drawn = energyTest(pooled(b), 6, 900, random(1, 'x'));
    expect([exact.exact, drawn.exact]).toEqual([true, false]);
    expect(Math.abs(exact.p - drawn.p)).toBeLessThan(4 * Math.sqrt((exact.p * (1 - exact.p)) / 900) + 1 / 901);
  });

  test('Monte Carlo p is (1 + b) / (1 + B): never 0', () => {
    const test = energyTest(pooled(gaussian(12, 12, 3, 100, 1)), 12, 399, random(1, 'x'));
    expect(test).toMatchObject({ p: 1 / 400, permutations: 399, exact: false });
  });

  test('swapping the sets changes nothing', () => {
    fc.assert(
      fc.property(anyBlocks(2, 5), (b) => {
        const one = energyTest(pooled(b), b.m1, 1999, random(1, 'x'));
        const other = energyTest(pooled(swapped(b)), b.m2, 1999, random(1, 'x'));
        expect(other.distance).toBeCloseTo(one.distance, 10);
        expect(other.p).toBeCloseTo(one.p, 12);
      }),
      { numRuns: 50 },
    );
  });

  test('by hand: {0, 1} and {3, 7}', () => {
    // across (3 + 7 + 2 + 6) / 4, within 1 and 4; of the 3 ways to pair four points none separates more
    const test = energyTest(pooled(blocksOf([[0], [1]], [[3], [7]])), 2, 1999, random(1, 'x'));
    expect(test.distance).toBeCloseTo(9 - 1 - 4, 12);
    expect(test.p).toBeCloseTo(1 / 3, 12);
  });

  test('copies of one point: p = 1', () => {
    expect(energyTest(pooled(blocksOf([[1], [1]], [[1], [1]])), 2, 1999, random(1, 'x')).p).toBe(1);
  });

  test('subsets are all there, once, ascending', () => {
    const seen: string[] = [];
    for (const s of subsets(6, 3)) seen.push(s.join());
    expect(new Set(seen).size).toBe(20);
    expect(seen).toHaveLength(choose(6, 3));
    expect(seen.every((s) => s.split(',').every((v, i, all) => i === 0 || Number(all[i - 1]) < Number(v)))).toBe(true);
    expect([choose(40, 20), choose(5, 0), choose(200, 100)]).toEqual([137846528820, 1, Infinity]);
  });
});
