import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ImplementationError, OptionError } from '../../src/errors.js';
import { conformalP, limitOf, membersFor, smallestP } from '../../src/bank/conformal.js';
import { levelOf } from '../../src/bank/levels.js';
import { accepted, stopped, type BankDistances } from '../../src/bank/scores.js';

/** Whoever is the candidate, once each: under exchangeability these are equally likely. */
const everyP = (scores: readonly number[]): number[] =>
  scores.map((score, at) =>
    conformalP(
      scores.filter((_, other) => other !== at),
      score,
    ),
  );

const atMost = (ps: readonly number[], level: number): number => ps.filter((p) => p <= level + 1e-12).length;

describe('conformal p-values', () => {
  test('over all who could be the candidate, p is at most j / (k + 1) for at most j: for exactly j where there are no ties', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 12 }), (scores) => {
        const ps = everyP(scores);
        const distinct = new Set(scores).size === scores.length;
        for (let j = 1; j <= scores.length; j++) {
          expect(atMost(ps, j / scores.length)).toBeLessThanOrEqual(j);
          if (distinct) expect(atMost(ps, j / scores.length)).toBe(j);
        }
      }),
    );
  });

  test('by hand; a tie counts against the candidate, also one that rounding breaks', () => {
    expect(conformalP([1, 2, 3], 4)).toBe(1 / 4);
    expect(conformalP([1, 2, 3], 3)).toBe(2 / 4);
    expect(conformalP([1, 2, 3], 0.5)).toBe(1);
    expect(conformalP([0.3], 0.1 + 0.2)).toBe(1);
    expect(conformalP([0, 0], 0)).toBe(1);
  });

  test('p is at most the level where the score is above the limit, and there only', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 20 }),
        fc.double({ min: 0.02, max: 0.5, noNaN: true }),
        (members, candidate, share) => {
          const level = Math.max(share, smallestP(members.length));
          expect(conformalP(members, candidate) <= level + 1e-9).toBe(candidate > limitOf(members, level));
        },
      ),
    );
  });

  test('an empty bank and scores that are no numbers are refused', () => {
    expect(() => conformalP([], 1)).toThrow(OptionError);
    expect(() => conformalP([1, Number.NaN], 1)).toThrow(OptionError);
    expect(() => conformalP([1], Infinity)).toThrow(OptionError);
  });
});

describe('levels', () => {
  test('members for a level, and the level of so many members', () => {
    expect([0.05, 0.1, 1 / 9, 0.5].map(membersFor)).toEqual([19, 9, 8, 1]);
    expect(levelOf(8, 0.05, undefined, 'runs')).toBe(1 / 9);
    expect(levelOf(19, 0.05, undefined, 'runs')).toBe(0.05);
    expect(levelOf(40, 0.05, undefined, 'runs')).toBe(0.05);
    expect(levelOf(9, 0.05, 0.1, 'runs')).toBe(0.1);
  });

  test('fewer runs than the level needs: own error, never a verdict', () => {
    expect(() => levelOf(7, 0.05, undefined, 'runs of a bank')).toThrow(ImplementationError);
    expect(() => levelOf(18, 0.05, 0.05, 'runs of a bank')).toThrow(/smallest p is 1\/19/);
    expect(() => levelOf(8, 0.05, 0.1, 'runs of a bank')).toThrow(ImplementationError);
  });
});

/** Symmetric, zero diagonal. */
const distances = (side: number) =>
  fc.array(fc.integer({ min: 0, max: 8 }), { minLength: side * side, maxLength: side * side }).map((values) =>
    Float64Array.from(values, (_, at) => {
      const [i, j] = [Math.floor(at / side), at % side];
      return i === j ? 0 : values[Math.min(i, j) * side + Math.max(i, j)]! / 8;
    }),
  );

const reordered = (data: Float64Array, order: readonly number[]): Float64Array => {
  const side = Math.sqrt(data.length);
  return Float64Array.from(order.flatMap((i) => order.map((j) => data[i * side + j]!)));
};

const RESOLUTION = 0.01;

describe('scores', () => {
  test('exact validity of the whole: each of k + 1 models in turn as the candidate, with and without what is to be stopped', () => {
    fc.assert(
      fc.property(
        fc
          .tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 0, max: 3 }))
          .chain(([members, stop]) => fc.tuple(fc.constant(members), fc.constant(stop), distances(members + 1 + stop))),
        ([members, stop, data]) => {
          const ps = Array.from({ length: members + 1 }, (_, candidate) => {
            const own = Array.from({ length: members + 1 }, (__, i) => i).filter((i) => i !== candidate);
            const others = Array.from({ length: stop }, (__, i) => members + 1 + i);
            const scores = accepted(
              { data: reordered(data, [...own, candidate, ...others]), members, stop },
              RESOLUTION,
            );
            return conformalP(scores.members, scores.candidate);
          });
          for (let j = 1; j <= members + 1; j++) expect(atMost(ps, j / (members + 1))).toBeLessThanOrEqual(j);
        },
      ),
    );
  });

  test('the class of what is to be stopped is the same rule with the classes exchanged', () => {
    fc.assert(
      fc.property(distances(7), (data) => {
        const given: BankDistances = { data, members: 3, stop: 3 };
        const exchanged: BankDistances = { data: reordered(data, [4, 5, 6, 3, 0, 1, 2]), members: 3, stop: 3 };
        expect(stopped(given, RESOLUTION)).toEqual(accepted(exchanged, RESOLUTION));
      }),
    );
  });

  test('by hand: the mean distance to the two nearest, over that to what is to be stopped, or the median of it', () => {
    // on a line: members at 0, 1, 3, the candidate at 4, one to be stopped at 10
    const at = [0, 1, 3, 4, 10];
    const data = Float64Array.from(at.flatMap((x) => at.map((y) => Math.abs(x - y))));
    const side = { data, members: 3, stop: 1 };
    // to what is to be stopped: 10, 9, 7 and 6, of which the upper median is 9
    expect(accepted(side, RESOLUTION)).toEqual({
      members: [(1 + 3) / 2 / 9, (1 + 2) / 2 / 9, (1 + 2) / 2 / 7],
      candidate: (1 + 3) / 2 / 6,
    });
    expect(accepted({ data: reordered(data, [0, 1, 2, 3]), members: 3, stop: 0 }, RESOLUTION).candidate).toBe(2);
  });
});
