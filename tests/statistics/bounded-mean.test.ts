/** Means in [0, 1] by betting. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { random } from '../../src/random.js';
import { BoundedMean, logWealth } from '../../src/statistics/bounded-mean.js';

/** P(wealth ever reaches 1/level) for observations 0, 1/2 or 1 with the given chances: exactly, by going through all counts. The wealth depends on counts only. */
function everReached(chances: readonly [number, number, number], mean: number, side: 'above' | 'below', level: number) {
  // two values only: few counts, so that many observations can be gone through
  const most = chances[1] === 0 ? 60 : 16;
  let alive = new Map([['0,0', 1]]);
  let reached = 0;
  for (let n = 1; n <= most; n++) {
    const next = new Map<string, number>();
    for (const [key, chance] of alive) {
      const [halves, ones] = key.split(',').map(Number) as [number, number];
      for (const [value, p] of chances.entries()) {
        if (p === 0) continue;
        const to = `${halves + Number(value === 1)},${ones + Number(value === 2)}`;
        next.set(to, (next.get(to) ?? 0) + chance * p);
      }
    }
    for (const [key, chance] of next) {
      const [halves, ones] = key.split(',').map(Number) as [number, number];
      const seen = [
        ...Array<number>(n - halves - ones).fill(0),
        ...Array<number>(halves).fill(0.5),
        ...Array<number>(ones).fill(1),
      ];
      if (logWealth(seen, mean, side) >= -Math.log(level)) {
        reached += chance;
        next.delete(key);
      }
    }
    alive = next;
  }
  return reached;
}

describe('a bet about a mean', () => {
  test('is fair where the mean is what it is bet against, and loses where it is on the other side', () => {
    for (const mean of [0.05, 0.2, 0.5, 0.9])
      for (const side of ['above', 'below'] as const) {
        // 0, mean and 1, each possible
        const p = 0.3;
        const expected =
          (1 - p) * Math.exp(logWealth([mean], mean, side)) +
          p * (mean * Math.exp(logWealth([1], mean, side)) + (1 - mean) * Math.exp(logWealth([0], mean, side)));
        expect(expected).toBeCloseTo(1, 12);
        // two observations: a product, so fair again
        const twice = [0, 1].flatMap((a) =>
          [0, 1].map((b) => (a ? mean : 1 - mean) * (b ? mean : 1 - mean) * Math.exp(logWealth([a, b], mean, side))),
        );
        expect(twice.reduce((x, y) => x + y)).toBeCloseTo(1, 12);
      }
    expect(logWealth([0, 0, 0], 0.3, 'above')).toBeLessThan(0);
    expect(logWealth([1, 1, 1], 0.3, 'below')).toBeLessThan(0);
  });

  test('is ever won with at most the chance stated at the edge, exactly, looking after each observation', () => {
    const level = 0.05;
    for (const [mean, half] of [
      [0.2, 0],
      [0.15, 0.1],
      [0.5, 0.4],
    ] as const) {
      const one = mean - half / 2;
      const chances = [1 - half - one, half, one] as const;
      for (const side of ['above', 'below'] as const)
        expect(everReached(chances, mean, side, level)).toBeLessThanOrEqual(level);
    }
    // and not for want of ever being won
    expect(everReached([0.5, 0, 0.5], 0.15, 'above', 0.05)).toBeGreaterThan(0.8);
    expect(everReached([1, 0, 0], 0.15, 'below', 0.05)).toBe(1);
  });
});

describe('limits', () => {
  const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 80 });
  const levels = fc.double({ min: 0.001, max: 0.5, noNaN: true });

  test('contain the estimate, mirror each other, and are where the bets are won', () => {
    fc.assert(
      fc.property(values, levels, (seen, level) => {
        const [mean, mirrored] = [new BoundedMean(0.2), new BoundedMean(0.8)];
        for (const x of seen) {
          mean.observe(x);
          mirrored.observe(1 - x);
        }
        const { estimate, low, high } = mean.limits({ low: level, high: level });
        const other = mirrored.limits({ low: level, high: level });
        expect(other.low).toBeCloseTo(1 - high, 6);
        expect(other.high).toBeCloseTo(1 - low, 6);
        const won = -Math.log(level);
        // certain about the threshold once, and not any more: the limits keep it
        if (mean.is('above', level) || mean.is('below', level)) {
          if (mean.is('above', level)) expect(low).toBeGreaterThanOrEqual(0.2);
          if (mean.is('below', level)) expect(high).toBeLessThanOrEqual(0.2);
          if (low === 0.2 || high === 0.2) return;
        }
        expect(low).toBeLessThanOrEqual(estimate);
        expect(high).toBeGreaterThanOrEqual(estimate);
        if (low > 1e-6) {
          expect(logWealth(seen, low, 'above')).toBeGreaterThanOrEqual(won);
          expect(logWealth(seen, Math.min(estimate, low + 1e-6), 'above')).toBeLessThan(won + 1e-3);
        }
        if (high < 1 - 1e-6) expect(logWealth(seen, high, 'below')).toBeGreaterThanOrEqual(won);
      }),
      { numRuns: 60 },
    );
  });

  test('the side of the threshold is what the limits say at the first time it is certain', () => {
    const stream = random(3, 'bounded mean');
    for (const p of [0.02, 0.6]) {
      const mean = new BoundedMean(0.2);
      while (!mean.is('above', 0.01) && !mean.is('below', 0.05))
        mean.observe(Number(stream.unit() < p) * stream.unit());
      const { low, high } = mean.limits({ low: 0.01, high: 0.05 });
      expect(mean.is('above', 0.01) ? low >= 0.2 : high <= 0.2).toBe(true);
      // and stay there
      for (let i = 0; i < 30; i++) mean.observe(0.2);
      const later = mean.limits({ low: 0.01, high: 0.05 });
      expect(p > 0.2 ? later.low >= 0.2 : later.high <= 0.2).toBe(true);
    }
    expect(new BoundedMean(0.2).limits({ low: 0.05, high: 0.05 })).toEqual({ estimate: 0.5, low: 0, high: 1 });
  });
});
