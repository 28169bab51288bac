/** The test of whether it matters which component is paired with which. */
import { describe, expect, test } from '@jest/globals';
import { UNBOUNDED } from '../../src/interval.js';
import { EProcess } from '../../src/statistics/e-process.js';
import { PairingTest } from '../../src/statistics/pairing.js';
import { random } from '../../src/random.js';

const levels = { low: 0.05, high: 0.05 };
const testOf = (draws: readonly (readonly [cosine: number, atRandom: number])[]): PairingTest => {
  const test = new PairingTest();
  for (const [cosine, atRandom] of draws) test.observe(cosine, atRandom);
  return test;
};

describe('the pairing ratio', () => {
  test.each<[string, number, number, number]>([
    ['half as unlike', 0.9, 0.8, 0.5],
    ['as unlike', 0.7, 0.7, 1],
    ['a copy, and something else', 1, 0, 1e-4],
    ['both as near as rounding lets them be', 1, 1 - 1e-9, 1],
    ['against each other at random', 0.5, -1, 0.25],
    ['rounded beyond 1', 1 + 1e-12, 0.5, 2e-4],
  ])('%s', (_, cosine, atRandom, ratio) => {
    expect(testOf([[cosine, atRandom]]).ratio(levels).estimate).toBeCloseTo(ratio, 12);
  });

  test('nothing is known of none', () => {
    expect(testOf([]).ratio(levels)).toEqual({ estimate: 1, low: 0, high: UNBOUNDED });
  });

  test('limits say what the bets say, written down once more; five draws that agree are enough', () => {
    const next = random(1, 'pairing');
    for (let run = 0; run < 30; run++) {
      const draws = Array.from({ length: 12 }, () => [1 - next.unit() / 2, 1 - next.unit()] as const);
      const found = testOf(draws);
      const bet = new EProcess('high');
      let most = 0;
      for (const [cosine, atRandom] of draws) {
        bet.observe(1 - cosine > (1 - atRandom) / 2 ? 1 : 0);
        most = Math.max(most, bet.log);
      }
      expect(found.below(0.5)).toBeCloseTo(most, 12);
      const { low, high } = found.ratio(levels);
      expect(high < 0.5).toBe(found.below(0.5) >= -Math.log(0.05));
      expect(low > 0.5).toBe(found.above(0.5) >= -Math.log(0.05));
    }
    const agreeing = Array.from({ length: 5 }, () => [0.9, 0.2] as const);
    expect(testOf(agreeing).ratio(levels).high).toBeLessThan(0.5);
    expect(testOf(agreeing.slice(1)).ratio(levels).high).toBeGreaterThan(0.5);
  });
});
