/** The repaired repetition on wasm against the cpu backend. */
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { repairTile } from '../../src/tensor/backends/wasm-tile.js';
import { wasmAgainstCpu } from './wasm-against-cpu.js';

const { both } = wasmAgainstCpu();

const axes = fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), reps: fc.integer({ min: 0, max: 4 }) }), {
  minLength: 1,
  maxLength: 5,
});

test('any shape and type, repeated along every axis', () => {
  fc.assert(
    fc.property(axes, fc.constantFrom('float32', 'int32', 'bool'), fc.nat(99), (drawn, dtype, seed) => {
      const shape = drawn.map(({ size }) => size);
      const count = shape.reduce((a, b) => a * b, 1);
      const [own, expected] = both(() =>
        tf.tile(
          tf.tensor(
            Array.from({ length: count }, (_, i) =>
              dtype === 'bool' ? ((i * 7 + seed) % 3 === 0 ? 1 : 0) : i * 3 - seed,
            ),
            shape,
            dtype as 'float32',
          ),
          drawn.map(({ reps }) => reps),
        ),
      );
      expect(own).toEqual(expected);
    }),
  );
});

test('repairing again changes nothing', () => {
  const kernel = tf.getKernel('Tile', 'wasm');
  repairTile();
  expect(tf.getKernel('Tile', 'wasm')).toBe(kernel);
});
