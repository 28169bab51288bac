/** A repair of the tfjs wasm backend's look-up of rows in a table, as an embedding does it: some thirty times slower than copying them, and unchecked. */
import * as tf from '@tensorflow/tfjs-core';
import { repair, type Heap } from './wasm-repair.js';

/**
 * Rows of x by index, where the first axis is the one gathered along; everything else goes to tfjs's own kernel.
 * @throws an Error for an index that is no row: tfjs would read what lies beside the table
 */
function gatherRows(own: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call;
    const { axis, batchDims } = attrs as unknown as { axis: number; batchDims?: number };
    const x = inputs.x!;
    const indices = inputs.indices!;
    const [rows = 0, ...row] = x.shape;
    if (axis !== 0 || (batchDims ?? 0) !== 0 || x.dtype !== 'float32' || indices.dtype !== 'int32' || rows === 0)
      return own(call);
    const heap = backend as unknown as Heap;
    const out = heap.makeOutput([...indices.shape, ...row], 'float32');
    // only now: making the output may have moved the heap
    const [table, at, found] = [x, indices, out].map((tensor) => heap.typedArrayFromHeap(tensor)) as [
      Float32Array,
      Int32Array,
      Float32Array,
    ];
    const width = tf.util.sizeFromShape(row);
    for (let i = 0; i < at.length; i++) {
      const index = at[i]!;
      if (index < 0 || index >= rows) {
        (backend as tf.KernelBackend).disposeData(out.dataId);
        throw new Error(`the index ${index} at ${i} is not one of the ${rows} rows of a table`);
      }
      const from = index * width;
      const to = i * width;
      for (let j = 0; j < width; j++) found[to + j] = table[from + j]!;
    }
    return out;
  };
}

/** Repairs the registered kernel, once. */
export const repairGather = (): void => repair('GatherV2', gatherRows);
