import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { logitsAt } from '../../src/model/logits.js';
import { accuracy, crossEntropy, klDivergence, klToClean, logitDifference, rowOf } from '../../src/task/behaviour.js';
import { InputError, OptionError } from '../../src/errors.js';
import { errorOf } from '../helpers/error-of.js';

const row = (...values: number[]): Float32Array => Float32Array.from(values);
const none = row();
const logits = fc
  .array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 2, maxLength: 8 })
  .map((values) => Float32Array.from(values));

describe('accuracy', () => {
  const right = accuracy((target: number) => target);
  test('is 1 where the largest logit is the target, else 0', () => {
    expect(right.score(row(0, 3, 1), 1, none)).toBe(1);
    expect(right.score(row(0, 3, 1), 2, none)).toBe(0);
  });
  test('NaN logits are never right', () => {
    expect(right.score(row(NaN, NaN), 0, none)).toBe(0);
    expect(right.score(row(1, NaN), 1, none)).toBe(0);
  });
  test('a target outside the output vocabulary is an error', () => {
    for (const target of [-1, 3, 0.5, NaN]) expect(() => right.score(row(0, 3, 1), target, none)).toThrow(InputError);
  });
  test('needs a function', () => {
    expect(() => accuracy(3 as unknown as () => number)).toThrow(OptionError);
  });
});

describe('cross-entropy', () => {
  const loss = crossEntropy((target: number) => target);
  test('closed forms', () => {
    expect(loss.score(row(0, 0, 0, 0), 2, none)).toBeCloseTo(Math.log(4), 12);
    // -log(e^1 / (e^1 + e^0)) = log(1 + e^-1)
    expect(loss.score(row(0, 1), 1, none)).toBeCloseTo(Math.log1p(Math.exp(-1)), 12);
  });
  test('does not overflow', () => {
    expect(loss.score(row(1e30, 0), 0, none)).toBe(0);
    expect(loss.score(row(-1e30, 0), 1, none)).toBe(0);
  });
  test('is not changed by adding a constant to all logits', () => {
    fc.assert(
      fc.property(logits, fc.integer({ min: -20, max: 20 }), (values, shift) => {
        const moved = values.map((value) => value + shift);
        expect(loss.score(moved, 0, none)).toBeCloseTo(loss.score(values, 0, none), 4);
      }),
    );
  });
});

describe('KL to the clean output', () => {
  test('closed form: KL((2/3, 1/3) || (1/2, 1/2))', () => {
    expect(klDivergence(row(Math.LN2, 0), row(0, 0))).toBeCloseTo(
      (2 / 3) * Math.log(4 / 3) + (1 / 3) * Math.log(2 / 3),
      7,
    );
  });
  test('is 0 to itself and never negative', () => {
    fc.assert(fc.property(logits, (values) => expect(klToClean().score(values, 0, values)).toBe(0)));
    fc.assert(
      fc.property(logits, logits, (a, b) => {
        const size = Math.min(a.length, b.length);
        expect(klDivergence(a.subarray(0, size), b.subarray(0, size))).toBeGreaterThan(-1e-9);
      }),
    );
  });
  test('a clean probability of 0 costs nothing', () => {
    expect(klDivergence(row(0, -1e6), row(0, 0))).toBeCloseTo(Math.LN2, 6);
  });
});

test('logits are read at a position, from the end where it is negative', () => {
  const activation = { site: 'logits', shape: [2, 3, 2], data: Float32Array.from({ length: 12 }, (_, i) => i) };
  expect([...rowOf(logitsAt(activation, -1), 0)]).toEqual([4, 5]);
  expect([...rowOf(logitsAt(activation, 0), 1)]).toEqual([6, 7]);
  // one position per row; a short row ends before the padding
  expect([...logitsAt(activation, [1, -1]).data]).toEqual([2, 3, 10, 11]);
  expect([...logitsAt(activation, -1, [1, 3]).data]).toEqual([0, 1, 10, 11]);
  expect(() => logitsAt(activation, 1, [1, 3])).toThrow(InputError);
  expect(() => logitsAt(activation, 3)).toThrow(InputError);
  expect(() => logitsAt(activation, -4)).toThrow(InputError);
});

test('a classifier has one row of logits per input, and nothing else to read', () => {
  const logits = { site: 'logits', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
  expect(logitsAt(logits, -1)).toBe(logits);
  expect(() => logitsAt(logits, 0)).toThrow(errorOf(InputError, /leave `position` out/));
  expect(() => logitsAt({ ...logits, shape: [1, 2, 1, 2] }, -1)).toThrow(InputError);
});

test('a target may be text that is one token', () => {
  const tokenizer = {
    description: '',
    size: 2,
    encode: () => [],
    decode: () => '',
    token: (text: string) => (text === ' Mary' ? 1 : 0),
  };
  const logits = Float32Array.of(1, 3);
  expect(accuracy(() => ' Mary').score(logits, 0, logits, tokenizer)).toBe(1);
  expect(accuracy(() => ' John').score(logits, 0, logits, tokenizer)).toBe(0);
  expect(
    logitDifference(
      () => ' Mary',
      () => ' John',
    ).score(logits, 0, logits, tokenizer),
  ).toBe(2);
  expect(() => accuracy(() => ' Mary').score(logits, 0, logits)).toThrow(errorOf(InputError, /no tokenizer/));
});
