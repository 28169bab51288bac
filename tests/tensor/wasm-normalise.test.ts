/** Normalisation in one step against the same in tfjs's own steps. */
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { normalisedRows, registerNormalise, type Scaled } from '../../src/tensor/backends/wasm-normalise.js';
import { registerGradients } from '../../src/tensor/gradients.js';
import { wasmAgainstCpu } from './wasm-against-cpu.js';

const { wasm, both } = wasmAgainstCpu();

function inSteps(x: tf.Tensor2D, eps: number, centre: boolean, { weight, bias }: Scaled = {}): tf.Tensor {
  const centred = centre ? tf.sub(x, tf.mean(x, 1, true)) : x;
  const normalised = tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), eps)));
  const weighed = weight ? tf.mul(normalised, weight) : normalised;
  return bias ? tf.add(weighed, bias) : weighed;
}

const bitsOf = (work: () => tf.Tensor): Uint32Array =>
  wasm().within(() => {
    const result = tf.tidy(work);
    const values = result.dataSync() as Float32Array;
    result.dispose();
    return new Uint32Array(values.slice().buffer);
  });

const matrices = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 }))
  .chain(([rows, columns]) =>
    fc
      .float32Array({ minLength: rows * columns, maxLength: rows * columns, noNaN: true })
      .map((values) => ({ shape: [rows, columns] as [number, number], values })),
  );
/** None, a weight, or both, of so many columns. */
const scaledBy = (given: number, columns: number): Scaled => {
  const one = (by: number): tf.Tensor =>
    tf.tensor1d(Float32Array.from({ length: columns }, (_, i) => Math.cos(by * i)));
  return { ...(given > 0 && { weight: one(0.7) }), ...(given > 1 && { bias: one(1.9) }) };
};
const epsilons = fc.constantFrom(1e-5, 1e-6, 1e-12, 0.3);

test('gives the bits that the steps give, of any numbers', () => {
  fc.assert(
    fc.property(matrices, epsilons, fc.boolean(), fc.nat(2), ({ shape, values }, eps, centre, given) => {
      const one = bitsOf(() => normalisedRows(tf.tensor2d(values, shape), eps, centre, scaledBy(given, shape[1]))!);
      const other = bitsOf(() => inSteps(tf.tensor2d(values, shape), eps, centre, scaledBy(given, shape[1])));
      // which NaN it is nobody promises
      const same = (bits: Uint32Array): (number | string)[] =>
        [...bits].map((bit) => ((bit & 0x7fffffff) > 0x7f800000 ? 'NaN' : bit));
      expect(same(one)).toEqual(same(other));
    }),
    { numRuns: 300 },
  );
});

test('gives the bits that the steps give of ordinary activations, of rows as wide as those of language models', () => {
  for (const [rows, columns] of [
    [420, 16],
    [33, 768],
    [5, 1601],
  ] as const) {
    const values = Float32Array.from({ length: rows * columns }, (_, i) => 3 * Math.sin(1.7 * i * i) + 0.25);
    for (const centre of [true, false]) {
      const one = bitsOf(() =>
        normalisedRows(tf.tensor2d(values, [rows, columns]), 1e-5, centre, scaledBy(2, columns))!,
      );
      expect(one.some((bits) => bits !== 0)).toBe(true);
      expect(one).toEqual(
        bitsOf(() => inSteps(tf.tensor2d(values, [rows, columns]), 1e-5, centre, scaledBy(2, columns))),
      );
    }
  }
});

test('is as the formula says, in double precision', () => {
  const values = Array.from({ length: 24 }, (_, i) => ((7 * i) % 11) - 3.5);
  const [own] = both(() => normalisedRows(tf.tensor2d(values, [4, 6]), 0.01, true) ?? tf.scalar(0));
  for (let row = 0; row < 4; row++) {
    const some = values.slice(6 * row, 6 * row + 6);
    const mean = some.reduce((a, b) => a + b) / 6;
    const scale = Math.sqrt(some.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 6 + 0.01);
    some.forEach((x, i) => expect(own.data[6 * row + i]).toBeCloseTo((x - mean) / scale, 5));
  }
});

test('is not there on other backends, nor where gradients are asked for', () => {
  const x = [1, 2, 3, 5];
  const [onWasm, onCpu] = both(() =>
    tf.scalar(normalisedRows(tf.tensor2d(x, [2, 2]), 1e-5, true) === undefined ? 0 : 1),
  );
  expect([onWasm.data, onCpu.data]).toEqual([[1], [0]]);
  registerGradients();
  wasm().within(() =>
    tf.tidy(() => {
      const gradient = tf.grad((y) => {
        expect(normalisedRows(y as tf.Tensor2D, 1e-5, true)).toBeUndefined();
        return tf.square(y);
      });
      expect([...gradient(tf.tensor2d(x, [2, 2])).dataSync()]).toEqual([2, 4, 6, 10]);
    }),
  );
});

test('registering again changes nothing', () => {
  const before = tf.getKernelsForBackend('wasm').length;
  registerNormalise();
  expect(tf.getKernelsForBackend('wasm')).toHaveLength(before);
});
