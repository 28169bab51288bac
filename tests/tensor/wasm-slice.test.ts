/** The repaired slice on wasm against the cpu backend. */
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { repairSlice } from '../../src/tensor/backends/wasm-slice.js';
import { wasmAgainstCpu } from './wasm-against-cpu.js';

const { both } = wasmAgainstCpu();

const axis = fc
  .record({ size: fc.integer({ min: 1, max: 5 }), from: fc.nat(4), whole: fc.boolean(), more: fc.nat(5) })
  .map(({ size, from, whole, more }) => {
    const begin = whole ? 0 : from % size;
    return { size, begin, length: whole ? size : more % (size - begin + 1) };
  });

test('any part of any shape and type, rows that lie side by side or not', () => {
  fc.assert(
    fc.property(
      fc.array(axis, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const),
      (axes, dtype) => {
        const shape = axes.map(({ size }) => size);
        const count = shape.reduce((a, b) => a * b, 1);
        const values = Array.from({ length: count }, (_, i) => (dtype === 'bool' ? Number(i % 3 === 0) : 3 * i - 7));
        const [own, expected] = both(() =>
          tf.slice(
            tf.tensor(values, shape, dtype),
            axes.map(({ begin }) => begin),
            axes.map(({ length }) => length),
          ),
        );
        expect(own).toEqual(expected);
      },
    ),
  );
});

test('repairing again changes nothing', () => {
  const kernel = tf.getKernel('Slice', 'wasm');
  repairSlice();
  expect(tf.getKernel('Slice', 'wasm')).toBe(kernel);
});
