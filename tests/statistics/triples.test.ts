import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { labels, pooled } from '../../src/statistics/blocks';
import { congruity, strictScore, Triples } from '../../src/statistics/triples';
import { anyBlocks, blocksOf, bruteT, gaussian, mapped, swapped } from '../verdict/helpers';

const shares = (b: ReturnType<typeof blocksOf>, tie = 0): readonly [number, number] =>
  new Triples(pooled(b), tie).shares(labels(b.m1, b.m2));

describe('triples', () => {
  test('T equals the count over every triple, ties included', () => {
    fc.assert(
      fc.property(anyBlocks(), (b) => {
        const [t1, t2] = shares(b);
        expect(t1).toBeCloseTo(bruteT(b), 12);
        expect(t2).toBeCloseTo(bruteT(swapped(b)), 12);
      }),
      { numRuns: 300 },
    );
  });

  test('weighted T equals the weighted count, zero weights and duplicates included', () => {
    const weighted = anyBlocks(3).chain((b) =>
      fc.tuple(
        fc.constant(b),
        fc.array(fc.nat(3), { minLength: b.m1, maxLength: b.m1 }),
        fc.array(fc.nat(3), { minLength: b.m2, maxLength: b.m2 }),
      ),
    );
    fc.assert(
      fc.property(weighted, ([b, w, v]) => {
        fc.pre(w.filter((x) => x > 0).length >= 2 && v.filter((x) => x > 0).length >= 2);
        const [t1, t2] = new Triples(pooled(b)).shares(labels(b.m1, b.m2), [...w, ...v]);
        expect(t1).toBeCloseTo(bruteT(b, w, v), 12);
        expect(t2).toBeCloseTo(bruteT(swapped(b), v, w), 12);
      }),
      { numRuns: 300 },
    );
  });

  test('points on a line, by hand: {0, 1} and {3, 7}', () => {
    // side 1: d(0,1) = 1 against 3, 7 and 2, 6: always nearer. Side 2: d(3,7) = 4 against 3, 2 (no, no) and 7, 6 (yes, yes)
    expect(shares(blocksOf([[0], [1]], [[3], [7]]))).toEqual([1, 0.5]);
  });

  test('alternating points on a line interleave: {0, 2} and {1, 3}', () => {
    // from 0: 2 against 1, 3; from 2: 2 against 1, 1. From 1: 2 against 1, 1; from 3: 2 against 3, 1
    expect(shares(blocksOf([[0], [2]], [[1], [3]]))).toEqual([0.25, 0.25]);
  });

  test('exact copies: where all distances tie, T is one half and congruity 1', () => {
    const copies = blocksOf([[1], [1], [1]], [[1], [1], [1], [1]]);
    const t = shares(copies);
    expect(t).toEqual([0.5, 0.5]);
    expect(congruity(t)).toBe(1);
    expect(strictScore(t)).toBe(1);
  });

  test('far sets: T = 1, both scores 0; a tight set inside a broad one: congruity misses it, the strict score does not', () => {
    const far = shares(gaussian(6, 6, 3, 1e6, 1));
    expect(far).toEqual([1, 1]);
    expect([congruity(far), strictScore(far)]).toEqual([0, 0]);
    expect([congruity([1, 0]), strictScore([1, 0])]).toEqual([1, 0]);
  });

  test('scaling all distances by a power of two changes nothing, to the bit', () => {
    fc.assert(
      fc.property(anyBlocks(), fc.integer({ min: -20, max: 20 }), (b, e) => {
        expect(shares(mapped(b, (d) => d * 2 ** e))).toEqual(shares(b));
      }),
    );
  });

  test('distances within one tie of each other tie, others do not', () => {
    const b = blocksOf([[0], [1]], [[-1.0000001], [5]]);
    expect(shares(b)[0]).toBe(1);
    // 0: 1 against 1.0000001 and 5; 1: 1 against 2 and 4
    expect(shares(b, 1e-3)[0]).toBe((0.5 + 1 + 1 + 1) / 4);
  });
});
