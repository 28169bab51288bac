/** What a heap must be able to compute. Addresses, strides and leading dimensions count doubles; matrices are row-major. */
export interface Routines {
  readonly name: 'wasm-simd' | 'openblas' | 'js';
  /** C += alpha A B; with `lower`, only entries on and below the diagonal are defined afterwards */
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
  ): void;
  /** in place on the lower triangle; 0, or the order of the first leading minor that is not positive */
  rawCholesky(n: number, a: number, lda: number): number;
  /** in place, both triangles; returns what rawCholesky returns */
  rawInvert(n: number, a: number, lda: number): number;
  /** C := A B^T, A m x k and B n x k, of few and long rows */
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
  ): void;
  /** copies the lower triangle to the upper one */
  rawMirror(n: number, a: number, lda: number): void;
  /** copies the lower triangle to the upper one, then column j of the whole times the j-th double at `scale` */
  rawMirrorScaled(n: number, a: number, lda: number, scale: number): void;
  /** upper bidiagonal form of A (rows >= columns, no gaps, overwritten): diagonal to d, superdiagonal to e */
  rawBidiagonalise(rows: number, columns: number, a: number, d: number, e: number): void;
  /** symmetric A (n x n, no gaps, lower triangle read): its tridiagonal form's diagonal to d, what is below it to e; A becomes Q^T */
  rawTridiagonalise(n: number, a: number, d: number, e: number): void;
  /** plane rotations of the rows i and i + 1 of A (n x n, no gaps), i from last - 1 down to first */
  rawRotateRows(n: number, a: number, first: number, last: number, c: Float64Array, s: Float64Array): void;
}
