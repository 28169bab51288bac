/** Products of stacks of matrices: what attention is made of. */
import * as tf from '@tensorflow/tfjs-core';

/** Multiplications of one product from which on it is worth being called by itself. */
const worthwhile = 2 ** 17;

/**
 * x y of every pair of matrices in two stacks, or x y^T. On wasm a stack is multiplied ten times as slowly as plain matrices are: where these are large
 * enough they are multiplied one by one.
 * @param x [..., m, k]
 * @param y [..., k, n], or [..., n, k] where it is to be transposed
 */
export function products(x: tf.Tensor, y: tf.Tensor, transposed: boolean): tf.Tensor {
  const [m, k] = x.shape.slice(-2) as [number, number];
  const rows = y.shape.slice(-2) as [number, number];
  const n = transposed ? rows[0] : rows[1];
  if (tf.getBackend() !== 'wasm' || m * k * n < worthwhile) return tf.matMul(x, y, false, transposed);
  // by way of the host: cutting a stack up is slow on wasm too
  const [left, right] = [x.dataSync<'float32'>(), y.dataSync<'float32'>()];
  return tf.tidy(() => {
    const each = Array.from({ length: left.length / (m * k) }, (_, i) =>
      tf.tidy(() => {
        const a = tf.tensor2d(left.subarray(i * m * k, (i + 1) * m * k), [m, k]);
        const b = tf.tensor2d(right.subarray(i * k * n, (i + 1) * k * n), rows);
        return tf.matMul(a, b, false, transposed);
      }),
    );
    return tf.reshape(tf.concat(each, 0), [...x.shape.slice(0, -1), n]);
  });
}
