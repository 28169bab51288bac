/** Factorisations of small matrices, row-major float64. */
import { NumericalError } from '../errors.js';
import type { Block, Kernel } from './kernels.js';

// taken once: a look-up of a global is slow inside Jest's sandbox
const { abs, max, min, sqrt } = Math;

export interface Factor {
  /** columns of the factor */
  readonly rank: number;
  /** F, n x rank, with F F^T equal to the matrix up to rounding */
  readonly data: Float64Array;
}

/**
 * Cholesky with diagonal pivoting of a symmetric positive semidefinite matrix. Stops where the largest remaining diagonal entry
 * is at most n eps times the largest of the matrix: what is left is rounding.
 */
export function pivotedCholesky(matrix: Float64Array, n: number): Factor {
  const diagonal = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!);
  const tolerance = n * Number.EPSILON * diagonal.reduce((a, b) => max(a, b), 0);
  const columns: Float64Array[] = [];
  const used = new Uint8Array(n);
  while (columns.length < n) {
    let pivot = -1;
    for (let i = 0; i < n; i++) if (!used[i] && (pivot < 0 || diagonal[i]! > diagonal[pivot]!)) pivot = i;
    if (!(diagonal[pivot]! > tolerance)) break;
    used[pivot] = 1;
    const root = sqrt(diagonal[pivot]!);
    const column = new Float64Array(n);
    for (let i = 0; i < n; i++) if (!used[i]) column[i] = matrix[i * n + pivot]!;
    for (const earlier of columns) {
      const x = earlier[pivot]!;
      for (let i = 0; i < n; i++) if (!used[i]) column[i] = column[i]! - x * earlier[i]!;
    }
    for (let i = 0; i < n; i++) {
      if (used[i]) continue;
      column[i] = column[i]! / root;
      diagonal[i] = diagonal[i]! - column[i]! * column[i]!;
    }
    column[pivot] = root;
    columns.push(column);
  }
  const rank = columns.length;
  const data = new Float64Array(n * rank);
  columns.forEach((column, k) => {
    for (let i = 0; i < n; i++) data[i * rank + k] = column[i]!;
  });
  return { rank, data };
}

const SWEEPS = 60;

/**
 * Eigenvalues of a symmetric tridiagonal matrix by implicit QL with Wilkinson's shift, in no order.
 * @param d diagonal, overwritten by the eigenvalues
 * @param off off-diagonal, one entry longer than needed, overwritten
 * @param rotate given each sweep's plane rotations of neighbours (i, i + 1), i from last - 1 down to first, that bring it to diagonal form
 */
function tridiagonalEigenvalues(
  d: Float64Array,
  off: Float64Array,
  rotate: (first: number, last: number, c: Float64Array, s: Float64Array) => void,
): void {
  const n = d.length;
  const cosines = new Float64Array(n);
  const sines = new Float64Array(n);
  let scale = 0;
  for (let i = 0; i < n; i++) scale = max(scale, abs(d[i]!) + abs(off[i]!));
  // relative to the whole matrix: the diagonal is zero at the start, a test against neighbours would never end
  const small = Number.EPSILON * scale;
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m < n - 1 && abs(off[m]!) > small) m++;
      if (m === l) break;
      if (sweep === SWEEPS) throw new NumericalError({ what: `Eigenvalues did not converge in ${SWEEPS} sweeps.` });
      let g = (d[l + 1]! - d[l]!) / (2 * off[l]!);
      let r = sqrt(g * g + 1);
      g = d[m]! - d[l]! + off[l]! / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * off[i]!;
        const b = c * off[i]!;
        r = sqrt(f * f + g * g);
        off[i + 1] = r;
        if (r === 0) {
          d[i + 1] = d[i + 1]! - p;
          off[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        cosines[i] = c;
        sines[i] = s;
        g = d[i + 1]! - p;
        r = (d[i]! - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
      }
      rotate(i + 1, m, cosines, sines);
      if (r === 0 && i >= l) continue;
      d[l] = d[l]! - p;
      off[l] = g;
      off[m] = 0;
    }
  }
}

export interface Eigen {
  /** descending */
  readonly values: Float64Array;
  /** order x order, row-major: row i is the eigenvector, of norm one, of values[i] */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix (row-major at the start of a block of the kernel's, lower triangle read, overwritten), to
 * within a few eps of the largest. Householder's tridiagonal form, then implicit QL: about 9 n^3 operations.
 * Our own because no npm package was found that is fast enough: ml-matrix takes ten times as long at n = 400 (lab/benchmarks.md).
 * @throws NumericalError where a value is not finite
 */
export function symmetricEigen(kernel: Kernel, n: number, a: Block): Eigen {
  const { d, e } = kernel.tridiagonalise(n, a);
  if (![...d, ...e].every(Number.isFinite))
    throw new NumericalError({ what: `A matrix of order ${n} has no eigenvalues: it is not finite.` });
  const off = new Float64Array(n);
  off.set(e);
  tridiagonalEigenvalues(d, off, kernel.rowRotation(n, a));
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => d[j]! - d[i]!);
  const rows = a.view;
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(rows.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (i) => d[i]!), vectors };
}

/**
 * Singular values of an upper bidiagonal matrix by implicit QR with Wilkinson's shift (Golub and Reinsch 1970), in no order, of either sign.
 * @param d diagonal, overwritten by the values
 * @param e above it, overwritten; as long as d
 */
function bidiagonalValues(d: Float64Array, e: Float64Array): void {
  let scale = 0;
  for (let i = 0; i < d.length; i++) scale = max(scale, abs(d[i]!) + abs(e[i]!));
  // relative to the whole matrix, as for eigenvalues
  const small = Number.EPSILON * scale;
  let sweeps = 0;
  for (let last = d.length - 1; last > 0;) {
    if (abs(e[last - 1]!) <= small) {
      last--;
      sweeps = 0;
      continue;
    }
    if (sweeps++ === SWEEPS)
      throw new NumericalError({ what: `Singular values did not converge in ${SWEEPS} sweeps.` });
    let first = last - 1;
    while (first > 0 && abs(e[first - 1]!) > small) first--;
    let singular = false;
    for (let k = first; k <= last; k++) singular ||= abs(d[k]!) <= small;
    let f = d[first]!;
    let g = e[first]!;
    // of a singular matrix the shift 0 finds the value 0 in one sweep
    if (!singular) {
      const [p, q, r] = [d[last]!, d[last - 1]!, e[last - 1]!];
      const b = ((q + p) * (q - p) + r * r) / 2;
      const c = p * r * (p * r);
      const root = sqrt(b * b + c);
      const shift = b === 0 && c === 0 ? 0 : c / (b + (b < 0 ? -root : root));
      g *= f;
      f = (f + p) * (f - p) + shift;
    }
    for (let k = first; k < last; k++) {
      let r = sqrt(f * f + g * g);
      let c = r === 0 ? 1 : f / r;
      let s = r === 0 ? 0 : g / r;
      if (k > first) e[k - 1] = r;
      f = c * d[k]! + s * e[k]!;
      e[k] = c * e[k]! - s * d[k]!;
      g = s * d[k + 1]!;
      d[k + 1] = c * d[k + 1]!;
      r = sqrt(f * f + g * g);
      c = r === 0 ? 1 : f / r;
      s = r === 0 ? 0 : g / r;
      d[k] = r;
      f = c * e[k]! + s * d[k + 1]!;
      d[k + 1] = c * d[k + 1]! - s * e[k]!;
      g = s * e[k + 1]!;
      e[k + 1] = c * e[k + 1]!;
    }
    e[last - 1] = f;
  }
}

/**
 * Singular values of a rows x columns matrix (row-major, at the start of a block of the kernel's), descending, each to within a few eps of the
 * largest. The block is overwritten. They come from the bidiagonal form itself, so that small ones do not suffer from squaring.
 */
export function singularValues(kernel: Kernel, rows: number, columns: number, a: Block): Float64Array {
  const order = min(rows, columns);
  if (order === 0) return new Float64Array(0);
  const { d, e } = kernel.scope(() => {
    if (rows >= columns) return kernel.bidiagonalise(rows, columns, a);
    const turned = kernel.alloc(rows * columns);
    const [from, to] = [a.view, turned.view];
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) to[j * rows + i] = from[i * columns + j]!;
    return kernel.bidiagonalise(columns, rows, turned);
  });
  const above = new Float64Array(order);
  above.set(e);
  bidiagonalValues(d, above);
  return d.map(abs).sort().reverse();
}
