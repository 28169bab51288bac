/** A repair of the tfjs wasm backend's slices: it copies the whole tensor out of the heap first, whatever part of it is wanted. */
import * as tf from '@tensorflow/tfjs-core';
import { repair, type Heap } from './wasm-repair.js';

/** Entries that lie side by side, as rows do, are copied within the heap; everything else goes to tfjs's own kernel. */
function sliceRows(own: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call;
    const x = inputs.x!;
    if (x.dtype === 'string' || x.dtype === 'complex64') return own(call);
    const { begin, size } = attrs as unknown as { begin: number | number[]; size?: number | number[] };
    const [from, sizes] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size) as [number[], number[]];
    if (!tf.slice_util.isSliceContinous(x.shape, from, sizes)) return own(call);
    const start = tf.slice_util.computeFlatOffset(from, tf.util.computeStrides(x.shape));
    const heap = backend as unknown as Heap;
    const out = heap.makeOutput(sizes, x.dtype);
    // only now: making the output may have moved the heap
    const values = heap.typedArrayFromHeap(x);
    heap.typedArrayFromHeap(out).set(values.subarray(start, start + tf.util.sizeFromShape(sizes)));
    return out;
  };
}

/** Repairs the registered kernel, once. */
export const repairSlice = (): void => repair('Slice', sliceRows);
