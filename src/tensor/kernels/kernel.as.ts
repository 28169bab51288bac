// AssemblyScript: float64 matrix kernels on WebAssembly SIMD. Compiled by build.mjs into wasm.ts.
// Pointers are byte addresses, strides and leading dimensions count doubles, every matrix is row-major.
// The caller owns all memory: `work` is scratch, sized by workLength().
// One file although it is long: one module is compiled of it, and every routine in it is made of blocks of the one packed product.

// A panel of A (MC x KC) stays in the second-level cache, one of B (KC x NC) in the third; tiles are MR x NR registers.
const MR: i32 = 4;
const NR: i32 = 4;
const MC: i32 = 96;
const KC: i32 = 256;
const NC: i32 = 512;
/** below this order a triangle is handled by plain loops and a dense product */
const NB: i32 = 32;

const PACKED_A: i32 = MC * KC;
const PACKED_B: i32 = KC * NC;
const TILE: i32 = MR * NR;
const TRIANGLE: i32 = NB * NB;

/** doubles of scratch needed by any routine on matrices of up to n rows */
export function workLength(n: i32): i32 {
  return PACKED_A + PACKED_B + TILE + TRIANGLE + n * NB;
}

// @ts-ignore: decorator
@inline
function at(base: usize, index: i32): usize {
  return base + (<usize>index << 3);
}

/** rows x k of A into panels of MR rows, k-major inside a panel; short panels are filled with zeros */
function packA(a: usize, rs: i32, cs: i32, rows: i32, k: i32, to: usize): void {
  for (let i = 0; i < rows; i += MR) {
    const live = min(MR, rows - i);
    if (live == MR && rs == 1) {
      let from = at(a, i);
      const step = <usize>cs << 3;
      for (let p = 0; p < k; p++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        from += step;
        to += 32;
      }
    } else if (live == MR) {
      let p0 = at(a, i * rs);
      let p1 = at(p0, rs);
      let p2 = at(p1, rs);
      let p3 = at(p2, rs);
      let p = 0;
      if (cs == 1) {
        // two columns of four rows at a time: transpose 2 x 2 blocks in registers
        for (; p + 2 <= k; p += 2) {
          const r0 = v128.load(p0);
          const r1 = v128.load(p1);
          const r2 = v128.load(p2);
          const r3 = v128.load(p3);
          v128.store(to, v128.shuffle<f64>(r0, r1, 0, 2));
          v128.store(to, v128.shuffle<f64>(r2, r3, 0, 2), 16);
          v128.store(to, v128.shuffle<f64>(r0, r1, 1, 3), 32);
          v128.store(to, v128.shuffle<f64>(r2, r3, 1, 3), 48);
          p0 += 16;
          p1 += 16;
          p2 += 16;
          p3 += 16;
          to += 64;
        }
      }
      const step = <usize>cs << 3;
      for (; p < k; p++) {
        f64.store(to, f64.load(p0));
        f64.store(to, f64.load(p1), 8);
        f64.store(to, f64.load(p2), 16);
        f64.store(to, f64.load(p3), 24);
        p0 += step;
        p1 += step;
        p2 += step;
        p3 += step;
        to += 32;
      }
    } else {
      for (let p = 0; p < k; p++) {
        for (let r = 0; r < MR; r++) {
          f64.store(to, r < live ? f64.load(at(a, (i + r) * rs + p * cs)) : 0);
          to += 8;
        }
      }
    }
  }
}

/** acc (MR x NR, row-major, at `out`) = packed A panel x packed B panel over k */
function tile(k: i32, a: usize, b: usize, out: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = f64x2.splat(0);
  let c10 = f64x2.splat(0);
  let c11 = f64x2.splat(0);
  let c20 = f64x2.splat(0);
  let c21 = f64x2.splat(0);
  let c30 = f64x2.splat(0);
  let c31 = f64x2.splat(0);
  let x: v128, b0: v128, b1: v128;
  let p = k;
  for (; p >= 2; p -= 2) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = v128.load64_splat(a);
    c00 = f64x2.add(c00, f64x2.mul(x, b0));
    c01 = f64x2.add(c01, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(x, b0));
    c11 = f64x2.add(c11, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(x, b0));
    c21 = f64x2.add(c21, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(x, b0));
    c31 = f64x2.add(c31, f64x2.mul(x, b1));
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = v128.load64_splat(a, 32);
    c00 = f64x2.add(c00, f64x2.mul(x, b0));
    c01 = f64x2.add(c01, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 40);
    c10 = f64x2.add(c10, f64x2.mul(x, b0));
    c11 = f64x2.add(c11, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 48);
    c20 = f64x2.add(c20, f64x2.mul(x, b0));
    c21 = f64x2.add(c21, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 56);
    c30 = f64x2.add(c30, f64x2.mul(x, b0));
    c31 = f64x2.add(c31, f64x2.mul(x, b1));
    a += 64;
    b += 64;
  }
  if (p) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = v128.load64_splat(a);
    c00 = f64x2.add(c00, f64x2.mul(x, b0));
    c01 = f64x2.add(c01, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(x, b0));
    c11 = f64x2.add(c11, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(x, b0));
    c21 = f64x2.add(c21, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(x, b0));
    c31 = f64x2.add(c31, f64x2.mul(x, b1));
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
}

/**
 * C (m x n, leading dimension ldc) += alpha A B, with A and B given by row and column strides (so either may be transposed).
 * lower: only tiles that touch the lower triangle (row >= column) are computed; entries above the diagonal are undefined.
 */
export function gemm(
  m: i32, n: i32, k: i32, alpha: f64,
  a: usize, ars: i32, acs: i32,
  b: usize, brs: i32, bcs: i32,
  c: usize, ldc: i32, lower: bool, work: usize,
): void {
  const packedA = work;
  const packedB = at(packedA, PACKED_A);
  const acc = at(packedB, PACKED_B);
  const scale = f64x2.splat(alpha);
  for (let j0 = 0; j0 < n; j0 += NC) {
    const nc = min(NC, n - j0);
    for (let p0 = 0; p0 < k; p0 += KC) {
      const kc = min(KC, k - p0);
      // a panel of B is a panel of A of the transpose
      packA(at(b, p0 * brs + j0 * bcs), bcs, brs, nc, kc, packedB);
      // below the block's first column nothing of the lower triangle begins earlier than row j0
      const first = lower ? j0 / MC * MC : 0;
      for (let i0 = first; i0 < m; i0 += MC) {
        const mc = min(MC, m - i0);
        packA(at(a, i0 * ars + p0 * acs), ars, acs, mc, kc, packedA);
        for (let j = 0; j < nc; j += NR) {
          const nr = min(NR, nc - j);
          for (let i = 0; i < mc; i += MR) {
            const mr = min(MR, mc - i);
            if (lower && i0 + i + mr - 1 < j0 + j) continue;
            tile(kc, at(packedA, i * kc), at(packedB, j * kc), acc);
            let to = at(c, (i0 + i) * ldc + j0 + j);
            if (nr == NR) {
              let from = acc;
              for (let r = 0; r < mr; r++) {
                v128.store(to, f64x2.add(v128.load(to), f64x2.mul(scale, v128.load(from))));
                v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(scale, v128.load(from, 16))), 16);
                to = at(to, ldc);
                from += 32;
              }
            } else {
              for (let r = 0; r < mr; r++) {
                for (let s = 0; s < nr; s++) {
                  const cell = at(to, s);
                  f64.store(cell, f64.load(cell) + alpha * f64.load(at(acc, r * NR + s)));
                }
                to = at(to, ldc);
              }
            }
          }
        }
      }
    }
  }
}

/** the larger multiple of NB that splits n about in half */
// @ts-ignore: decorator
@inline
function half(n: i32): i32 {
  return ((n / 2 + NB - 1) / NB) * NB;
}

/** rows x columns at `from` copied to `to` (leading dimension NB), the source set to zero: what follows accumulates into it */
function lift(rows: i32, columns: i32, from: usize, ld: i32, to: usize): void {
  const bytes = <usize>columns << 3;
  for (let i = 0; i < rows; i++) {
    memory.copy(at(to, i * NB), at(from, i * ld), bytes);
    memory.fill(at(from, i * ld), 0, bytes);
  }
}

/** the lower triangle of t, zero above, to `to` (leading dimension NB) */
function dense(n: i32, t: usize, ld: i32, to: usize): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) f64.store(at(to, i * NB + j), j <= i ? f64.load(at(t, i * ld + j)) : 0);
  }
}

// @ts-ignore: decorator
@inline
function triangleAt(work: usize): usize {
  return at(work, PACKED_A + PACKED_B + TILE);
}
// @ts-ignore: decorator
@inline
function liftedAt(work: usize): usize {
  return at(work, PACKED_A + PACKED_B + TILE + TRIANGLE);
}

/** in place, lower triangle: t := inverse of t, n <= NB */
function invertSmall(n: i32, t: usize, ld: i32): void {
  for (let j = 0; j < n; j++) {
    f64.store(at(t, j * ld + j), 1 / f64.load(at(t, j * ld + j)));
    for (let i = j + 1; i < n; i++) {
      let sum: f64 = 0;
      for (let k = j; k < i; k++) sum += f64.load(at(t, i * ld + k)) * f64.load(at(t, k * ld + j));
      f64.store(at(t, i * ld + j), -sum / f64.load(at(t, i * ld + i)));
    }
  }
}

/** B (m x n) := B L^-T */
function solveRight(m: i32, n: i32, l: usize, ldl: i32, b: usize, ldb: i32, work: usize): void {
  if (m == 0) return;
  if (n <= NB) {
    const t = triangleAt(work);
    const x = liftedAt(work);
    dense(n, l, ldl, t);
    invertSmall(n, t, NB);
    lift(m, n, b, ldb, x);
    gemm(m, n, n, 1, x, NB, 1, t, 1, NB, b, ldb, false, work);
    return;
  }
  const h = half(n);
  solveRight(m, h, l, ldl, b, ldb, work);
  gemm(m, n - h, h, -1, b, ldb, 1, at(l, h * ldl), 1, ldl, at(b, h), ldb, false, work);
  solveRight(m, n - h, at(l, h * ldl + h), ldl, at(b, h), ldb, work);
}

/** B (m x n) := alpha B T, T lower */
function multiplyRight(m: i32, n: i32, alpha: f64, t: usize, ldt: i32, b: usize, ldb: i32, work: usize): void {
  if (m == 0) return;
  if (n <= NB) {
    const d = triangleAt(work);
    const x = liftedAt(work);
    dense(n, t, ldt, d);
    lift(m, n, b, ldb, x);
    gemm(m, n, n, alpha, x, NB, 1, d, NB, 1, b, ldb, false, work);
    return;
  }
  const h = half(n);
  multiplyRight(m, h, alpha, t, ldt, b, ldb, work);
  gemm(m, h, n - h, alpha, at(b, h), ldb, 1, at(t, h * ldt), ldt, 1, b, ldb, false, work);
  multiplyRight(m, n - h, alpha, at(t, h * ldt + h), ldt, at(b, h), ldb, work);
}

/** B (m x n) := T B (or T^T B), T lower, m x m; columns go in strips so that the lifted copy stays m x NB */
function multiplyLeft(m: i32, n: i32, t: usize, ldt: i32, transposed: bool, b: usize, ldb: i32, work: usize): void {
  if (n == 0) return;
  if (m <= NB) {
    const d = triangleAt(work);
    const x = liftedAt(work);
    dense(m, t, ldt, d);
    for (let j = 0; j < n; j += NB) {
      const columns = min(NB, n - j);
      lift(m, columns, at(b, j), ldb, x);
      gemm(m, columns, m, 1, d, transposed ? 1 : NB, transposed ? NB : 1, x, NB, 1, at(b, j), ldb, false, work);
    }
    return;
  }
  const h = half(m);
  const t21 = at(t, h * ldt);
  const t22 = at(t21, h);
  const b2 = at(b, h * ldb);
  if (transposed) {
    multiplyLeft(h, n, t, ldt, true, b, ldb, work);
    gemm(h, n, m - h, 1, t21, 1, ldt, b2, ldb, 1, b, ldb, false, work);
    multiplyLeft(m - h, n, t22, ldt, true, b2, ldb, work);
  } else {
    multiplyLeft(m - h, n, t22, ldt, false, b2, ldb, work);
    gemm(m - h, n, h, 1, t21, ldt, 1, b, ldb, 1, b2, ldb, false, work);
    multiplyLeft(h, n, t, ldt, false, b, ldb, work);
  }
}

/**
 * In place on the lower triangle: A := L with A = L L^T. The upper triangle is left undefined.
 * Returns 0, or the 1-based order of the leading minor that is not positive (NaN counts as such).
 */
export function cholesky(n: i32, a: usize, lda: i32, work: usize): i32 {
  if (n <= NB) {
    for (let j = 0; j < n; j++) {
      const row = at(a, j * lda);
      let pivot = f64.load(at(row, j));
      for (let k = 0; k < j; k++) pivot -= f64.load(at(row, k)) * f64.load(at(row, k));
      if (!(pivot > 0) || pivot == Infinity) return j + 1;
      pivot = sqrt(pivot);
      f64.store(at(row, j), pivot);
      for (let i = j + 1; i < n; i++) {
        const other = at(a, i * lda);
        let sum = f64.load(at(other, j));
        for (let k = 0; k < j; k++) sum -= f64.load(at(other, k)) * f64.load(at(row, k));
        f64.store(at(other, j), sum / pivot);
      }
    }
    return 0;
  }
  const h = half(n);
  const a21 = at(a, h * lda);
  const a22 = at(a21, h);
  let failed = cholesky(h, a, lda, work);
  if (failed) return failed;
  solveRight(n - h, h, a, lda, a21, lda, work);
  gemm(n - h, n - h, h, -1, a21, lda, 1, a21, 1, lda, a22, lda, true, work);
  failed = cholesky(n - h, a22, lda, work);
  return failed ? failed + h : 0;
}

/** In place on the lower triangle: L := L^-1 */
export function invertTriangle(n: i32, l: usize, ld: i32, work: usize): void {
  if (n <= NB) return invertSmall(n, l, ld);
  const h = half(n);
  const l21 = at(l, h * ld);
  const l22 = at(l21, h);
  invertTriangle(h, l, ld, work);
  invertTriangle(n - h, l22, ld, work);
  multiplyRight(n - h, h, -1, l, ld, l21, ld, work);
  multiplyLeft(n - h, h, l22, ld, false, l21, ld, work);
}

/** In place on the lower triangle: T := lower half of T^T T */
function squareTriangle(n: i32, t: usize, ld: i32, work: usize): void {
  if (n <= NB) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum: f64 = 0;
        for (let k = i; k < n; k++) sum += f64.load(at(t, k * ld + i)) * f64.load(at(t, k * ld + j));
        f64.store(at(t, i * ld + j), sum);
      }
    }
    return;
  }
  const h = half(n);
  const t21 = at(t, h * ld);
  const t22 = at(t21, h);
  squareTriangle(h, t, ld, work);
  gemm(h, h, n - h, 1, t21, 1, ld, t21, ld, 1, t, ld, true, work);
  multiplyLeft(n - h, h, t22, ld, true, t21, ld, work);
  squareTriangle(n - h, t22, ld, work);
}

/** the lower triangle copied to the upper one, in blocks that fit the cache */
export function mirror(n: i32, a: usize, lda: i32): void {
  for (let i0 = 0; i0 < n; i0 += NB) {
    for (let j0 = 0; j0 <= i0; j0 += NB) {
      const rows = min(i0 + NB, n);
      for (let i = i0; i < rows; i++) {
        const columns = min(j0 + NB, i);
        for (let j = j0; j < columns; j++) f64.store(at(a, j * lda + i), f64.load(at(a, i * lda + j)));
      }
    }
  }
}

/** A symmetric positive definite (lower triangle read) := its inverse, both triangles. Returns what cholesky returns. */
export function invert(n: i32, a: usize, lda: i32, work: usize): i32 {
  const failed = cholesky(n, a, lda, work);
  if (failed) return failed;
  invertTriangle(n, a, lda, work);
  squareTriangle(n, a, lda, work);
  mirror(n, a, lda);
  return 0;
}

// @ts-ignore: decorator
@inline
function horizontal(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** x . y */
function dot(n: i32, x: usize, y: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(x), v128.load(y)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(x, 16), v128.load(y, 16)));
    s2 = f64x2.add(s2, f64x2.mul(v128.load(x, 32), v128.load(y, 32)));
    s3 = f64x2.add(s3, f64x2.mul(v128.load(x, 48), v128.load(y, 48)));
    x += 64;
    y += 64;
  }
  let sum = horizontal(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
  for (; i < n; i++) {
    sum += f64.load(x) * f64.load(y);
    x += 8;
    y += 8;
  }
  return sum;
}

/** y += alpha x */
function axpy(n: i32, alpha: f64, x: usize, y: usize): void {
  const scale = f64x2.splat(alpha);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(y, f64x2.add(v128.load(y), f64x2.mul(scale, v128.load(x))));
    v128.store(y, f64x2.add(v128.load(y, 16), f64x2.mul(scale, v128.load(x, 16))), 16);
    x += 32;
    y += 32;
  }
  for (; i < n; i++) {
    f64.store(y, f64.load(y) + alpha * f64.load(x));
    x += 8;
    y += 8;
  }
}

/** doubles of a row that are taken at a time where rows are long: four rows of them stay in the first-level cache */
const CHUNK: i32 = 1024;

/** C (m x n, leading dimension ldc) := A B^T of few and long rows, A m x k and B n x k: each row of B is read once */
export function longProduct(
  m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32, c: usize, ldc: i32,
): void {
  for (let i = 0; i < m; i++) memory.fill(at(c, i * ldc), 0, <usize>n << 3);
  for (let p = 0; p < k; p += CHUNK) {
    const kc = min(CHUNK, k - p);
    for (let j = 0; j < n; j++) {
      const y = at(b, j * ldb + p);
      for (let i = 0; i < m; i++) {
        const cell = at(c, i * ldc + j);
        f64.store(cell, f64.load(cell) + dot(kc, at(a, i * lda + p), y));
      }
    }
  }
}

/** the lower triangle of A (n x n) copied to the upper one, column j of the whole then times scale_j */
export function mirrorScaled(n: i32, a: usize, lda: i32, scale: usize): void {
  for (let i0 = 0; i0 < n; i0 += NB) {
    for (let j0 = 0; j0 <= i0; j0 += NB) {
      const rows = min(i0 + NB, n);
      for (let i = i0; i < rows; i++) {
        const own = f64.load(at(scale, i));
        const columns = min(j0 + NB, i + 1);
        for (let j = j0; j < columns; j++) {
          const x = f64.load(at(a, i * lda + j));
          f64.store(at(a, j * lda + i), x * own);
          f64.store(at(a, i * lda + j), x * f64.load(at(scale, j)));
        }
      }
    }
  }
}

/**
 * Upper bidiagonal form of A (rows x columns, rows >= columns, row-major without gaps) by Householder reflections: the diagonal to d, what is
 * above it to e (columns - 1). A is overwritten; work holds rows + 2 columns doubles.
 */
export function bidiagonalise(rows: i32, columns: i32, a: usize, d: usize, e: usize, work: usize): void {
  const w = work;
  const u = at(w, columns);
  const v = at(u, columns);
  for (let k = 0; k < columns; k++) {
    const rest = columns - k - 1;
    const corner = at(a, k * columns + k);
    // column reflection I - tau v v^T
    let square: f64 = 0;
    for (let i = k; i < rows; i++) {
      const x = f64.load(at(a, i * columns + k));
      f64.store(at(v, i), x);
      square += x * x;
    }
    let norm = sqrt(square);
    let tau: f64 = 0;
    let head = f64.load(corner);
    f64.store(at(d, k), head > 0 ? -norm : norm);
    if (norm > 0) {
      tau = 1 / (norm * (norm + abs(head)));
      f64.store(at(v, k), head > 0 ? head + norm : head - norm);
    }
    if (rest == 0) continue;
    memory.fill(w, 0, <usize>rest << 3);
    for (let i = k; i < rows; i++) axpy(rest, f64.load(at(v, i)), at(a, i * columns + k + 1), w);
    axpy(rest, -tau * f64.load(at(v, k)), w, at(corner, 1));
    // row reflection I - sigma u u^T
    const head2 = f64.load(at(corner, 1));
    norm = sqrt(dot(rest, at(corner, 1), at(corner, 1)));
    f64.store(at(e, k), head2 > 0 ? -norm : norm);
    let sigma: f64 = 0;
    if (norm > 0) {
      sigma = 1 / (norm * (norm + abs(head2)));
      memory.copy(u, at(corner, 1), <usize>rest << 3);
      f64.store(u, head2 > 0 ? head2 + norm : head2 - norm);
    }
    for (let i = k + 1; i < rows; i++) {
      const row = at(a, i * columns + k + 1);
      axpy(rest, -tau * f64.load(at(v, i)), w, row);
      if (sigma > 0) axpy(rest, -sigma * dot(rest, row, u), u, row);
    }
  }
}

/**
 * Householder tridiagonal form of a symmetric A (n x n, no gaps, lower triangle read): A = Q T Q^T, the diagonal of T to d, what is below it to e
 * (n - 1 entries), Q^T into A. work holds 2 n doubles.
 */
export function tridiagonalise(n: i32, a: usize, d: usize, e: usize, work: usize): void {
  const p = work;
  const taus = at(work, n);
  for (let i = n - 1; i > 0; i--) {
    const v = at(a, i * n);
    // reflection I - tau v v^T of row i left of the diagonal onto its last entry
    const last = at(v, i - 1);
    const head = f64.load(last);
    const norm = sqrt(dot(i, v, v));
    f64.store(at(e, i - 1), head > 0 ? -norm : norm);
    f64.store(at(d, i), f64.load(at(v, i)));
    let tau: f64 = 0;
    if (norm > 0) {
      tau = 1 / (norm * (norm + abs(head)));
      f64.store(last, head > 0 ? head + norm : head - norm);
      // p = tau A v from the lower triangle
      memory.fill(p, 0, <usize>i << 3);
      for (let j = 0; j < i; j++) {
        const row = at(a, j * n);
        const x = f64.load(at(v, j));
        axpy(j, x, row, p);
        f64.store(at(p, j), f64.load(at(p, j)) + dot(j + 1, row, v));
      }
      for (let j = 0; j < i; j++) f64.store(at(p, j), tau * f64.load(at(p, j)));
      // A := A - v q^T - q v^T
      axpy(i, -tau / 2 * dot(i, v, p), v, p);
      for (let j = 0; j < i; j++) {
        const row = at(a, j * n);
        axpy(j + 1, -f64.load(at(v, j)), p, row);
        axpy(j + 1, -f64.load(at(p, j)), v, row);
      }
    }
    f64.store(at(taus, i), tau);
  }
  f64.store(d, f64.load(a));
  // Q^T = H_1 H_2 ... , in place: rows above i hold the product so far, row i the next reflection
  f64.store(a, 1);
  for (let i = 1; i < n; i++) {
    const v = at(a, i * n);
    const tau = f64.load(at(taus, i));
    for (let r = 0; r < i; r++) {
      const row = at(a, r * n);
      if (tau > 0) axpy(i, -tau * dot(i, row, v), v, row);
      f64.store(at(row, i), 0);
    }
    memory.fill(v, 0, <usize>i << 3);
    f64.store(at(v, i), 1);
  }
}

/**
 * One sweep of plane rotations on neighbouring rows of A (leading dimension n), the last pair first: for i from `last` - 1 down to `first`,
 * (row i, row i + 1) := (c_i row i - s_i row i + 1, s_i row i + c_i row i + 1).
 */
export function rotateRows(n: i32, a: usize, first: i32, last: i32, c: usize, s: usize): void {
  for (let i = last - 1; i >= first; i--) {
    const ci = f64.load(at(c, i));
    const si = f64.load(at(s, i));
    const cc = f64x2.splat(ci);
    const ss = f64x2.splat(si);
    let x = at(a, i * n);
    let y = at(x, n);
    let k = 0;
    for (; k + 4 <= n; k += 4) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      const y0 = v128.load(y);
      const y1 = v128.load(y, 16);
      v128.store(x, f64x2.sub(f64x2.mul(cc, x0), f64x2.mul(ss, y0)));
      v128.store(x, f64x2.sub(f64x2.mul(cc, x1), f64x2.mul(ss, y1)), 16);
      v128.store(y, f64x2.add(f64x2.mul(ss, x0), f64x2.mul(cc, y0)));
      v128.store(y, f64x2.add(f64x2.mul(ss, x1), f64x2.mul(cc, y1)), 16);
      x += 32;
      y += 32;
    }
    for (; k < n; k++) {
      const u = f64.load(x);
      const w = f64.load(y);
      f64.store(x, ci * u - si * w);
      f64.store(y, si * u + ci * w);
      x += 8;
      y += 8;
    }
  }
}
