import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { duration, interval, largerInWords, number, percent, percentInterval, plural } from '../../src/format.js';

describe('numbers', () => {
  test.each([
    [0, '0'],
    [-0, '0'],
    [0.27, '0.27'],
    [0.2749, '0.275'],
    [0.997, '0.997'],
    [0.9997, '0.9997'],
    [0.99999, '0.99999'],
    [1.052, '1.05'],
    [12, '12'],
    [240.4, '240'],
    [0.0153, '0.0153'],
    [3.1e-7, '3.1e-7'],
    [-0.31, '-0.31'],
    [1e9, '1.0e+9'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
  ])('%p reads %p', (x, text) => expect(number(x)).toBe(text));

  test('is never off by more than half a percent, and never reaches one from below', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        const read = Number(number(x));
        if (Math.abs(x) >= 1e-4 && Math.abs(x) < 1e6)
          expect(Math.abs(read - x)).toBeLessThanOrEqual(0.0051 * Math.abs(x));
        if (x < 1 - 1e-9) expect(read).toBeLessThan(1);
      }),
    );
  });
});

describe('intervals', () => {
  test.each([
    [{ estimate: 0.271, low: 0.25, high: 0.291 }, '0.27 [0.25, 0.29]'],
    [{ estimate: 0.27131, low: 0.2709, high: 0.2717 }, '0.2713 [0.2709, 0.2717]'],
    [{ estimate: -0.001, low: -0.04, high: 0.04 }, '0.00 [-0.04, 0.04]'],
    [{ estimate: 120, low: 100, high: 140 }, '120 [100, 140]'],
    [{ estimate: 0.5, low: 0.5, high: 0.5 }, '0.500 [0.500, 0.500]'],
    [{ estimate: 0, low: 0, high: 0 }, '0 [0, 0]'],
    [{ estimate: 1e-7, low: 0, high: 2e-7 }, '1.0e-7 [0, 2.0e-7]'],
    [{ estimate: 1, low: -Infinity, high: Infinity }, '1 [-∞, ∞]'],
    // what stands for a limit that is not known (src/statistics/intervals.ts)
    [{ estimate: 0.31, low: 0, high: 1e6 }, '0.31 [0, ∞]'],
  ])('%p reads %p', (i, text) => expect(interval(i)).toBe(text));

  test('keeps the width: limits that differ read differently', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -10, max: 10, noNaN: true }),
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        (low, width) => {
          const [, a, b] = /\[(.*), (.*)\]/.exec(interval({ estimate: low + width / 2, low, high: low + width }))!;
          expect(Number(b)).toBeGreaterThan(Number(a));
        },
      ),
    );
  });
});

test.each([
  [0.25, '25 %'],
  [0.031, '3.1 %'],
  [-0.018, '-1.8 %'],
  [2.896, '290 %'],
  [1, '100 %'],
  [0.99999, '> 99.9 %'],
  [0.00001, '< 0.01 %'],
  [0.005, '0.50 %'],
  [0, '0 %'],
])('the share %p reads %p', (x, text) => expect(percent(x)).toBe(text));

test.each([
  [{ estimate: 0.03, low: -0.029, high: 0.091 }, '3.0 % [-2.9 %, 9.1 %]'],
  [{ estimate: -0.002, low: -0.048, high: 0.047 }, '-0.2 % [-4.8 %, 4.7 %]'],
  [{ estimate: 1.412, low: 1.27, high: 1.56 }, '141 % [127 %, 156 %]'],
  [{ estimate: 0.03, low: -1, high: 1e6 }, '3 % [-100 %, ∞]'],
  [{ estimate: 1, low: 0.839, high: 1 }, '100.0 % [83.9 %, 100.0 %]'],
  [{ estimate: 0.00012, low: 0.0001, high: 0.00014 }, '0.012 % [0.010 %, 0.014 %]'],
])('the interval %p reads %p', (i, text) => expect(percentInterval(i)).toBe(text));

test.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.6, '1 min 0 s'],
  [185, '3 min 5 s'],
  [7300, '2 h 1 min'],
])('%p seconds read %p', (s, text) => expect(duration(s)).toBe(text));

test('plural', () =>
  expect([plural(1, 'gate'), plural(0, 'gate'), plural(2, 'match', 'matches')]).toEqual([
    '1 gate',
    '0 gates',
    '2 matches',
  ]));

test('how much larger, in words', () => {
  expect(largerInWords({ estimate: 0.084, low: 0.024, high: 0.144 })).toBe('8.4 % larger [2.4 %, 14.4 %]');
  expect(largerInWords({ estimate: -0.008, low: -0.068, high: 0.052 })).toBe('0.8 % smaller [-6.8 %, 5.2 %]');
});
