/** SHA-256 over what makes a model what it is. */
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { BackendError, ModelError } from '../../../../errors.js';

/** JSON with keys in order, so that the same content has the same text. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, ordered(entry)]),
  );
}

/**
 * @param structure what is not weights: JSON
 * @throws ModelError where a weight has been disposed of
 * @throws BackendError where the backend cannot read a tensor at once
 */
export function fingerprintOf(
  structure: unknown,
  weights: Iterable<readonly [name: string, tensor: tf.Tensor]>,
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(ordered(structure)) ?? '');
  for (const [name, tensor] of [...weights].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${name} ${tensor.dtype} ${tensor.shape.join(',')}\n`);
    if (tensor.isDisposed)
      throw new ModelError({
        what: `the weight ${name} has been disposed of`,
        where: 'fingerprint',
        hint: 'read the fingerprint before the model is disposed of',
      });
    let data: Float32Array | Int32Array | Uint8Array;
    try {
      data = tensor.dataSync() as Float32Array;
    } catch (cause) {
      throw new BackendError({
        what: `the weights cannot be read at once from the backend ${tf.getBackend()}, which a fingerprint of the moment needs`,
        hint: 'use the backend wasm or cpu, or load the model from its files',
        cause,
      });
    }
    const copy = data.slice();
    hash.update(new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength));
  }
  return hash.digest('hex');
}
