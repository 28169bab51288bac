/** What a tfjs model takes for numbers: lists and arrays of any kind, BigInts among them, or an error of our own. */
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { InputError } from '../../../../src/errors.js';
import type { ModelInput } from '../../../../src/model/input.js';
import { checkInput, feed, type InputSpec } from '../../../../src/model/formats/tfjs/graph/inputs.js';
import { backend } from '../../../../src/tensor/backend.js';
import { errorOf } from '../../../helpers/error-of.js';

const integers: InputSpec = { name: 'ids', shape: [-1], dtype: 'int32' };
const floats: InputSpec = { name: 'x', shape: undefined, dtype: 'float32' };
const given = (value: unknown): ModelInput => value as ModelInput;

test.each([
  ['numbers', [1, 2, 3]],
  ['BigInts', [1n, 2n, 3n]],
  ['numbers, then BigInts', [1, 2n, 3n]],
  ['BigInts, then numbers', [1n, 2, 3]],
  ['an array of BigInts', { shape: [3], data: BigInt64Array.of(1n, 2n, 3n) }],
  ['an array of unsigned BigInts', { shape: [3], data: BigUint64Array.of(1n, 2n, 3n) }],
  ['bytes', { shape: [3], data: Uint8Array.of(1, 2, 3) }],
])('%s', async (_, value) => {
  await backend({ backend: 'cpu' });
  for (const spec of [integers, floats]) {
    checkInput(given(value), [spec], 'here');
    // beside a row of another kind
    expect(tf.tidy(() => [...feed([given([7, 8, 9]), given(value)], [spec])[0]!.dataSync()])).toEqual([
      7, 8, 9, 1, 2, 3,
    ]);
  }
});

test.each<[string, InputSpec, unknown, RegExp]>([
  ['a shape of 1 and 2^40', floats, { shape: [1, 2 ** 40], data: [1] }, /holds 1099511627776 values, but there are 1/],
  ['a shape of BigInts', floats, { shape: [1n], data: [1] }, /the shape is \[1\]/],
  ['a shape that is none', floats, { shape: 'x', data: [1] }, /there is nothing for|no input|neither/],
  ['symbols', floats, [Symbol('a')], /the value at 0 is Symbol\(a\)/],
  ['texts', floats, ['3'], /the value at 0 is 3/],
  ['objects', integers, [{}], /give integers/],
  ['a BigInt beyond 32 bits', integers, [2n ** 40n], /which no 32-bit integer is/],
  ['a number beyond 32 bits', integers, [-(2 ** 31) - 1], /which no 32-bit integer is/],
  ['a BigInt beyond the table', { ...integers, vocabulary: 5 }, [5n], /the model knows 0 to 4/],
])('%s', (_, spec, value, message) => {
  expect(() => checkInput(given(value), [spec], 'here')).toThrow(errorOf(InputError, message));
});
