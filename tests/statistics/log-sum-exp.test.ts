/** Sums of what is kept in logs, at values that no number holds, and the bets that rest on them. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BoundedMean, logWealth } from '../../src/statistics/bounded-mean.js';
import { EProcess } from '../../src/statistics/e-process.js';
import { logSumExp } from '../../src/statistics/log-sum-exp.js';

describe('the log of a sum of exponentials', () => {
  test('is that of the sum where numbers hold it, and moves with a common summand where they do not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 6 }),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (logs, by) => {
          const sum = logSumExp(logs);
          expect(sum).toBeCloseTo(Math.log(logs.reduce((all, one) => all + Math.exp(one), 0)), 9);
          expect(logSumExp(logs.map((one) => one + by))).toBeCloseTo(sum + by, 6);
        },
      ),
    );
    // exp of these is Infinity, or 0
    expect(logSumExp([1e5, 1e5])).toBeCloseTo(1e5 + Math.LN2, 9);
    expect(logSumExp([-1e5, -1e5, -Infinity])).toBeCloseTo(-1e5 + Math.LN2, 9);
    expect(logSumExp([-1e300, 1e300])).toBe(1e300);
  });

  test('is a number for all that is lost, and all that is won', () => {
    expect([[], [-Infinity], [-Infinity, -Infinity]].map(logSumExp)).toEqual([-Infinity, -Infinity, -Infinity]);
    expect(
      [
        [Infinity, Infinity],
        [-Infinity, Infinity],
        [0, Infinity],
      ].map(logSumExp),
    ).toEqual([Infinity, Infinity, Infinity]);
  });
});

describe('bets at extremes', () => {
  test('the wealth of a hundred thousand observations is finite, and is what each of them adds', () => {
    const many = 100_000;
    for (const against of ['high', 'low'] as const) {
      const [won, lost] = [new EProcess(against), new EProcess(against)];
      for (let i = 0; i < many; i++) {
        won.observe(against === 'high' ? 0 : 1);
        lost.observe(against === 'high' ? 1 : 0);
      }
      // the largest stake, 45 % of the wealth, doubles each time; the others add less than a millionth
      expect(won.log / (Math.log(0.45) + many * Math.LN2)).toBeCloseTo(1, 9);
      // the smallest, 5 %, keeps three quarters
      expect(lost.log / (Math.log(0.05) + many * Math.log(0.75))).toBeCloseTo(1, 9);
      expect(lost.reached(0.05)).toBe(false);
    }
  });

  test('a mean that is all but 0 or 1 leaves no bet without a number, in whatever order observations come', () => {
    for (const [mean, none, some] of [
      [1e-320, 0, 1],
      [5e-324, 0, 0.5],
      [1 - 2 ** -53, 1, 0],
    ] as const)
      for (const seen of [
        [none, some],
        [some, none],
        [none, some, none, some],
        [some, some],
        [none, none],
      ]) {
        const [up, down] = mean < 0.5 ? (['above', 'below'] as const) : (['below', 'above'] as const);
        // what the hypothesis all but rules out wins a bet against it; what it says makes it no smaller
        const against = logWealth(seen, mean, up);
        expect(against).not.toBeNaN();
        expect(against > 0).toBe(seen.includes(some));
        const along = logWealth(seen, mean, down);
        expect(along).not.toBeNaN();
        expect(along).toBeLessThanOrEqual(1e-12);
        const bet = new BoundedMean(mean);
        for (const x of seen) bet.observe(x);
        expect(bet.is(up, 1e-6)).toBe(seen.includes(some));
        expect(bet.is(down, 0.05)).toBe(false);
        const { estimate, low, high } = bet.limits({ low: 0.05, high: 0.05 });
        expect(low).toBeLessThanOrEqual(estimate);
        expect(high).toBeGreaterThanOrEqual(estimate);
      }
  });

  test('limits of observations that are all but 0 are numbers around them', () => {
    for (const seen of [[5e-324], [5e-324, 0, 0], Array.from({ length: 400 }, () => 1e-310), [1e-310, 1]]) {
      const bet = new BoundedMean(0.15);
      for (const x of seen) bet.observe(x);
      const { estimate, low, high } = bet.limits({ low: 0.05, high: 0.05 });
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThanOrEqual(estimate);
      expect(high).toBeGreaterThanOrEqual(estimate);
      expect(high).toBeLessThanOrEqual(1);
    }
  });
});
