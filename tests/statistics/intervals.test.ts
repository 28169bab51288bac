import { describe, expect, test } from '@jest/globals';
import { atOnce } from '../../src/signal';
import * as fc from 'fast-check';
import { random } from '../../src/random';
import { labels, pooled } from '../../src/statistics/blocks';
import { excessInterval, shareBeyond, siblingInterval, strangerInterval, views } from '../../src/statistics/intervals';
import { scoreIntervals } from '../../src/statistics/score-intervals';
import { UNBOUNDED } from '../../src/interval';
import type { Blocks } from '../../src/statistics/judgement';
import { Triples } from '../../src/statistics/triples';
import { anyBlocks, blocksOf, gaussian, mapped, mean, meanWithin, swapped } from '../verdict/helpers';

const resolution = 1e-3;
/** A 95 % interval. */
const tails = { low: 0.025, high: 0.025 };

/** Side 1 or both sides without one implementation, by copying. */
function without(b: Blocks, side: 0 | 1, gone: number): Blocks {
  const keep = (m: number, s: number): number[] =>
    Array.from({ length: m }, (_, i) => i).filter((i) => s !== side || i !== gone);
  const rows = keep(b.m1, 0);
  const cols = keep(b.m2, 1);
  const pick = (data: Float64Array, r: number[], c: number[], width: number): Float64Array =>
    Float64Array.from(r.flatMap((i) => c.map((k) => data[i * width + k]!)));
  return {
    m1: rows.length,
    m2: cols.length,
    within1: pick(b.within1, rows, rows, b.m1),
    within2: pick(b.within2, cols, cols, b.m2),
    across: pick(b.across, rows, cols, b.m2),
  };
}

describe('intervals', () => {
  test('estimates are the plain means', () => {
    fc.assert(
      fc.property(anyBlocks(2, 6), (b) => {
        const view = views(b)[0];
        const [s, x] = [meanWithin(b.within1, b.m1), mean(b.across)];
        expect(siblingInterval(view, resolution, tails).estimate).toBeCloseTo(s, 10);
        expect(strangerInterval(view, resolution, tails).estimate).toBeCloseTo(x, 10);
        const excess = x / Math.max(s, resolution) - 1;
        const got = excessInterval(view, resolution, tails);
        expect(Math.abs(got.estimate - excess)).toBeLessThan(1e-9 * (1 + Math.abs(excess)));
        for (const { low, estimate, high } of [
          got,
          siblingInterval(view, resolution, tails),
          strangerInterval(view, resolution, tails),
        ]) {
          expect(low).toBeLessThanOrEqual(estimate);
          expect(estimate).toBeLessThanOrEqual(high);
          expect(Number.isFinite(low) && Number.isFinite(high)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the excess is the jackknife of the log ratio, recomputed by leaving implementations out', () => {
    const b = gaussian(5, 7, 3, 1, 11);
    const log = (c: Blocks): number => Math.log(mean(c.across) / meanWithin(c.within1, c.m1));
    const spread = (values: number[]): number =>
      ((values.length - 1) / values.length) * values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0);
    const variance =
      spread(Array.from({ length: 5 }, (_, i) => log(without(b, 0, i)))) +
      spread(Array.from({ length: 7 }, (_, k) => log(without(b, 1, k))));
    const half = 2.7764451051977987 * Math.sqrt(variance); // Student's t, 0.975, 4 degrees of freedom
    const { low, high } = excessInterval(views(b)[0], resolution, tails);
    expect(low).toBeCloseTo(Math.exp(log(b) - half) - 1, 9);
    expect(high).toBeCloseTo(Math.exp(log(b) + half) - 1, 9);
  });

  test('the excess does not depend on the unit of distance, nor on the order or side of the sets', () => {
    fc.assert(
      fc.property(anyBlocks(3, 6), fc.double({ min: 0.01, max: 100, noNaN: true }), (b, unit) => {
        const one = views(b).map((v) => excessInterval(v, resolution, tails));
        const scaled = views(mapped(b, (d) => d * unit)).map((v) => excessInterval(v, resolution * unit, tails));
        const other = views(swapped(b))
          .map((v) => excessInterval(v, resolution, tails))
          .reverse();
        for (const again of [scaled, other]) {
          one.forEach((interval, a) => {
            for (const key of ['estimate', 'low', 'high'] as const) {
              expect(Math.abs(interval[key] - again[a]![key])).toBeLessThanOrEqual(
                1e-6 * (1 + Math.abs(interval[key])),
              );
            }
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  test('the limits are one-sided each: tails may differ, and one does not move the other', () => {
    const view = views(gaussian(9, 8, 3, 1, 1))[0];
    const [even, uneven] = [
      excessInterval(view, resolution, tails),
      excessInterval(view, resolution, { low: 0.025, high: 0.2 }),
    ];
    expect(uneven.low).toBe(even.low);
    expect(uneven.high).toBeLessThan(even.high);
  });

  test('the share of triples beyond the margin, by going through all of them', () => {
    fc.assert(
      fc.property(anyBlocks(2, 6), fc.constantFrom(0, 0.25, 1), (b, margin) => {
        for (const { m, within, columns, across, ...rest } of views(b)) {
          let sum = 0;
          for (let i = 0; i < m; i++)
            for (let j = 0; j < m; j++)
              for (let k = 0; k < columns; k++) {
                if (i === j) continue;
                const limit = (1 + margin) * Math.max(within[i * m + j]!, resolution);
                const d = across[i * columns + k]!;
                sum += d > limit ? 1 : d === limit ? 0.5 : 0;
              }
          expect(shareBeyond({ m, within, columns, across, ...rest }, margin, resolution)).toBeCloseTo(
            sum / (m * (m - 1) * columns),
            12,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  test('a higher confidence contains a lower one', () => {
    const view = views(gaussian(6, 6, 2, 1, 1))[0];
    const [wide, narrow] = [
      excessInterval(view, resolution, { low: 0.005, high: 0.005 }),
      excessInterval(view, resolution, { low: 0.1, high: 0.1 }),
    ];
    expect(wide.low).toBeLessThan(narrow.low);
    expect(wide.high).toBeGreaterThan(narrow.high);
  });

  test('zeros: copies of one model use the resolution as the unit, and nothing is NaN', () => {
    const zeros = blocksOf([[0], [0], [0], [0]], [[0], [0], [0], [0]]);
    expect(excessInterval(views(zeros)[0], resolution, tails)).toEqual({ estimate: -1, low: -1, high: -1 });
    const apart = blocksOf([[0], [0], [0], [0]], [[2], [2], [2], [2]]);
    const { estimate, low, high } = excessInterval(views(apart)[0], 0.5, tails);
    expect([estimate, low, high].map((v) => Number(v.toFixed(9)))).toEqual([3, 3, 3]);
  });

  test('two implementations have no limits', () => {
    expect(excessInterval(views(gaussian(2, 9, 2, 1, 1))[0], resolution, tails)).toMatchObject({
      low: -1,
      high: UNBOUNDED,
    });
  });

  test('fixed columns: only the rows vary, and one column is enough', () => {
    const b = gaussian(8, 1, 3, 5, 2);
    const { low, high } = excessInterval(
      { m: 8, within: b.within1, columns: 1, across: b.across },
      resolution,
      tails,
      true,
    );
    expect(low).toBeGreaterThan(0);
    expect(high).toBeLessThan(UNBOUNDED);
  });

  test('a bootstrap duplicate is never its own sibling at distance zero', () => {
    // siblings and strangers all at distance 1: T is one half in every replicate, unless duplicates made distances of zero
    const one = (i: number, j: number): number => (i === j ? 0 : 1);
    const square = (m: number): Float64Array =>
      Float64Array.from({ length: m * m }, (_, at) => one(Math.floor(at / m), at % m));
    const b: Blocks = { m1: 4, m2: 5, within1: square(4), within2: square(5), across: new Float64Array(20).fill(1) };
    const { T, congruity } = atOnce(
      scoreIntervals(new Triples(pooled(b)), labels(4, 5), 4, 500, tails, random(1, 'x')),
    );
    expect(T).toEqual([
      { estimate: 0.5, low: 0.5, high: 0.5 },
      { estimate: 0.5, low: 0.5, high: 0.5 },
    ]);
    expect(congruity).toEqual({ estimate: 1, low: 1, high: 1 });
  });

  test('score intervals hold their estimates, stay in [0, 1], and narrow with more implementations', () => {
    const width = (m: number): number => {
      const b = gaussian(m, m, 10, 0.5, 5);
      const { T } = atOnce(scoreIntervals(new Triples(pooled(b)), labels(m, m), m, 400, tails, random(1, 'x')));
      for (const { low, estimate, high } of T) {
        expect(0 <= low && low <= estimate && estimate <= high && high <= 1).toBe(true);
      }
      return T[0].high - T[0].low;
    };
    expect(width(40)).toBeLessThan(width(5) / 2);
  });
});
