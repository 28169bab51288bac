/** Limits that hold at every number of trials: against integration, against exact sums over all sequences of trials, and against a scan of all shares. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { binomialSequence, logEvidence, sideOf } from '../../src/statistics/binomial-sequence.js';

const shares = [0, 0.0005, 0.01, 0.05, 0.3, 0.5, 0.7, 0.95, 0.99, 0.9995, 1];

/** The mixture's likelihood by the midpoint rule in the angle t, share = sin^2 t, in which Jeffreys' prior is uniform. */
function byIntegration(successes: number, trials: number, share: number): number {
  const steps = 500;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const q = Math.sin(((i + 0.5) / steps) * (Math.PI / 2)) ** 2;
    sum += q ** successes * (1 - q) ** (trials - successes);
  }
  return sum / steps / (share ** successes * (1 - share) ** (trials - successes));
}

/** P(k successes in n trials) for every k: by adding one trial after the other, with what `ends` says taken out and counted. */
function everEnds(share: number, most: number, ends: (successes: number, trials: number) => boolean): number {
  let alive = new Float64Array([1]);
  let ended = 0;
  for (let n = 1; n <= most; n++) {
    const next = new Float64Array(n + 1);
    for (let k = 0; k < n; k++) {
      next[k]! += alive[k]! * (1 - share);
      next[k + 1]! += alive[k]! * share;
    }
    for (let k = 0; k <= n; k++)
      if (next[k]! > 0 && ends(k, n)) {
        ended += next[k]!;
        next[k] = 0;
      }
    alive = next;
  }
  return ended;
}

describe('the evidence against a share', () => {
  test('is the mixture of likelihoods over the likelihood', () => {
    for (const n of [1, 2, 7, 30])
      for (let k = 0; k <= n; k++)
        for (const share of [0.01, 0.5, 0.8])
          expect(Math.exp(logEvidence(k, n, share)) / byIntegration(k, n, share)).toBeCloseTo(1, 9);
  });

  test('is 1 on average where the share is true, after every number of trials; less where it is 0 or 1', () => {
    for (const share of shares)
      for (const n of [1, 5, 40, 300]) {
        // the chance of the rarest sequence must be a number
        if (share > 0 && share < 1 && Math.min(share, 1 - share) ** n < 1e-290) continue;
        let alive = new Float64Array([1]);
        for (let i = 1; i <= n; i++)
          alive = Float64Array.from(
            { length: i + 1 },
            (_, k) => (alive[k] ?? 0) * (1 - share) + (k > 0 ? alive[k - 1]! * share : 0),
          );
        const mean = alive.reduce(
          (sum, p, k) => (p === 0 ? sum : sum + Math.exp(Math.log(p) + logEvidence(k, n, share))),
          0,
        );
        if (share === 0 || share === 1) expect(mean).toBeLessThan(1);
        else expect(mean).toBeCloseTo(1, 8);
      }
  });
});

describe('limits', () => {
  test('are ever wrong with at most the chance stated, exactly, looking after each of 200 trials', () => {
    const alpha = 0.05;
    for (const share of shares) {
      const wrong = everEnds(share, 200, (k, n) => sideOf(k, n, share, alpha) !== undefined);
      expect(wrong).toBeLessThanOrEqual(alpha);
      // and not for want of ever saying anything
      if (share > 0.01 && share < 0.99) expect(wrong).toBeGreaterThan(alpha / 20);
    }
    for (const share of [0, 0.01, 0.4, 1])
      expect(
        everEnds(share, 40, (k, n) => {
          const { low, high } = binomialSequence(k, n, 0.2);
          return share < low || share > high;
        }),
      ).toBeLessThanOrEqual(0.2);
  });

  test('are where a scan of all shares puts them, ends included', () => {
    const steps = 1000;
    for (const [k, n] of [
      [0, 1],
      [0, 60],
      [1, 3],
      [7, 19],
      [59, 60],
      [60, 60],
      [250, 500],
    ] as const) {
      const kept = Array.from({ length: steps + 1 }, (_, i) => i / steps).filter(
        (share) => logEvidence(k, n, share) < Math.log(20),
      );
      const { low, high, estimate } = binomialSequence(k, n, 0.05);
      expect(estimate).toBe(k / n);
      for (const [limit, at] of [
        [low, kept[0]!],
        [high, kept.at(-1)!],
      ] as const)
        expect(Math.abs(limit - at)).toBeLessThan(1 / steps);
    }
    expect(binomialSequence(0, 0, 0.05)).toEqual({ estimate: 0.5, low: 0, high: 1 });
    expect(binomialSequence(0, 1000, 0.05).low).toBe(0);
    expect(binomialSequence(1000, 1000, 0.05).high).toBe(1);
  });

  test('mirror each other, contain the estimate, and say what the sides say', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.double({ min: 1e-6, max: 0.5, noNaN: true }),
        (n, part, limit, alpha) => {
          const k = Math.round(part * n);
          const { low, high, estimate } = binomialSequence(k, n, alpha);
          const other = binomialSequence(n - k, n, alpha);
          expect(low).toBeLessThanOrEqual(estimate);
          expect(high).toBeGreaterThanOrEqual(estimate);
          expect(other.low).toBeCloseTo(1 - high, 9);
          expect(other.high).toBeCloseTo(1 - low, 9);
          const side = sideOf(k, n, limit, alpha);
          if (Math.abs(limit - low) > 1e-9 && Math.abs(limit - high) > 1e-9)
            expect(side).toBe(low > limit ? 'above' : high < limit ? 'below' : undefined);
        },
      ),
    );
  });
});
