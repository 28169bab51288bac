/** The kernels in plain JavaScript: what runs where WebAssembly SIMD is missing, and what the tests compare it with. */
import { Heap } from './heap.js';
import type { Routines } from './routines.js';

export class JsHeap extends Heap implements Routines {
  readonly name = 'js';
  #doubles = new Float64Array(0);

  protected doubles(): Float64Array {
    return this.#doubles;
  }

  protected grow(length: number): void {
    const grown = new Float64Array(Math.max(length, Math.ceil(this.#doubles.length * 1.5)));
    grown.set(this.#doubles);
    this.#doubles = grown;
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
    const x = this.#doubles;
    for (let i = 0; i < m; i++) {
      const columns = lower ? Math.min(n, i + 1) : n;
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        let p = a + i * ars;
        let q = b + j * bcs;
        for (let l = 0; l < k; l++) {
          sum += x[p]! * x[q]!;
          p += acs;
          q += brs;
        }
        const to = c + i * ldc + j;
        x[to] = x[to]! + alpha * sum;
      }
    }
  }

  rawCholesky(n: number, a: number, lda: number): number {
    const x = this.#doubles;
    for (let j = 0; j < n; j++) {
      const row = a + j * lda;
      let pivot = x[row + j]!;
      for (let k = 0; k < j; k++) pivot -= x[row + k]! ** 2;
      if (!(pivot > 0) || pivot === Infinity) return j + 1;
      pivot = Math.sqrt(pivot);
      x[row + j] = pivot;
      for (let i = j + 1; i < n; i++) {
        const other = a + i * lda;
        let sum = x[other + j]!;
        for (let k = 0; k < j; k++) sum -= x[other + k]! * x[row + k]!;
        x[other + j] = sum / pivot;
      }
    }
    return 0;
  }

  rawInvert(n: number, a: number, lda: number): number {
    const failed = this.rawCholesky(n, a, lda);
    if (failed) return failed;
    const x = this.#doubles;
    // L := L^-1
    for (let j = 0; j < n; j++) {
      x[a + j * lda + j] = 1 / x[a + j * lda + j]!;
      for (let i = j + 1; i < n; i++) {
        let sum = 0;
        for (let k = j; k < i; k++) sum += x[a + i * lda + k]! * x[a + k * lda + j]!;
        x[a + i * lda + j] = -sum / x[a + i * lda + i]!;
      }
    }
    // lower half of L^-T L^-1, then the upper half
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = i; k < n; k++) sum += x[a + k * lda + i]! * x[a + k * lda + j]!;
        x[a + i * lda + j] = sum;
      }
    }
    this.rawMirror(n, a, lda);
    return 0;
  }

  rawMirror(n: number, a: number, lda: number): void {
    const x = this.#doubles;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) x[a + j * lda + i] = x[a + i * lda + j]!;
  }

  rawMirrorScaled(n: number, a: number, lda: number, scale: number): void {
    const x = this.#doubles;
    this.rawMirror(n, a, lda);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) x[a + i * lda + j] = x[a + i * lda + j]! * x[scale + j]!;
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
    const x = this.#doubles;
    for (let i = 0; i < m; i++) x.fill(0, c + i * ldc, c + i * ldc + n);
    this.rawGemm(m, n, k, 1, a, lda, 1, b, 1, ldb, c, ldc, false);
  }

  rawBidiagonalise(rows: number, columns: number, a: number, d: number, e: number): void {
    const x = this.#doubles;
    const at = (i: number, j: number): number => a + i * columns + j;
    /** applies I - tau v v^T, where v is (head, entries at `cells`) made to turn cells into (beta, 0, ...); returns beta */
    const reflect = (cells: number[], lines: number, cell: (line: number, k: number) => number): number => {
      const norm = Math.sqrt(cells.reduce((sum, k) => sum + x[k]! ** 2, 0));
      if (norm === 0) return 0;
      const head = x[cells[0]!]!;
      const beta = head > 0 ? -norm : norm;
      const v = cells.map((k, index) => (index === 0 ? head - beta : x[k]!));
      const tau = 1 / (norm * (norm + Math.abs(head)));
      for (let line = 0; line < lines; line++) {
        let dot = 0;
        for (let k = 0; k < v.length; k++) dot += v[k]! * x[cell(line, k)]!;
        dot *= tau;
        for (let k = 0; k < v.length; k++) x[cell(line, k)] = x[cell(line, k)]! - dot * v[k]!;
      }
      return beta;
    };
    for (let k = 0; k < columns; k++) {
      const rest = columns - k - 1;
      const column = Array.from({ length: rows - k }, (_, i) => at(k + i, k));
      x[d + k] = reflect(column, rest, (line, i) => at(k + i, k + 1 + line));
      if (rest === 0) continue;
      const row = Array.from({ length: rest }, (_, j) => at(k, k + 1 + j));
      x[e + k] = reflect(row, rows - k - 1, (line, j) => at(k + 1 + line, k + 1 + j));
    }
  }

  rawTridiagonalise(n: number, a: number, d: number, e: number): void {
    const x = this.#doubles;
    const { abs, sqrt } = Math;
    const p = new Float64Array(n);
    const taus = new Float64Array(n);
    for (let i = n - 1; i > 0; i--) {
      const v = a + i * n;
      const head = x[v + i - 1]!;
      let square = 0;
      for (let k = 0; k < i; k++) square += x[v + k]! ** 2;
      const norm = sqrt(square);
      x[e + i - 1] = head > 0 ? -norm : norm;
      x[d + i] = x[v + i]!;
      if (norm === 0) continue;
      const tau = 1 / (norm * (norm + abs(head)));
      taus[i] = tau;
      x[v + i - 1] = head > 0 ? head + norm : head - norm;
      // p = tau A v, from the lower triangle
      p.fill(0);
      for (let j = 0; j < i; j++) {
        const row = a + j * n;
        const vj = x[v + j]!;
        let sum = x[row + j]! * vj;
        for (let k = 0; k < j; k++) {
          p[k] = p[k]! + vj * x[row + k]!;
          sum += x[row + k]! * x[v + k]!;
        }
        p[j] = p[j]! + sum;
      }
      let inner = 0;
      for (let j = 0; j < i; j++) {
        p[j] = tau * p[j]!;
        inner += p[j]! * x[v + j]!;
      }
      for (let j = 0; j < i; j++) p[j] = p[j]! - ((tau * inner) / 2) * x[v + j]!;
      for (let j = 0; j < i; j++) {
        const row = a + j * n;
        const [vj, pj] = [x[v + j]!, p[j]!];
        for (let k = 0; k <= j; k++) x[row + k] = x[row + k]! - vj * p[k]! - pj * x[v + k]!;
      }
    }
    x[d] = x[a]!;
    x[a] = 1;
    for (let i = 1; i < n; i++) {
      const v = a + i * n;
      for (let r = 0; r < i; r++) {
        const row = a + r * n;
        let inner = 0;
        for (let k = 0; k < i; k++) inner += x[row + k]! * x[v + k]!;
        inner *= taus[i]!;
        for (let k = 0; k < i; k++) x[row + k] = x[row + k]! - inner * x[v + k]!;
        x[row + i] = 0;
      }
      x.fill(0, v, v + i);
      x[v + i] = 1;
    }
  }

  rawRotateRows(n: number, a: number, first: number, last: number, c: Float64Array, s: Float64Array): void {
    const x = this.#doubles;
    for (let i = last - 1; i >= first; i--) {
      const row = a + i * n;
      const [ci, si] = [c[i]!, s[i]!];
      for (let k = row; k < row + n; k++) {
        const [u, w] = [x[k]!, x[k + n]!];
        x[k] = ci * u - si * w;
        x[k + n] = si * u + ci * w;
      }
    }
  }
}
