/**
 * Dense float64 linear algebra on one thread: WebAssembly SIMD, or plain JavaScript where that is missing.
 * Matrices live in a kernel's own memory, as blocks that are freed together.
 */
import { NumericalError } from '../errors.js';
import type { Pieces } from '../signal.js';
import { matrix, type HeapBlock, type Matrix } from './kernels/heap.js';
import { JsHeap } from './kernels/js.js';
import { accelerator, BlasHeap } from './kernels/openblas.js';
import { SimdHeap } from './kernels/simd.js';

export { matrix, transpose, type HeapBlock as Block, type Matrix } from './kernels/heap.js';

export class Kernel {
  readonly #heap: SimdHeap | JsHeap;

  constructor(heap: SimdHeap | JsHeap) {
    this.#heap = heap;
  }

  /** which implementation this is */
  get name(): 'wasm-simd' | 'openblas' | 'js' {
    return this.#heap.name;
  }

  /** bytes of memory held */
  get bytes(): number {
    return this.#heap.bytes;
  }

  /**
   * A block of zeros. Every view taken before is invalid afterwards: take `block.view` again.
   * @throws NumericalError when the memory cannot be had
   */
  alloc(length: number): HeapBlock {
    if (!Number.isInteger(length) || length < 0) throw new RangeError(`length ${length}`);
    return this.#heap.alloc(length);
  }

  /** Runs fn, then frees the blocks that it allocated. Scopes nest; fn must be synchronous. */
  scope<T>(fn: () => T): T {
    return this.#heap.scope(fn);
  }

  /** As scope, for work in pieces: nobody else may use the kernel before its end. */
  scopeOf<T>(work: Pieces<T>): Pieces<T> {
    return this.#heap.scopeOf(work);
  }

  /** Frees all blocks. */
  reset(): void {
    this.#heap.reset();
  }

  /** C (m x n, row-major) += alpha A (m x k) B (k x n). Neither A nor B may overlap C. */
  product(m: number, n: number, k: number, alpha: number, a: Matrix, b: Matrix, c: Matrix): void {
    this.#gemm(m, n, k, alpha, a, b, c, false);
  }

  /** C (n x n, row-major) += alpha A B where the result is known to be symmetric, A n x k: half the work, both triangles filled. */
  symmetricProduct(n: number, k: number, alpha: number, a: Matrix, b: Matrix, c: Matrix): void {
    this.lowerProduct(n, k, alpha, a, b, c);
    this.mirror(n, c);
  }

  /** As symmetricProduct, with the entries above the diagonal left undefined: accumulate, then mirror once. */
  lowerProduct(n: number, k: number, alpha: number, a: Matrix, b: Matrix, c: Matrix): void {
    this.#gemm(n, n, k, alpha, a, b, c, true);
  }

  /** Copies what is below the diagonal of a row-major n x n matrix above it. */
  mirror(n: number, a: Matrix): void {
    this.#heap.rawMirror(n, address(a, n, n), rowMajor(a));
  }

  /** As mirror, with column j of the whole then times scale[j]: a symmetric A becomes A D. */
  mirrorScaled(n: number, a: Matrix, scale: Matrix): void {
    rowMajor(scale);
    this.#heap.rawMirrorScaled(n, address(a, n, n), rowMajor(a), address(scale, 1, n));
  }

  /** C (m x n, row-major) := A B^T, A m x k and B n x k row-major, for few and long rows: nothing is copied, and B is read once. */
  longProduct(m: number, n: number, k: number, a: Matrix, b: Matrix, c: Matrix): void {
    const [pa, pb, pc] = [address(a, m, k), address(b, n, k), address(c, m, n)];
    this.#heap.rawLongProduct(m, n, k, pa, rowMajor(a), pb, rowMajor(b), pc, rowMajor(c));
  }

  /**
   * In place: the lower triangle of a symmetric positive definite A becomes L with A = L L^T. The upper one is undefined after.
   * @throws NumericalError where A is not positive definite, or not finite
   */
  cholesky(n: number, a: Matrix): void {
    positive(this.#heap.rawCholesky(n, address(a, n, n), rowMajor(a)), n);
  }

  /**
   * In place: a symmetric positive definite A (its lower triangle is read) becomes its inverse, both triangles.
   * @throws NumericalError where A is not positive definite, or not finite
   */
  invert(n: number, a: Matrix): void {
    positive(this.#heap.rawInvert(n, address(a, n, n), rowMajor(a)), n);
  }

  /**
   * The upper bidiagonal form with the singular values of A (rows x columns, rows >= columns >= 1, row-major from the block's start, overwritten):
   * its diagonal d, and e above it.
   */
  bidiagonalise(rows: number, columns: number, a: HeapBlock): { d: Float64Array; e: Float64Array } {
    if (rows < columns) throw new RangeError(`${rows} rows are fewer than ${columns} columns`);
    const start = address(matrix(a, columns), rows, columns);
    return this.scope(() => {
      const [d, e] = [this.alloc(columns), this.alloc(columns)];
      this.#heap.rawBidiagonalise(rows, columns, start, d.start, e.start);
      return { d: d.view.slice(), e: e.view.slice(0, columns - 1) };
    });
  }

  /** A symmetric A (n x n from the block's start, lower triangle read) = Q T Q^T: T's diagonal d and what is beside it, e. The block becomes Q^T. */
  tridiagonalise(n: number, a: HeapBlock): { d: Float64Array; e: Float64Array } {
    const start = address(matrix(a, n), n, n);
    return this.scope(() => {
      const [d, e] = [this.alloc(n), this.alloc(n)];
      this.#heap.rawTridiagonalise(n, start, d.start, e.start);
      return { d: d.view.slice(), e: e.view.slice(0, n - 1) };
    });
  }

  /** A function that applies a sweep of plane rotations to neighbouring rows of A, n x n: rows i and i + 1, for i from last - 1 down to first. */
  rowRotation(n: number, a: HeapBlock): (first: number, last: number, c: Float64Array, s: Float64Array) => void {
    const start = address(matrix(a, n), n, n);
    return (first, last, c, s) => {
      if (first < 0 || last >= n || c.length < last || s.length < last)
        throw new RangeError(`rotations ${first} to ${last} of ${n} rows`);
      this.#heap.rawRotateRows(n, start, first, last, c, s);
    };
  }

  #gemm(m: number, n: number, k: number, alpha: number, a: Matrix, b: Matrix, c: Matrix, lower: boolean): void {
    const [pa, pb, pc] = [address(a, m, k), address(b, k, n), address(c, m, n)];
    const { rowStride: ars, columnStride: acs } = a;
    const { rowStride: brs, columnStride: bcs } = b;
    this.#heap.rawGemm(m, n, k, alpha, pa, ars, acs, pb, brs, bcs, pc, rowMajor(c), lower);
  }
}

/** Where the matrix starts in the heap. A matrix that leaves its block is a mistake of ours: it would corrupt another. */
function address(a: Matrix, rows: number, columns: number): number {
  const last = a.offset + Math.max(0, rows - 1) * a.rowStride + Math.max(0, columns - 1) * a.columnStride;
  if (a.offset < 0 || (rows > 0 && columns > 0 && last >= a.block.length)) {
    throw new RangeError(`a ${rows} x ${columns} matrix at ${a.offset} leaves its block of ${a.block.length}`);
  }
  return a.block.start + a.offset;
}

function rowMajor(a: Matrix): number {
  if (a.columnStride !== 1) throw new RangeError('the matrix must be row-major');
  return a.rowStride;
}

function positive(failed: number, n: number): void {
  if (failed === 0) return;
  throw new NumericalError({
    what: `A matrix of order ${n} is not positive definite: its leading minor ${failed} is not.`,
    hint: 'look for NaN or infinite activations, or values so large that their squares lose all precision',
  });
}

/** Ours; plain JavaScript; or ours with large products and inverses by OpenBLAS where that is installed: equal rows may then come out otherwise than each other in the last bit. */
type Kind = 'fastest' | 'js' | 'accelerated';

/** A kernel with memory of its own. */
export function createKernel(kind: Kind = 'fastest'): Kernel {
  return new Kernel(
    (kind === 'accelerated' ? BlasHeap.create() : undefined) ??
      (kind === 'js' ? undefined : SimdHeap.create()) ??
      new JsHeap(),
  );
}

/** memory above this is given back to the system instead of being kept for the next call */
const KEEP_BYTES = 64 * 2 ** 20;
const idle = { fastest: [] as Kernel[], accelerated: [] as Kernel[] };

/** A kernel for one piece of work, to be handed back with `returnKernel` when it is done. */
export function borrowKernel(asked: 'fastest' | 'accelerated' = 'fastest'): Kernel {
  const kind = accelerator() === undefined ? 'fastest' : asked;
  return idle[kind].pop() ?? createKernel(kind);
}

export function returnKernel(kernel: Kernel): void {
  kernel.reset();
  const kept = idle[kernel.name === 'openblas' ? 'accelerated' : 'fastest'];
  if (kept.length < 2 && kernel.bytes <= KEEP_BYTES) kept.push(kernel);
}
