/** The kernels in WebAssembly SIMD, one thread (kernel.as.ts). */
import { Heap } from './heap.js';
import type { Routines } from './routines.js';
import { KERNEL_BASE64 } from './wasm.js';

// neither lib es2023 nor @types/node 20 declares it
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  workLength(n: number): number;
  gemm(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    ars: number,
    acs: number,
    b: number,
    brs: number,
    bcs: number,
    c: number,
    ldc: number,
    lower: number,
    work: number,
  ): void;
  cholesky(n: number, a: number, lda: number, work: number): number;
  invert(n: number, a: number, lda: number, work: number): number;
  longProduct: Routines['rawLongProduct'];
  mirror(n: number, a: number, lda: number): void;
  mirrorScaled(n: number, a: number, lda: number, scale: number): void;
  bidiagonalise(rows: number, columns: number, a: number, d: number, e: number, work: number): void;
  tridiagonalise(n: number, a: number, d: number, e: number, work: number): void;
  rotateRows(n: number, a: number, first: number, last: number, c: number, s: number): void;
}

const PAGE = 65536;
let compiled: object | null | undefined;

/** The compiled module, or null where WebAssembly or its SIMD is missing. */
export function kernelModule(): object | null {
  if (compiled === undefined) {
    const bytes = Uint8Array.from(atob(KERNEL_BASE64), (c) => c.charCodeAt(0));
    compiled = typeof WebAssembly === 'object' && WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
  }
  return compiled;
}

export class SimdHeap extends Heap implements Routines {
  readonly name: 'wasm-simd' | 'openblas' = 'wasm-simd';
  readonly #exports: Exports;
  #doubles: Float64Array;

  protected constructor(module: object) {
    super();
    this.#exports = new WebAssembly.Instance(module, {}).exports as Exports;
    this.#doubles = new Float64Array(this.#exports.memory.buffer);
  }

  /** A new heap, or undefined where WebAssembly SIMD is missing. */
  static create(): SimdHeap | undefined {
    const module = kernelModule();
    return module ? new SimdHeap(module) : undefined;
  }

  protected doubles(): Float64Array {
    return this.#doubles;
  }

  protected grow(length: number): void {
    const { memory } = this.#exports;
    const missing = Math.ceil((length * 8 - memory.buffer.byteLength) / PAGE);
    memory.grow(missing);
    this.#doubles = new Float64Array(memory.buffer);
  }

  #work(n: number): number {
    return this.scratch(this.#exports.workLength(n)) * 8;
  }

  rawGemm(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    ars: number,
    acs: number,
    b: number,
    brs: number,
    bcs: number,
    c: number,
    ldc: number,
    lower: boolean,
  ): void {
    const work = this.#work(0);
    this.#exports.gemm(m, n, k, alpha, a * 8, ars, acs, b * 8, brs, bcs, c * 8, ldc, lower ? 1 : 0, work);
  }

  rawCholesky(n: number, a: number, lda: number): number {
    const work = this.#work(n);
    return this.#exports.cholesky(n, a * 8, lda, work);
  }

  rawInvert(n: number, a: number, lda: number): number {
    const work = this.#work(n);
    return this.#exports.invert(n, a * 8, lda, work);
  }

  rawMirror(n: number, a: number, lda: number): void {
    this.#exports.mirror(n, a * 8, lda);
  }

  rawMirrorScaled(n: number, a: number, lda: number, scale: number): void {
    this.#exports.mirrorScaled(n, a * 8, lda, scale * 8);
  }

  rawLongProduct(
    m: number,
    n: number,
    k: number,
    a: number,
    lda: number,
    b: number,
    ldb: number,
    c: number,
    ldc: number,
  ): void {
    this.#exports.longProduct(m, n, k, a * 8, lda, b * 8, ldb, c * 8, ldc);
  }

  rawBidiagonalise(rows: number, columns: number, a: number, d: number, e: number): void {
    const work = this.scratch(rows + 2 * columns) * 8;
    this.#exports.bidiagonalise(rows, columns, a * 8, d * 8, e * 8, work);
  }

  rawTridiagonalise(n: number, a: number, d: number, e: number): void {
    const work = this.scratch(2 * n) * 8;
    this.#exports.tridiagonalise(n, a * 8, d * 8, e * 8, work);
  }

  rawRotateRows(n: number, a: number, first: number, last: number, c: Float64Array, s: Float64Array): void {
    const work = this.scratch(2 * n);
    for (let i = first; i < last; i++) {
      this.#doubles[work + i] = c[i]!;
      this.#doubles[work + n + i] = s[i]!;
    }
    this.#exports.rotateRows(n, a * 8, first, last, work * 8, (work + n) * 8);
  }
}
