/** The repaired products of the wasm backend against the cpu backend, which has none of its faults. */
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import fc from 'fast-check';
import { repairProducts } from '../../src/tensor/backends/wasm-products.js';
import { wasmAgainstCpu } from './wasm-against-cpu.js';

const { both } = wasmAgainstCpu();

const size = fc.integer({ min: 1, max: 5 });
const cases = fc.record({
  batch: fc.integer({ min: 1, max: 4 }),
  inner: fc.integer({ min: 1, max: 3 }),
  rank: fc.integer({ min: 2, max: 4 }),
  shared: fc.constantFrom('a', 'b', 'neither'),
  rows: size,
  depth: size,
  columns: size,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  seed: fc.nat(1000),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

const numbers = (shape: number[], seed: number) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.7 + seed)),
    shape,
  );

function operands({ batch, inner, rank, shared, rows, depth, columns, transposeA, transposeB, seed }: Case): {
  a: tf.Tensor;
  b: tf.Tensor;
} {
  const lead = rank === 2 ? [] : rank === 3 ? [batch] : [batch, inner];
  const one = lead.map(() => 1);
  return {
    a: numbers([...(shared === 'a' ? one : lead), ...(transposeA ? [depth, rows] : [rows, depth])], seed),
    b: numbers([...(shared === 'b' ? one : lead), ...(transposeB ? [columns, depth] : [depth, columns])], seed + 0.5),
  };
}

const same = (work: () => tf.Tensor): void => {
  const [left, right] = both(work);
  expect(left.shape).toEqual(right.shape);
  left.data.forEach((value, i) =>
    expect(Math.abs(value - right.data[i]!)).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(right.data[i]!))),
  );
};

test('matMul, of any rank, batch and flags', () => {
  fc.assert(
    fc.property(cases, (drawn) => {
      same(() => {
        const { a, b } = operands(drawn);
        return tf.matMul(a, b, drawn.transposeA, drawn.transposeB);
      });
    }),
  );
});

test('the fused product, with bias and activation', () => {
  fc.assert(
    fc.property(
      cases,
      fc.boolean(),
      fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'),
      (drawn, withBias, activation) => {
        same(() => {
          const { a, b } = operands(drawn);
          const bias = withBias ? numbers([drawn.columns], 3) : undefined;
          return tf.fused.matMul({
            a,
            b,
            transposeA: drawn.transposeA,
            transposeB: drawn.transposeB,
            bias,
            activation: activation as 'relu',
            leakyreluAlpha: 0.3,
          });
        });
      },
    ),
  );
});

test('gradients go through', () => {
  same(() =>
    tf.grad((w: tf.Tensor) => tf.sum(tf.square(tf.matMul(numbers([3, 4, 5], 1), w, false, true))))(
      numbers([3, 2, 5], 2),
    ),
  );
  same(() =>
    tf.grad((w: tf.Tensor) => tf.sum(tf.square(tf.matMul(numbers([4, 5], 1), w, false, true))))(numbers([2, 5], 2)),
  );
});

test('repairing again changes nothing', () => {
  const kernel = tf.getKernel('BatchMatMul', 'wasm');
  repairProducts();
  expect(tf.getKernel('BatchMatMul', 'wasm')).toBe(kernel);
});
