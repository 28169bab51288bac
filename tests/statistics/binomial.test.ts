import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { atLeast, atMost, clopperPearson } from '../../src/statistics/binomial.js';

/** Exact, by counting: P(X = k) with p = 1/2 is C(n, k) / 2^n. */
const choose = (n: number, k: number): number =>
  Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);

describe('tails', () => {
  test('of fair coins are counts', () => {
    for (const n of [1, 5, 20])
      for (let k = 0; k <= n; k++) {
        const ways = Array.from({ length: n - k + 1 }, (_, i) => choose(n, k + i)).reduce((a, b) => a + b, 0);
        expect(atLeast(k, n, 0.5)).toBeCloseTo(ways / 2 ** n, 12);
      }
  });
  test('complete each other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.nat(400),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (n, k, p) => {
          fc.pre(k < n);
          expect(atMost(k, n, p) + atLeast(k + 1, n, p)).toBeCloseTo(1, 9);
        },
      ),
    );
  });
});

describe('Clopper and Pearson', () => {
  test('limits that scipy gives', () => {
    // scipy.stats.binomtest(k, n).proportion_ci(method='exact')
    for (const [k, n, low, high] of [
      [0, 10, 0, 0.30849710781876083],
      [3, 10, 0.06673951117773447, 0.6524528500599972],
      [10, 10, 0.6915028921812392, 1],
      [7, 200, 0.014185525898385922, 0.0707809983509546],
    ] as const) {
      const interval = clopperPearson(k, n, 0.95);
      expect(interval.low).toBeCloseTo(low, 9);
      expect(interval.high).toBeCloseTo(high, 9);
    }
    expect(clopperPearson(0, 0, 0.95)).toEqual({ estimate: 0.5, low: 0, high: 1 });
  });
  test('cover at least as often as they say, whatever the share', () => {
    const n = 25;
    const intervals = Array.from({ length: n + 1 }, (_, k) => clopperPearson(k, n, 0.9));
    for (let p = 0.01; p < 1; p += 0.01) {
      const covered = intervals.reduce(
        (sum, { low, high }, k) => sum + (low <= p && p <= high ? atLeast(k, n, p) - atLeast(k + 1, n, p) : 0),
        0,
      );
      expect(covered).toBeGreaterThanOrEqual(0.9 - 1e-9);
    }
  });
});
