/** Puts a replacement into an activation: synchronous tensor work, to be called inside tf.tidy. */
import * as tf from '@tensorflow/tfjs-core';
import type { Change } from './interventions.js';

/** The rows of the batch that are computed together. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
}

/** True where the change selects some of the chunk's rows. */
export const reaches = (change: Change, { from, to }: Chunk): boolean => change.rows === undefined || change.rows.some((row) => row >= from && row < to);

/** What a `resample` (a tensor of the chunk's rows) or a `mean` (one row, on the host) puts in. */
export type Source = tf.Tensor | { readonly shape: readonly number[]; readonly data: Float32Array } | undefined;

/** Values broadcast by numpy's rule, on the host: tfjs's broadcastTo is 30 times slower on wasm than this and an upload. */
export function spread<T extends Float32Array | Uint8Array>(data: T, shape: readonly number[], target: readonly number[]): T {
  const sizes = [...Array<number>(target.length - shape.length).fill(1), ...shape];
  let spreadSoFar = data;
  let inner = 1; // values below the axis at hand, already spread
  for (let axis = target.length - 1; axis >= 0; axis--) {
    const size = target[axis]!;
    if (sizes[axis] !== size) {
      const outer = spreadSoFar.length / inner;
      const grown = new (data.constructor as new (length: number) => T)(outer * size * inner);
      for (let i = 0; i < outer; i++) {
        const block = spreadSoFar.subarray(i * inner, (i + 1) * inner);
        for (let j = 0; j < size; j++) grown.set(block, (i * size + j) * inner);
      }
      spreadSoFar = grown;
    }
    inner *= size;
  }
  return spreadSoFar;
}

/** True where the change applies, of the chunk's full shape. Undefined where it applies everywhere. */
function maskOf({ rows, selected }: Change, shape: readonly number[], { from, to }: Chunk): tf.Tensor | undefined {
  const inChunk = rows?.filter((row) => row >= from && row < to).map((row) => row - from);
  const chosen = [inChunk, ...selected];
  if (chosen.every((list) => list === undefined)) return undefined;
  let mask = new Uint8Array([1]);
  const sizes: number[] = []; // an axis that is not sliced has size 1 until the end
  chosen.forEach((list, axis) => {
    const size = list === undefined ? 1 : shape[axis]!;
    const grown = new Uint8Array(mask.length * size);
    for (let i = 0; i < mask.length; i++) for (const j of list ?? [0]) grown[i * size + j] = mask[i]!;
    mask = grown;
    sizes.push(size);
  });
  return tf.tensor(spread(mask, sizes, shape), [...shape], 'bool');
}

/** The values of a `value` replacement for these rows, full shape. */
function given(value: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }, shape: readonly number[], batch: number, { from, to }: Chunk): tf.Tensor {
  const whole = Float32Array.from(value.data);
  const byRow = value.shape.length === shape.length && value.shape[0] === batch && batch > 1;
  const row = whole.length / batch;
  const own = byRow ? [to - from, ...value.shape.slice(1)] : value.shape;
  return tf.tensor(spread(byRow ? whole.slice(from * row, to * row) : whole, own, shape), [...shape], 'float32');
}

function replacement({ by, shape: whole }: Change, shape: number[], chunk: Chunk, source: Source): tf.Tensor {
  if (by.kind === 'zero') return tf.fill(shape, 0, 'float32'); // zeros() takes ten times as long on wasm
  if (by.kind === 'value') return typeof by.value === 'number' ? tf.fill(shape, by.value, 'float32') : given(by.value, shape, whole[0]!, chunk);
  if (source !== undefined && 'dataId' in source) return source;
  return tf.tensor(spread(source!.data, source!.shape, shape), shape, 'float32');
}

/**
 * The activation after the change.
 * @param activation [rows of the chunk, ...site]
 * @param source for `resample` the counterfactual rows' activation, for `mean` the mean of shape [1, ...site]
 */
export function replace(activation: tf.Tensor, change: Change, chunk: Chunk, source: Source): tf.Tensor {
  const put = replacement(change, activation.shape, chunk, source);
  const mask = maskOf(change, activation.shape, chunk);
  return mask === undefined ? put : tf.where(mask, put, activation);
}
