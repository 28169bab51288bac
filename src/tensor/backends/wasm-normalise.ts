/** A kernel of our own on tfjs's wasm backend: layer normalisation in one step. Of small matrices tfjs's seven kernels in a row take far longer to be called than to compute. */
import * as tf from '@tensorflow/tfjs-core';
import type { Heap } from './wasm-repair.js';

const NAME = 'CongruityNormaliseRows';

interface Attrs {
  readonly eps: number;
  readonly centre: boolean;
}

/** Every step is rounded to float32 and every sum runs from left to right, as in tfjs's kernels: the same bits. */
function normaliseRows(call: Parameters<tf.KernelFunc>[0]): tf.TensorInfo {
  const { fround, sqrt } = Math;
  const x = call.inputs.x!;
  const { weight, bias } = call.inputs;
  const { eps, centre } = call.attrs as unknown as Attrs;
  const [rows, columns] = x.shape as [number, number];
  const added = fround(eps);
  const heap = call.backend as unknown as Heap;
  const out = heap.makeOutput([rows, columns], 'float32');
  // only now: making the output may have moved the heap
  const from = heap.typedArrayFromHeap(x) as Float32Array;
  const to = heap.typedArrayFromHeap(out) as Float32Array;
  const weights = weight && (heap.typedArrayFromHeap(weight) as Float32Array);
  const biases = bias && (heap.typedArrayFromHeap(bias) as Float32Array);
  for (let start = 0; start < from.length; start += columns) {
    const end = start + columns;
    let mean = fround(0);
    if (centre) {
      for (let i = start; i < end; i++) mean = fround(mean + from[i]!);
      mean = fround(mean / columns);
    }
    let squares = fround(0);
    for (let i = start; i < end; i++) {
      const centred = fround(from[i]! - mean);
      to[i] = centred;
      squares = fround(squares + fround(centred * centred));
    }
    const scale = fround(sqrt(fround(fround(squares / columns) + added)));
    for (let i = start; i < end; i++) to[i] = to[i]! / scale;
    if (weights) for (let i = 0; i < columns; i++) to[start + i] = to[start + i]! * weights[i]!;
    if (biases) for (let i = 0; i < columns; i++) to[start + i] = to[start + i]! + biases[i]!;
  }
  return out;
}

/** Registers the kernel, once. */
export function registerNormalise(): void {
  if (tf.getKernel(NAME, 'wasm') === undefined)
    tf.registerKernel({ kernelName: NAME, backendName: 'wasm', kernelFunc: normaliseRows as tf.KernelFunc });
}

/** What is done to rows once they are normalised: float32, as long as a row. */
export interface Scaled {
  readonly weight?: tf.Tensor | undefined;
  readonly bias?: tf.Tensor | undefined;
}

/**
 * Rows over the root of their mean square, each less its mean before that where `centre` says so; times the weight, plus the bias.
 * @param x float32, [rows, columns]
 * @param eps is added to the mean square
 * @returns undefined where the backend in use has no such kernel, or gradients are asked for: it has none
 */
export function normalisedRows(
  x: tf.Tensor2D,
  eps: number,
  centre: boolean,
  { weight, bias }: Scaled = {},
): tf.Tensor2D | undefined {
  const engine = tf.engine();
  if (engine.isTapeOn() || tf.getKernel(NAME, engine.backendName) === undefined) return undefined;
  return engine.runKernel<tf.Tensor2D>(NAME, { x, ...(weight && { weight }), ...(bias && { bias }) }, { eps, centre });
}
