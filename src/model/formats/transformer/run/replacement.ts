/** Puts a replacement into an activation that is on the backend: synchronous tensor work, to be called inside tf.tidy. */
import * as tf from '@tensorflow/tfjs-core';
import type { SiteChange } from '../../../interventions.js';
import type { Values } from '../../../model.js';
import { maskOf, spread, valuesOf, type Chunk } from '../../../replacement.js';

/** Where a `resample` (a tensor of the chunk's rows) or a `mean` ([1, ...site], on the host) finds what it puts in. */
export type BackendReplacementValues = (change: SiteChange) => tf.Tensor | Values;

function replacement(change: SiteChange, shape: number[], chunk: Chunk, source: BackendReplacementValues): tf.Tensor {
  const { by, shape: whole } = change;
  if (by.kind === 'zero') return tf.fill(shape, 0, 'float32'); // zeros() takes ten times as long on wasm
  if (by.kind === 'value')
    return typeof by.value === 'number'
      ? tf.fill(shape, by.value, 'float32')
      : tf.tensor(valuesOf(by.value, shape, whole[0]!, chunk), shape, 'float32');
  const found = source(change);
  return 'dataId' in found
    ? found
    : tf.tensor(spread(found.data as Float32Array, found.shape, shape), shape, 'float32');
}

/**
 * The activation after changes that share one replacement (see `sharing`).
 * @param activation [rows of the chunk, ...site]
 */
export function replace(
  activation: tf.Tensor,
  changes: readonly SiteChange[],
  chunk: Chunk,
  source: BackendReplacementValues,
): tf.Tensor {
  const put = replacement(changes[0]!, activation.shape, chunk, source);
  const mask = maskOf(changes, activation.shape, chunk);
  return mask === undefined ? put : tf.where(tf.tensor(mask, activation.shape, 'bool'), put, activation);
}
