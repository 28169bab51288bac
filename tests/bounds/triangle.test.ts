import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { hausdorffBounds } from '../../src/bounds/triangle';
import { anyBlocks, blocksOf, swapped } from '../verdict/helpers';

describe('Hausdorff bounds', () => {
  test('for a metric the Hausdorff distance lies between them', () => {
    fc.assert(
      fc.property(anyBlocks(2, 9), (b) => {
        const { lower, hausdorff, upper } = hausdorffBounds(b);
        expect(lower).toBeLessThanOrEqual(hausdorff + 1e-9);
        expect(hausdorff).toBeLessThanOrEqual(upper + 1e-9);
      }),
      { numRuns: 500 },
    );
  });

  test('by hand: {0, 1} and {3, 7}', () => {
    expect(hausdorffBounds(blocksOf([[0], [1]], [[3], [7]]))).toEqual({
      diameters: [1, 4],
      nearest: 2,
      farthest: 7,
      lower: 6, // 7 - min(1, 4)
      upper: 6, // 2 + max(1, 4)
      hausdorff: 6, // 7 is 6 away from 1; 0 is 3 away from 3
    });
  });

  test('swapping the sets swaps the diameters and nothing else', () => {
    fc.assert(
      fc.property(anyBlocks(), (b) => {
        const one = hausdorffBounds(b);
        const other = hausdorffBounds(swapped(b));
        expect(other).toEqual({ ...one, diameters: [one.diameters[1], one.diameters[0]] });
      }),
    );
  });

  test('without the triangle inequality the bounds can be wrong: they are for metrics only', () => {
    // d(first, second) breaks the inequality: 9 apart, although both are 1 from the same stranger
    const b = {
      m1: 2,
      m2: 2,
      within1: Float64Array.of(0, 1, 1, 0),
      within2: Float64Array.of(0, 1, 1, 0),
      across: Float64Array.of(9, 1, 1, 1),
    };
    const { lower, hausdorff } = hausdorffBounds(b);
    expect(lower).toBeGreaterThan(hausdorff);
  });
});
