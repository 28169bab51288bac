import { describe, expect, test } from '@jest/globals';
import {
  logGamma,
  normalCdf,
  normalQuantile,
  quantile,
  studentCdf,
  studentQuantile,
} from '../../src/statistics/distributions';
import { wilson } from '../../src/statistics/intervals';

describe('small statistics', () => {
  test('logGamma: factorials and the half', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 11);
      factorial *= n;
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
  });

  test('Student t: closed forms for 1, 2 and 3 degrees of freedom', () => {
    for (const t of [-30, -2, -0.3, 0, 0.7, 1, 5, 200]) {
      expect(studentCdf(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 12);
      expect(studentCdf(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 12);
      expect(studentCdf(t, 3)).toBeCloseTo(
        0.5 + (t / Math.sqrt(3) / (1 + (t * t) / 3) + Math.atan(t / Math.sqrt(3))) / Math.PI,
        12,
      );
    }
  });

  test('quantiles invert their distributions', () => {
    for (const df of [1, 3, 4.5, 19, 200]) {
      for (const p of [0.001, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999])
        expect(studentCdf(studentQuantile(p, df), df)).toBeCloseTo(p, 11);
    }
    for (const p of [0.001, 0.025, 0.5, 0.975]) expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 12);
  });

  test('values from scipy.stats.t.ppf (good to 1e-8) and norm.ppf', () => {
    expect(studentQuantile(0.975, 1)).toBeCloseTo(12.706204736432095, 7);
    expect(studentQuantile(0.995, 1)).toBeCloseTo(63.65674116287399, 7);
    expect(studentQuantile(0.975, 3)).toBeCloseTo(3.182446305284263, 7);
    expect(studentQuantile(0.995, 3)).toBeCloseTo(5.84090929975643, 7);
    expect(studentQuantile(0.975, 5)).toBeCloseTo(2.5705818366147395, 7);
    expect(studentQuantile(0.995, 5)).toBeCloseTo(4.032142983557536, 7);
    expect(studentQuantile(0.975, 9)).toBeCloseTo(2.2621571627409915, 7);
    expect(studentQuantile(0.995, 9)).toBeCloseTo(3.2498355440153697, 7);
    expect(studentQuantile(0.975, 19)).toBeCloseTo(2.093024054408263, 7);
    expect(studentQuantile(0.995, 19)).toBeCloseTo(2.860934606449914, 7);
    expect(studentQuantile(0.975, 39)).toBeCloseTo(2.022690911734728, 7);
    expect(studentQuantile(0.995, 39)).toBeCloseTo(2.707913183517646, 7);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  });

  test('sample quantiles are numpy.quantile', () => {
    const sample = Float64Array.of(1, 2, 4, 8);
    expect([0, 0.25, 0.5, 0.9, 1].map((p) => quantile(sample, p))).toEqual([1, 1.75, 3, 6.800000000000001, 8]);
    expect(quantile([3], 0.4)).toBe(3);
  });

  test('Wilson: the textbook interval for 8 of 10, none and all', () => {
    const { low, high } = wilson(8, 10, 0.95);
    expect([low, high].map((v) => v.toFixed(4))).toEqual(['0.4902', '0.9433']);
    expect(wilson(0, 20, 0.95)).toMatchObject({ estimate: 0, low: 0 });
    expect(wilson(20, 20, 0.95)).toMatchObject({ estimate: 1, high: 1 });
    expect(wilson(0, 0, 0.95)).toEqual({ estimate: 0.5, low: 0, high: 1 });
  });
});
