import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { random } from '../../src/random';
import { EProcess, fewestFor } from '../../src/statistics/e-process';

const run = (against: 'high' | 'low', xs: readonly number[]): EProcess => {
  const betting = new EProcess(against);
  for (const x of xs) betting.observe(x);
  return betting;
};

/** All sequences of n zeros and ones. */
const sequences = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, bits) => Array.from({ length: n }, (_unused, i) => (bits >> i) & 1));

describe('betting', () => {
  test('fair under the hypothesis: the mean wealth over all sequences of fair coins is exactly 1, at every length', () => {
    for (const n of [1, 2, 5, 10])
      for (const against of ['high', 'low'] as const) {
        const wealth = sequences(n).map((xs) => Math.exp(run(against, xs).log));
        expect(wealth.reduce((a, b) => a + b, 0) / wealth.length).toBeCloseTo(1, 10);
      }
  });

  test('worse than fair deeper in the hypothesis: never more than 1, for any mean and any three-valued observation', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (mean, spread) => {
          // values 0, mean', 1 with the mean wanted
          const share = spread * Math.min(mean, 1 - mean);
          const values = [
            [0, share * (1 - mean)],
            [mean, 1 - share],
            [1, share * mean],
          ] as const;
          let expected = 0;
          for (const [a, p] of values)
            for (const [b, q] of values)
              for (const [c, r] of values) expected += p * q * r * Math.exp(run('high', [a, b, c]).log);
          expect(expected).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('the chance of ever reaching 1/level under the hypothesis, by going through all sequences, is at most the level', () => {
    for (const level of [0.2, 0.05, 0.01]) {
      const reached = sequences(12).filter((xs) => run('high', xs).reached(level)).length / 2 ** 12;
      expect(reached).toBeLessThanOrEqual(level);
      // and the test is not idle
      expect(reached).toBeGreaterThan(0);
    }
  });

  test('the same while looking at every step of long runs: coins, uniform and skewed observations of mean one half', () => {
    const draws = {
      coin: (u: number) => (u < 0.5 ? 0 : 1),
      uniform: (u: number) => u,
      skewed: (u: number) => (u < 0.9 ? 4 / 9 : 1),
    };
    const repeats = 800;
    for (const [name, draw] of Object.entries(draws))
      for (const against of ['high', 'low'] as const) {
        let alarms = 0;
        for (let n = 0; n < repeats; n++) {
          const r = random(n, `betting ${name}`);
          const betting = new EProcess(against);
          for (let t = 0; t < 100 && !betting.reached(0.05); t++) betting.observe(draw(r.unit()));
          if (betting.reached(0.05)) alarms++;
        }
        // four standard errors above the level
        expect(alarms / repeats).toBeLessThanOrEqual(0.05 + 4 * Math.sqrt((0.05 * 0.95) / repeats));
      }
  });

  test('observations at the ends lose what was staked whole, and nothing else: the wealth stays finite', () => {
    const mixed = run('high', [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(Number.isFinite(mixed.log)).toBe(true);
    expect(mixed.reached(0.05)).toBe(true);
    expect(run('high', [1, 1, 1, 1, 1, 1]).log).toBeLessThan(-3);
  });

  test('what was reached stays reached', () => {
    const betting = run('high', [0, 0, 0, 0, 0]);
    expect(betting.reached(0.045)).toBe(true);
    for (let i = 0; i < 20; i++) betting.observe(1);
    expect(betting.log).toBeLessThan(0);
    expect(betting.reached(0.045)).toBe(true);
  });

  test('the two directions mirror each other', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (xs) =>
        expect(
          run(
            'low',
            xs.map((x) => 1 - x),
          ).log,
        ).toBeCloseTo(run('high', xs).log, 9),
      ),
    );
  });

  test('fewest observations, and how many more are needed at the rate so far', () => {
    expect([0.05, 0.045, 0.015, 0.0045].map(fewestFor)).toEqual([5, 5, 7, 9]);
    for (const level of [0.05, 0.001]) {
      const half = [0, 0, 1, 0, 0, 0];
      const more = run('high', half).needs(level, half.length)!;
      const long = Array.from({ length: Math.ceil((half.length + more) / half.length) }, () => half).flat();
      expect(run('high', long).reached(level)).toBe(true);
    }
    expect(run('high', [1, 0.5, 1]).needs(0.05, 3)).toBeUndefined();
    expect(run('high', [0, 0, 0, 0, 0]).needs(0.05, 5)).toBe(0);
  });
});
