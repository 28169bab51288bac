import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { exitCodeOf, inOrder } from '../../reports/report.js';
import { tally } from '../../reports/words.js';
import { anyCheck, makeCheck, makeUnjudged, reportOf } from './evidence.js';

const held = makeCheck({ m1: 20, m2: 20, seed: 4 });
const violated = makeCheck({ offset: 3 });
const open = makeCheck({ m1: 3, m2: 12, offset: 0.95, seed: 3 });
const unjudged = makeUnjudged();

test('the four are what they are called', () => {
  expect([held, violated, open, unjudged].map((check) => check.status)).toEqual([
    'held',
    'violated',
    'not established',
    'not judged',
  ]);
});

describe('exit code', () => {
  test.each([
    [[], 2],
    [[held], 0],
    [[held, violated], 1],
    [[held, open], 1],
    [[unjudged], 2],
    [[violated, unjudged, held], 2],
  ])('of %#', (checks, code) => expect(exitCodeOf(checks)).toBe(code));

  test('does not depend on the order, and is 0 only where every check holds', () => {
    fc.assert(
      fc.property(fc.array(anyCheck, { minLength: 1, maxLength: 5 }), (checks) => {
        expect(exitCodeOf([...checks].reverse())).toBe(exitCodeOf(checks));
        expect(exitCodeOf(checks) === 0).toBe(checks.every((check) => check.status === 'held'));
      }),
      { numRuns: 30 },
    );
  });
});

test('totals count every check once', () => {
  fc.assert(
    fc.property(fc.array(anyCheck, { maxLength: 5 }), (checks) => {
      const { totals } = reportOf(...checks);
      expect(Object.values(totals).reduce((a, b) => a + b, 0)).toBe(checks.length);
    }),
    { numRuns: 30 },
  );
  expect(reportOf(held, violated, open, open, unjudged).totals).toEqual({
    held: 1,
    violated: 1,
    notEstablished: 2,
    notJudged: 1,
  });
});

test('order: by file, then test; several checks of one test keep theirs', () => {
  const check = (file: string, test: string, seed: number) => makeCheck({ file, test, seed, m1: 2, m2: 2 });
  const sorted = inOrder([check('b', 'x', 1), check('a', 'z', 2), check('a', 'y', 3), check('a', 'y', 1)]);
  expect(sorted.map((c) => [c.file, c.test, c.evidence!.seed])).toEqual([
    ['a', 'y', 3],
    ['a', 'y', 1],
    ['a', 'z', 2],
    ['b', 'x', 1],
  ]);
});

test('tally', () => {
  expect(tally(reportOf(held))).toBe('The one check holds.');
  expect(tally(reportOf(violated))).toBe('The one check is violated.');
  expect(tally(reportOf(unjudged))).toBe('The one check was not judged.');
  expect(tally(reportOf(held, held))).toBe('All 2 checks hold.');
  expect(tally(reportOf(held, violated, open, unjudged))).toBe(
    '1 of 4 checks holds: 1 violated, 1 not established, 1 not judged.',
  );
  expect(tally(reportOf())).toBe('No check was made.');
});
