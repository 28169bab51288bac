/** Gradients of single operations, as PyTorch has them (tests/training/fixtures/make.py), on both backends that every machine has. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { backend, type Backend } from '../../src/tensor/backend.js';
import { registerGradients } from '../../src/tensor/gradients.js';

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}
interface Case {
  readonly inputs: readonly Stored[];
  readonly dy: Stored;
  readonly gradients: readonly Stored[];
}

const cases = JSON.parse(readFileSync(join(__dirname, '../training/fixtures/operations.json'), 'utf8')) as Readonly<
  Record<string, Case>
>;

type Operands = readonly tf.Tensor[];
const unary =
  (of: (x: tf.Tensor) => tf.Tensor) =>
  ([x]: Operands) =>
    of(x!);
const binary =
  (of: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
  ([a, b]: Operands) =>
    of(a!, b!);
const product = (transposeA: boolean, transposeB: boolean) => binary((a, b) => tf.matMul(a, b, transposeA, transposeB));

const operations: Readonly<Record<string, (operands: Operands) => tf.Tensor>> = {
  add: binary(tf.add),
  'add a row': binary(tf.add),
  'add a column': binary(tf.add),
  sub: binary(tf.sub),
  mul: binary(tf.mul),
  div: binary((a, b) => tf.div(a, tf.add(tf.sqrt(tf.square(b)), 1))),
  'div by itself': binary((a, b) => tf.div(a, tf.add(tf.square(b), 1))),
  matMul: product(false, false),
  'matMul, stacks': product(false, false),
  'matMul, second transposed': product(false, true),
  'matMul, first transposed': product(true, false),
  'matMul, both transposed': product(true, true),
  softmax: unary((x) => tf.softmax(x)),
  relu: unary(tf.relu),
  sigmoid: unary(tf.sigmoid),
  erf: unary(tf.erf),
  square: unary(tf.square),
  sqrt: unary((x) => tf.sqrt(tf.add(tf.square(x), 0.5))),
  sum: unary((x) => tf.sum(x, 1)),
  'sum of all': unary((x) => tf.reshape(tf.sum(x), [1])),
  mean: unary((x) => tf.mean(x, -1, true)),
  reshape: unary((x) => tf.reshape(x, [3, 4])),
  transpose: unary((x) => tf.transpose(x, [2, 0, 3, 1])),
  slice: unary((x) => tf.slice(x, [1, 2], [2, 3])),
  concat: binary((a, b) => tf.concat([a, b], 1)),
  stack: binary((a, b) => tf.stack([a, b], 1)),
  unstack: unary((x) => {
    const [a, b] = tf.unstack(x, 1);
    return tf.mul(a!, b!);
  }),
  split: unary((x) => {
    const [a, b, c] = tf.split(x, 3, 1);
    return tf.mul(tf.mul(a!, b!), c!);
  }),
  where: binary((a, b) =>
    tf.where(
      tf.tensor2d(
        [
          [true, false, true],
          [false, false, true],
        ],
        undefined,
        'bool',
      ),
      a,
      b,
    ),
  ),
  clone: unary(tf.clone),
  gelu: unary((x) => tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(Math.SQRT1_2, x))))),
  gelu_new: unary((x) => {
    const twice = 2 * Math.sqrt(2 / Math.PI);
    return tf.mul(x, tf.sigmoid(tf.mul(x, tf.add(twice, tf.mul(twice * 0.044715, tf.square(x))))));
  }),
  silu: unary((x) => tf.mul(x, tf.sigmoid(x))),
};

test('every operation that PyTorch was asked for is tried, and no other', () => {
  expect(Object.keys(operations)).toEqual(Object.keys(cases));
});

describe.each(['cpu', 'wasm'] as const)('on %s', (name) => {
  let own: Backend;
  beforeAll(async () => {
    own = await backend({ backend: name });
    registerGradients();
  });

  test.each(Object.entries(operations))('%s', (operation, f) => {
    const { inputs, dy, gradients } = cases[operation]!;
    const as = ({ shape, data }: Stored): tf.Tensor => tf.tensor(data, shape, 'float32');
    const before = tf.memory().numTensors;
    const found = own.within(() =>
      tf.tidy(() =>
        tf
          .grads((...operands: tf.Tensor[]) => f(operands))(inputs.map(as), as(dy))
          .map((gradient) => ({ shape: gradient.shape, data: [...gradient.dataSync()] })),
      ),
    );
    expect(tf.memory().numTensors).toBe(before);
    found.forEach(({ shape, data }, i) => {
      expect(shape).toEqual(gradients[i]!.shape);
      // float32, and 7 digits in the file
      data.forEach((value, at) => expect(Math.abs(value - gradients[i]!.data[at]!)).toBeLessThan(2e-5));
    });
  });
});
