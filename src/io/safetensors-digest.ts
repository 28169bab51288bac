/** A digest over all that a safetensors file says, so that one that was damaged anywhere is found out. */
import { createHash } from 'node:crypto';
import type { TensorToWrite } from './safetensors-write.js';

/** What is digested of a tensor. */
export type DigestedTensor = readonly [name: string, dtype: string, shape: readonly number[], bytes: Uint8Array];

/** Orders by name, as a digest takes tensors. */
export const inOrder = <T>(all: Iterable<readonly [string, T]>): (readonly [string, T])[] =>
  [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** SHA-256, in hex. @param tensors in order of their names */
export function digestOf(said: readonly string[], tensors: Iterable<DigestedTensor>): string {
  const digest = createHash('sha256').update(JSON.stringify(said));
  for (const [name, dtype, shape, bytes] of tensors)
    digest.update(JSON.stringify([name, dtype, shape, bytes.length])).update(bytes);
  return digest.digest('hex');
}

/** The same of tensors that are at hand. */
export const digestOfTensors = (said: readonly string[], tensors: Iterable<readonly [string, TensorToWrite]>): string =>
  digestOf(
    said,
    inOrder(tensors).map(([name, { shape, data }]) => [
      name,
      data.BYTES_PER_ELEMENT === 8 ? 'F64' : 'F32',
      shape,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    ]),
  );
