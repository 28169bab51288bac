/** A repair of the tfjs wasm backend's sum over the rows of a matrix, which transposes it first: the gradient of a bias is one. */
import type * as tf from '@tensorflow/tfjs-core';
import { repair, type Heap } from './wasm-repair.js';

function sumRows(own: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call;
    const x = inputs.x!;
    const { axis, keepDims } = attrs as unknown as { axis: number | number[]; keepDims: boolean };
    const [rows = 0, columns = 0] = x.shape;
    const first = Array.isArray(axis) ? axis.length === 1 && axis[0] === 0 : axis === 0;
    if (!first || x.shape.length !== 2 || x.dtype !== 'float32' || rows * columns === 0) return own(call);
    const heap = backend as unknown as Heap;
    const out = heap.makeOutput(keepDims ? [1, columns] : [columns], 'float32');
    // only now: making the output may have moved the heap
    const values = heap.typedArrayFromHeap(x) as Float32Array;
    const sums = new Float64Array(columns);
    for (let from = 0; from < values.length; from += columns)
      for (let i = 0; i < columns; i++) sums[i]! += values[from + i]!;
    heap.typedArrayFromHeap(out).set(sums);
    return out;
  };
}

/** Repairs the registered kernel, once. */
export const repairSum = (): void => repair('Sum', sumRows);
