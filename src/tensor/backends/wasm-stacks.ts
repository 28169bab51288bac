/** Our own kernels on the memory of tfjs's wasm backend: products of stacks of small matrices. */
import type * as tf from '@tensorflow/tfjs-core';
import { STACKS_BASE64 } from '../kernels/stacks.js';
import type { Heap } from './wasm-repair.js';

/** A WebAssembly.Memory. */
export interface Memory {
  readonly buffer: ArrayBuffer;
}

// neither lib es2023 nor @types/node 20 declares it
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: Memory } }) => { readonly exports: unknown };
};

/** What stacks.as.ts exports. Pointers are byte addresses, strides count floats. */
export interface Stacks {
  workLength(k: number): number;
  products(
    count: number,
    m: number,
    n: number,
    k: number,
    a: number,
    astep: number,
    ars: number,
    acs: number,
    b: number,
    bstep: number,
    brs: number,
    bcs: number,
    c: number,
    work: number,
  ): void;
}

interface OpenHeap extends Heap {
  getMemoryOffset(id: object): number;
  disposeData(id: object): boolean;
  readonly wasm?: { readonly HEAPU8: Uint8Array; readonly asm?: { readonly memory?: Memory } };
}

/** The kernels on a memory; null where WebAssembly has no SIMD. */
export function stacksOn(memory: Memory): Stacks | null {
  const bytes = Uint8Array.from(atob(STACKS_BASE64), (c) => c.charCodeAt(0));
  return WebAssembly.validate(bytes)
    ? (new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as Stacks)
    : null;
}

/** By backend; null where they cannot be used, or it does not show its memory. */
const known = new WeakMap<object, Stacks | null>();

function stacksOf(heap: OpenHeap): Stacks | null {
  let found = known.get(heap);
  if (found === undefined) {
    const memory = heap.wasm?.asm?.memory;
    found = memory !== undefined && memory.buffer === heap.wasm!.HEAPU8.buffer ? stacksOn(memory) : null;
    known.set(heap, found);
  }
  return found;
}

/**
 * The products of two stacks of float32 matrices of the same number; a stack of one goes with every matrix of the other. With a flag a stack's last two axes
 * count as swapped.
 * @param a [..., m, k]
 * @param b [..., k, n]
 * @param lead what stands before [m, n] in the result's shape
 * @returns undefined where the kernels cannot be used on this backend
 */
export function stackedProducts(
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
  lead: readonly number[],
  backend: unknown,
): tf.TensorInfo | undefined {
  const heap = backend as OpenHeap;
  const kernels = stacksOf(heap);
  if (kernels === null) return undefined;
  const [ra, ca] = a.shape.slice(-2) as [number, number];
  const [rb, cb] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [ca, ra] : [ra, ca];
  const n = transposeB ? rb : cb;
  const count = lead.reduce((x, y) => x * y, 1);
  const step = ({ shape }: tf.TensorInfo, size: number): number =>
    shape.slice(0, -2).every((one) => one === 1) ? 0 : size;
  const out = heap.makeOutput([...lead, m, n], 'float32');
  const work = heap.makeOutput([kernels.workLength(k)], 'float32');
  const at = ({ dataId }: tf.TensorInfo): number => heap.getMemoryOffset(dataId);
  kernels.products(
    count,
    m,
    n,
    k,
    at(a),
    step(a, m * k),
    transposeA ? 1 : k,
    transposeA ? m : 1,
    at(b),
    step(b, k * n),
    transposeB ? 1 : n,
    transposeB ? k : 1,
    at(out),
    at(work),
  );
  heap.disposeData(work.dataId);
  return out;
}
