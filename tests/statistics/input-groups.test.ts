/** Limits that allow for inputs that were not drawn, against formulas written down once more. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { UNBOUNDED } from '../../src/interval';
import { studentQuantile } from '../../src/statistics/distributions';
import { inputWidths, overInputs, ratioOverInputs } from '../../src/statistics/input-groups';

const tails = { low: 0.05, high: 0.05 };
const values = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 8, maxLength: 8 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('widths', () => {
  test('at the usual levels they reach the outermost groups', () => {
    // mean 4, extremes 0 and 9; Student: 1.895 * 2.98 / sqrt 8 = 2.0
    const { below, above } = inputWidths({ values: [0, 2, 3, 3, 4, 5, 6, 9], left: 1 }, tails);
    expect(below).toBeCloseTo(4, 12);
    expect(above).toBeCloseTo(5, 12);
  });

  test('at small levels they are those of Student, which the outermost of eight groups cannot reach', () => {
    const numbers = [0, 2, 3, 3, 4, 5, 6, 9];
    const sd = Math.sqrt(numbers.reduce((sum, x) => sum + (x - 4) ** 2, 0) / 7);
    const { below, above } = inputWidths({ values: numbers, left: 1 }, { low: 1e-4, high: 0.05 });
    expect(below).toBeCloseTo((studentQuantile(1 - 1e-4, 7) * sd) / Math.sqrt(8), 9);
    expect(above).toBeCloseTo(5, 12);
  });

  test('they follow the share that was not drawn, and are nothing where all were', () => {
    fc.assert(
      fc.property(values, share, (some, left) => {
        const whole = inputWidths({ values: some, left: 1 }, tails);
        const part = inputWidths({ values: some, left }, tails);
        expect(part.below).toBeCloseTo(whole.below * Math.sqrt(left), 9);
        expect(part.above).toBeCloseTo(whole.above * Math.sqrt(left), 9);
      }),
    );
    expect(inputWidths({ values: [1, 2, 3, 4, 5, 6, 7, 80], left: 0 }, tails)).toEqual({ below: 0, above: 0 });
  });
});

describe('limits', () => {
  const interval = { estimate: 10, low: 8, high: 13 };

  test('two reasons to doubt are joined by their squares', () => {
    const groups = { values: [0, 2, 3, 3, 4, 5, 6, 9], left: 1 };
    const { estimate, low, high } = overInputs(interval, groups, tails, [-100, 100]);
    expect(estimate).toBe(10);
    expect(low).toBeCloseTo(10 - Math.hypot(2, 4), 12);
    expect(high).toBeCloseTo(10 + Math.hypot(3, 5), 12);
    expect(overInputs(interval, groups, tails, [7, 12])).toEqual({ estimate: 10, low: 7, high: 12 });
    expect(overInputs(interval, undefined, tails, [0, 1])).toEqual(interval);
  });

  test('groups that say the same change nothing; any others make limits wider', () => {
    fc.assert(
      fc.property(values, share, (some, left) => {
        const { low, high } = overInputs(interval, { values: some, left }, tails, [-1e9, 1e9]);
        expect(low).toBeLessThanOrEqual(8);
        expect(high).toBeGreaterThanOrEqual(13);
      }),
    );
    expect(overInputs(interval, { values: Array(8).fill(2), left: 1 }, tails, [0, 100])).toEqual(interval);
  });

  test('of a ratio they do not depend on its unit', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.1, max: 10, noNaN: true }), (some, unit) => {
        const groups = (by: number) => ({ values: some.map((x) => by * Math.exp(x)), left: 1 });
        const one = ratioOverInputs({ estimate: 0.5, low: 0.4, high: 0.8 }, groups(1), tails);
        const other = ratioOverInputs({ estimate: 0.5 * unit, low: 0.4 * unit, high: 0.8 * unit }, groups(unit), tails);
        expect(other.low / unit).toBeCloseTo(one.low, 9);
        expect(other.high / unit / one.high).toBeCloseTo(1, 9);
        expect(one.low).toBeLessThanOrEqual(0.4);
        expect(one.high).toBeGreaterThanOrEqual(0.8);
      }),
    );
  });

  test('copies stay copies, and no limit stays none', () => {
    const copies = { values: Array(8).fill(0), left: 1 };
    expect(ratioOverInputs({ estimate: 0, low: 0, high: 0 }, copies, tails)).toEqual({ estimate: 0, low: 0, high: 0 });
    const { low, high } = ratioOverInputs(
      { estimate: 1, low: 0, high: UNBOUNDED },
      { values: [1, 2, 1, 2, 1, 2, 1, 2], left: 1 },
      tails,
    );
    expect(low).toBe(0);
    expect(high).toBe(UNBOUNDED);
  });
});
