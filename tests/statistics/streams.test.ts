import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { eBH, levelAt, shareOf } from '../../src/statistics/streams.js';

describe('shares of the level', () => {
  test('all of them together have one', () => {
    // the sum of the first n, and the rest between two integrals: of 1 / (x ln(x)^2) the integral from n is 1 / ln(n)
    const n = 200_000;
    let sum = 0;
    for (let t = 1; t <= n; t++) sum += shareOf(t);
    const factor = shareOf(1) * 2 * Math.log(2) ** 2;
    expect(sum + factor / Math.log(n + 1)).toBeLessThan(1 + 1e-5);
    expect(sum + factor / Math.log(n + 1)).toBeGreaterThan(1 - 1e-5);
    expect(sum + factor / Math.log(n + 2)).toBeLessThanOrEqual(1);
  });

  test('they fall, and the level grows with the alarms before only if the share of false ones is held', () => {
    for (let t = 1; t < 1000; t++) expect(shareOf(t + 1)).toBeLessThan(shareOf(t));
    expect(levelAt(5, 3, { alpha: 0.05, hold: 'ever' })).toBeCloseTo(0.05 * shareOf(5), 15);
    expect(levelAt(5, 3, { alpha: 0.05, hold: 'fdr' })).toBeCloseTo(4 * 0.05 * shareOf(5), 15);
  });
});

describe('e-BH', () => {
  const anyLogs = fc.array(fc.double({ min: -10, max: 20, noNaN: true }), { maxLength: 12 });

  test('is the largest set of which each has evidence of tests / (alpha size): by trying all sizes', () => {
    fc.assert(
      fc.property(anyLogs, fc.constantFrom(0.01, 0.05, 0.2), (logs, alpha) => {
        const found = eBH(logs, alpha);
        const size = found.filter(Boolean).length;
        const fit = (k: number): boolean =>
          logs.filter((log) => Math.exp(log) >= logs.length / (alpha * k)).length >= k;
        const sizes = logs.map((_, i) => i + 1).filter(fit);
        expect(size).toBe(Math.max(0, ...sizes));
        // those with the most evidence
        const least = Math.min(...logs.filter((_, i) => found[i]));
        logs.forEach((log, i) => expect(found[i]).toBe(size > 0 && log >= least));
      }),
    );
  });

  test('none of none', () => expect(eBH([], 0.05)).toEqual([]));
});
