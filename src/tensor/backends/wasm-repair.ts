/** How a kernel of the tfjs wasm backend is put right, and what such kernels use of the backend. */
import * as tf from '@tensorflow/tfjs-core';

const repaired = Symbol.for('congruity.wasm.repaired');

type Kernel = tf.KernelConfig & { [repaired]?: true };

/** The members of the wasm backend that are used. */
export interface Heap {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  /** a view of a tensor's values; valid until the next makeOutput, which may move the heap */
  typedArrayFromHeap(x: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
}

/** Puts `wrap` of a kernel into tfjs's registry, for the whole process, where the wasm backend is registered. Doing so again changes nothing. */
export function repair(name: string, wrap: (own: tf.KernelFunc) => tf.KernelFunc): void {
  const kernel = tf.getKernel(name, 'wasm') as Kernel | undefined;
  if (kernel === undefined || kernel[repaired]) return;
  tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({ ...kernel, kernelFunc: wrap(kernel.kernelFunc), [repaired]: true } as Kernel);
}
