/** The repaired identity on wasm: the same values held once more, which outlive either holder. */
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { repairIdentity } from '../../src/tensor/backends/wasm-identity.js';
import { wasmAgainstCpu } from './wasm-against-cpu.js';

const { wasm, both } = wasmAgainstCpu();

test.each(['float32', 'int32', 'bool'] as const)('of %s: values, shape and type', (dtype) => {
  const [own, expected] = both(() => tf.clone(tf.tensor([1, 0, 1, 1, 0, 1], [2, 3], dtype)));
  expect(own).toEqual(expected);
});

test.each([true, false])(
  'a clone outlives what it was cloned from, or the other way round (%s); nothing stays behind',
  (clonedFirst) => {
    wasm().within(() => {
      const x = tf.tensor1d([1, 2, 3]);
      const clone = tf.clone(x);
      const [gone, left] = clonedFirst ? [x, clone] : [clone, x];
      gone.dispose();
      // what is computed next would lie where freed memory was
      const other = tf.zeros([3]);
      expect([...left.dataSync()]).toEqual([1, 2, 3]);
      tf.dispose([left, other]);
    });
  },
);

test('repairing again changes nothing', () => {
  const kernel = tf.getKernel('Identity', 'wasm');
  repairIdentity();
  expect(tf.getKernel('Identity', 'wasm')).toBe(kernel);
});
