/**
 * Large products and inverses by OpenBLAS, where the optional package koffi and the library are installed; the rest by our own kernel, in whose memory the matrices lie. One thread: several workers
 * call it side by side.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { kernelModule, SimdHeap } from './simd.js';

interface Blas {
  readonly name: string;
  dgemm(
    layout: number,
    transA: number,
    transB: number,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: Float64Array,
    lda: number,
    b: Float64Array,
    ldb: number,
    beta: number,
    c: Float64Array,
    ldc: number,
  ): void;
  /** Fortran: the triangle by its name in column-major order, which of a row-major matrix is the other one */
  dpotrf(uplo: string, n: Int32Array, a: Float64Array, lda: Int32Array, info: Int32Array): void;
  dpotri(uplo: string, n: Int32Array, a: Float64Array, lda: Int32Array, info: Int32Array): void;
}

interface Koffi {
  load(path: string): { func(prototype: string): (...args: never[]) => unknown };
}

const ROW_MAJOR = 101;
const PLAIN = 111;
const TRANSPOSED = 112;
/** rows of a triangle computed at a time: of what lies above the diagonal little more than half such a block is computed in vain */
const BLOCK = 192;
/** operations below which a call costs more than it saves */
const SMALL = 64 ** 3;

/** Where the library is looked for: `CONGRUITY_BLAS` names another, or is `off`. */
const LIBRARIES = ['libopenblas.so.0', 'libopenblas.dylib', 'libopenblas.dll'];

/** Beside this package, or beside the program that uses it. */
function koffiHere(): Koffi | undefined {
  for (const from of [import.meta.url, join(process.cwd(), 'index.js')])
    try {
      return createRequire(from)('koffi') as Koffi;
    } catch {
      // not there, or not for this system
    }
  return undefined;
}

function open(): Blas | undefined {
  const asked = process.env.CONGRUITY_BLAS;
  if (asked === 'off') return undefined;
  const koffi = koffiHere();
  if (!koffi) return undefined;
  for (const path of asked ? [asked] : LIBRARIES)
    try {
      const library = koffi.load(path);
      const config = (library.func('const char *openblas_get_config()') as () => string)().trim();
      (library.func('void openblas_set_num_threads(int n)') as (n: number) => void)(1);
      return {
        // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Cooperlake MAX_THREADS=64"
        name: config.replace(/ (NO_|USE|DYNAMIC_ARCH|MAX_THREADS|SINGLE_THREADED)\S*/g, ''),
        dgemm: library.func(
          'void cblas_dgemm(int layout, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc)',
        ) as Blas['dgemm'],
        dpotrf: library.func(
          'void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info)',
        ) as Blas['dpotrf'],
        dpotri: library.func(
          'void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info)',
        ) as Blas['dpotri'],
      };
    } catch {
      // it is not here, or not what it is called
    }
  return undefined;
}

let found: { readonly blas: Blas | undefined } | undefined;
const blasHere = (): Blas | undefined => (found ??= { blas: open() }).blas;

/** What large products are computed with, where it is not our own kernel: reports name it. */
export const accelerator = (): string | undefined => blasHere()?.name;

type GemmArguments = Parameters<SimdHeap['rawGemm']>;

export class BlasHeap extends SimdHeap {
  override readonly name = 'openblas';

  private constructor(
    module: object,
    private readonly blas: Blas,
  ) {
    super(module);
  }

  /** A new heap, or undefined where OpenBLAS or WebAssembly SIMD is missing. */
  static override create(): BlasHeap | undefined {
    const [blas, module] = [blasHere(), kernelModule()];
    return blas && module ? new BlasHeap(module, blas) : undefined;
  }

  override rawGemm(...[m, n, k, alpha, a, ars, acs, b, brs, bcs, c, ldc, lower]: GemmArguments): void {
    if (m * n * k < SMALL || (ars !== 1 && acs !== 1) || (brs !== 1 && bcs !== 1)) {
      super.rawGemm(m, n, k, alpha, a, ars, acs, b, brs, bcs, c, ldc, lower);
      return;
    }
    const x = this.doubles();
    const [ta, lda] = acs === 1 ? [PLAIN, ars] : [TRANSPOSED, acs];
    const [tb, ldb] = bcs === 1 ? [PLAIN, brs] : [TRANSPOSED, bcs];
    const right = x.subarray(b);
    for (let i = 0; i < m; i += lower ? BLOCK : m) {
      const rows = lower ? Math.min(BLOCK, m - i) : m;
      const columns = lower ? Math.min(n, i + rows) : n;
      this.blas.dgemm(
        ROW_MAJOR,
        ta,
        tb,
        rows,
        columns,
        k,
        alpha,
        x.subarray(a + i * ars),
        Math.max(1, lda),
        right,
        Math.max(1, ldb),
        1,
        x.subarray(c + i * ldc),
        ldc,
      );
    }
  }

  override rawCholesky(n: number, a: number, lda: number): number {
    const info = Int32Array.of(0);
    const x = this.doubles().subarray(a);
    this.blas.dpotrf('U', Int32Array.of(n), x, Int32Array.of(lda), info);
    return info[0]! || unfit(x, n, lda);
  }

  override rawInvert(n: number, a: number, lda: number): number {
    const failed = this.rawCholesky(n, a, lda);
    if (failed) return failed;
    const info = Int32Array.of(0);
    const x = this.doubles().subarray(a);
    this.blas.dpotri('U', Int32Array.of(n), x, Int32Array.of(lda), info);
    if (info[0]) return info[0];
    this.rawMirror(n, a, lda);
    return 0;
  }
}

/** The first pivot, from 1, that no positive definite matrix has: OpenBLAS goes on with NaN. */
function unfit(x: Float64Array, n: number, lda: number): number {
  for (let i = 0; i < n; i++) {
    const pivot = x[i * (lda + 1)]!;
    if (!(pivot > 0 && pivot < Infinity)) return i + 1;
  }
  return 0;
}
