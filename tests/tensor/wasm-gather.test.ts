/** The repaired look-up of rows on wasm against the cpu backend. */
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { repairGather } from '../../src/tensor/backends/wasm-gather.js';
import { wasmAgainstCpu } from './wasm-against-cpu.js';

const { wasm, both } = wasmAgainstCpu();

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });

test('rows along any axis, of any shape and type', () => {
  fc.assert(
    fc.property(
      shapes,
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
      fc.nat(2),
      fc.nat(99),
      fc.constantFrom('float32', 'int32'),
      (shape, at, pick, seed, dtype) => {
        const axis = pick % shape.length;
        const size = (of: readonly number[]) => of.reduce((a, b) => a * b, 1);
        const work = () =>
          tf.gather(
            tf.tensor(
              Array.from({ length: size(shape) }, (_, i) => i * 3 - seed),
              shape,
              dtype as 'float32',
            ),
            tf.tensor(
              Array.from({ length: size(at) }, (_, i) => (i * 7 + seed) % shape[axis]!),
              at,
              'int32',
            ),
            axis,
          );
        const [left, right] = both(work);
        expect(left).toEqual(right);
      },
    ),
  );
});

test('an index that is no row is an error, and leaves nothing', () => {
  for (const index of [-1, 3, 2 ** 30]) {
    const held = tf.memory().numTensors;
    expect(() =>
      wasm().within(() => tf.tidy(() => tf.gather(tf.ones([3, 2]), tf.tensor1d([0, index], 'int32')))),
    ).toThrow(/is not one of the 3 rows/);
    expect(tf.memory().numTensors).toBe(held);
  }
});

test('repairing again changes nothing', () => {
  const kernel = tf.getKernel('GatherV2', 'wasm');
  repairGather();
  expect(tf.getKernel('GatherV2', 'wasm')).toBe(kernel);
});
