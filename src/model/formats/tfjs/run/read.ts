/** Tensors as plain arrays. */
import type * as tf from '@tensorflow/tfjs-core';

/** Reads tensors, then disposes of them, whatever happens. The arrays are the caller's. */
export async function readAll<K>(
  tensors: ReadonlyMap<K, tf.Tensor>,
): Promise<Map<K, { shape: number[]; data: Float32Array }>> {
  try {
    const read = new Map<K, { shape: number[]; data: Float32Array }>();
    // copied: on some backends data() is the tensor's own memory
    for (const [key, tensor] of tensors)
      read.set(key, { shape: [...tensor.shape], data: Float32Array.from(await tensor.data()) });
    return read;
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
  }
}
