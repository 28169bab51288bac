/** A repair of the tfjs wasm backend's repetition of a tensor, a hundred times slower than copying it: layer normalisation and the gradients of sums repeat. */
import type * as tf from '@tensorflow/tfjs-core';
import { repair, type Heap } from './wasm-repair.js';

type Values = ReturnType<Heap['typedArrayFromHeap']>;

/** Writes x, of `shape`, repeated along every axis, to `out`. */
function repeat(x: Values, shape: readonly number[], reps: readonly number[], out: Values): void {
  const last = shape.length - 1;
  let from = 0;
  /** @returns the end of what it wrote: the axes from `axis` on, from the next entries of x */
  const write = (axis: number, start: number): number => {
    const size = shape[axis]!;
    let end = start;
    if (axis === last && size === 1) {
      end += reps[axis]!;
      out.fill(x[from++]!, start, end);
      return end;
    }
    if (axis === last) {
      for (let i = 0; i < size; i++) out[end++] = x[from++]!;
    } else for (let i = 0; i < size; i++) end = write(axis + 1, end);
    const length = end - start;
    for (let again = 1; again < reps[axis]!; again++, end += length) out.copyWithin(end, start, start + length);
    return end;
  };
  write(0, 0);
}

function tile(own: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call;
    const x = inputs.x!;
    const { reps } = attrs as unknown as { reps: readonly number[] };
    const shape = x.shape.map((size, axis) => size * reps[axis]!);
    if (
      x.dtype === 'string' ||
      x.dtype === 'complex64' ||
      shape.length === 0 ||
      reps.length !== shape.length ||
      shape.includes(0)
    )
      return own(call);
    const heap = backend as unknown as Heap;
    const out = heap.makeOutput(shape, x.dtype);
    // only now: making the output may have moved the heap
    repeat(heap.typedArrayFromHeap(x), x.shape, reps, heap.typedArrayFromHeap(out));
    return out;
  };
}

/** Repairs the registered kernel, once. */
export const repairTile = (): void => repair('Tile', tile);
