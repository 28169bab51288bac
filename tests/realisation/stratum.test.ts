/** Whether a rate of disagreement is within a threshold: how often that is wrong. */
import { describe, expect, test } from '@jest/globals';
import { random } from '../../src/random.js';
import { atLeast } from '../../src/statistics/binomial.js';
import { Stratum } from '../../src/realisation/stratum.js';

const levels = { threshold: 0.1, alpha: 0.05, beta: 0.05 };

/** Of so many strata with this rate, looked at after every block of 32 until 2048, how many came to be `is`. */
function decided(rate: number, is: 'within' | 'beyond', runs: number): number {
  let count = 0;
  for (let run = 0; run < runs; run++) {
    const stream = random(run, `stratum ${rate}`);
    const stratum = new Stratum(levels);
    while (stratum.count < 2048 && stratum.is === 'open') {
      for (let i = 0; i < 32; i++) stratum.observe(stream.unit() >= rate);
      stratum.look();
    }
    if (stratum.is === is) count++;
  }
  return count;
}

/** With a true rate of errors of 0.05 so many of 400 or more have a probability below 1e-6. */
const MOST = 45;

describe('drawn', () => {
  test('the bound holds for every seed but one in a million', () => {
    expect(atLeast(MOST, 400, 0.05)).toBeLessThan(1e-6);
  });
  test('at the threshold it is rarely said to be within, or beyond', () => {
    expect(decided(0.1, 'within', 400)).toBeLessThan(MOST);
    expect(decided(0.1, 'beyond', 400)).toBeLessThan(MOST);
  });
  test('away from it, the right side is found', () => {
    expect(decided(0.01, 'within', 50)).toBe(50);
    expect(decided(0.4, 'beyond', 50)).toBe(50);
  });
});

test('counted out, it is the rate itself', () => {
  const of = (agree: number, tried: number, threshold: number): string => {
    const stratum = new Stratum({ ...levels, threshold });
    for (let i = 0; i < tried; i++) stratum.observe(i < agree);
    stratum.close();
    return stratum.is;
  };
  expect([of(90, 100, 0.1), of(89, 100, 0.1), of(100, 100, 0), of(99, 100, 0)]).toEqual([
    'within',
    'beyond',
    'within',
    'beyond',
  ]);
});

test('drawn, a threshold of 0 is never met, and missed by one disagreement', () => {
  const stratum = new Stratum({ ...levels, threshold: 0 });
  for (let i = 0; i < 5000; i++) stratum.observe(true);
  stratum.look();
  expect(stratum.is).toBe('open');
  stratum.observe(false);
  stratum.look();
  expect(stratum.is).toBe('beyond');
  expect(new Stratum(levels).evidence()).toBeUndefined();
});
