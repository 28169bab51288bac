/** The repaired sum on wasm against the cpu backend. */
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { repairSum } from '../../src/tensor/backends/wasm-sum.js';
import { wasmAgainstCpu } from './wasm-against-cpu.js';

const { both } = wasmAgainstCpu();

test('of any shape and type over any axes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('float32' as const, 'int32' as const),
      fc.nat(15),
      fc.boolean(),
      (shape, dtype, chosen, keepDims) => {
        const axes = shape.flatMap((_, axis) => ((chosen >> axis) & 1 ? [axis] : []));
        const count = shape.reduce((a, b) => a * b, 1);
        // whole numbers, whose sums are exact
        const values = Array.from({ length: count }, (_, i) => 3 * i - 7);
        const [own, expected] = both(() =>
          tf.sum(tf.tensor(values, shape, dtype), axes.length === 0 ? undefined : axes, keepDims),
        );
        expect(own).toEqual(expected);
      },
    ),
  );
});

test('over many rows, as exact as double precision makes it', () => {
  const rows = 4096;
  const [own] = both(() => tf.sum(tf.mul(tf.ones([rows, 3]), 0.1), 0));
  expect(own.data).toEqual(Array(3).fill(Math.fround(rows * Math.fround(0.1))));
});

test('repairing again changes nothing', () => {
  const kernel = tf.getKernel('Sum', 'wasm');
  repairSum();
  expect(tf.getKernel('Sum', 'wasm')).toBe(kernel);
});
