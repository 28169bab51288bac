/** inf over |A|_op <= 1 of |A X - Y|_F, from above and from below. */
import { matrix, transpose, type Block, type Kernel } from '../tensor/kernels.js';
import { symmetricEigen } from '../tensor/linalg.js';

/** step of the augmented Lagrangian beside the mean eigenvalue of X X^T, and over-relaxation: chosen by the steps needed on made-up Grams of several kinds */
const RHO = 0.4;
const RELAX = 1.7;

/**
 * In the coordinates in which X X^T = diag(lambda), with C = Y X^T (r2 x r1), the problem is
 *
 *     minimise |Y|^2 - 2 <A, C> + <A diag(lambda), A>   over |A|_op <= 1,
 *
 * convex, solved by ADMM: the quadratic without the constraint has a closed form for each entry, and the nearest contraction to G comes from the
 * eigenvectors of G^T G with eigenvalue above 1. Every A met is a contraction, so its value is an upper limit. From below, Lagrange's dual: for every Z >= 0,
 *
 *     |Y|^2 - < C^T C, (diag(lambda) + Z)^-1 > - tr Z   is no more than the minimum,
 *
 * and what the projection cut off, times rho, is such a Z.
 */
export class ContractionSolver {
  /** of the distance, not squared */
  upper: number;
  lower = 0;
  readonly #kernel: Kernel;
  readonly #lambda: Float64Array;
  readonly #c: Float64Array;
  readonly #r1: number;
  readonly #r2: number;
  readonly #yy: number;
  readonly #rho: number;
  /** C^T C */
  readonly #d: Float64Array;
  /** the contraction, and the scaled multiplier */
  readonly #b: Float64Array;
  readonly #u: Float64Array;

  constructor(kernel: Kernel, lambda: Float64Array, mu: Float64Array, c: Float64Array) {
    this.#kernel = kernel;
    this.#lambda = lambda;
    this.#c = c;
    const [r1, r2] = [lambda.length, mu.length];
    this.#r1 = r1;
    this.#r2 = r2;
    this.#yy = mu.reduce((a, b) => a + b, 0);
    this.#rho = (RHO * lambda.reduce((a, b) => a + b, 0)) / r1;
    this.#b = new Float64Array(r1 * r2);
    this.#u = new Float64Array(r1 * r2);
    // A = 0
    this.upper = Math.sqrt(this.#yy);
    this.#d = kernel.scope(() => {
      const block = this.#copied(c);
      const square = this.#squared(block);
      const d = square.view.slice();
      // the rotation of Procrustes: C (C^T C)^-1/2
      const { values, vectors } = symmetricEigen(kernel, r1, square);
      const rank = values.filter((x) => x > r1 * Number.EPSILON * values[0]!).length;
      this.#project(block, vectors, rank, (i) => -1 / Math.sqrt(values[i]!), this.#b);
      for (let at = 0; at < this.#b.length; at++) this.#b[at] = -this.#b[at]!;
      return d;
    });
    // rounding can leave the rotation a little longer than 1
    for (let at = 0; at < this.#b.length; at++) this.#b[at] = this.#b[at]! * (1 - 1e-13);
    this.#take();
    // and the same rotation shrunk, which is the sine of the Procrustes angle between unit norms
    const nuclear = this.#b.reduce((sum, x, at) => sum + x * c[at]!, 0);
    const share = Math.min(1, nuclear / lambda.reduce((sum, x) => sum + x, 0));
    const shrunk = this.#yy - 2 * share * nuclear + share * share * lambda.reduce((sum, x) => sum + x, 0);
    this.upper = Math.min(this.upper, Math.sqrt(Math.max(0, shrunk)));
  }

  step(): void {
    const { sqrt } = Math;
    const kernel = this.#kernel;
    const [r1, r2, rho] = [this.#r1, this.#r2, this.#rho];
    const [b, u, c, lambda] = [this.#b, this.#u, this.#c, this.#lambda];
    kernel.scope(() => {
      const g = kernel.alloc(r1 * r2);
      const { view } = g;
      for (let i = 0, at = 0; i < r2; i++) {
        for (let j = 0; j < r1; j++, at++) {
          const a = (c[at]! + rho * (b[at]! - u[at]!)) / (lambda[j]! + rho);
          view[at] = RELAX * a + (1 - RELAX) * b[at]! + u[at]!;
        }
      }
      const { values, vectors } = symmetricEigen(kernel, r1, this.#squared(g));
      let k = 0;
      while (k < r1 && values[k]! > 1) k++;
      // what is cut off is the new multiplier
      this.#project(g, vectors, k, (i) => 1 - 1 / sqrt(values[i]!), u);
      const whole = g.view;
      for (let at = 0; at < b.length; at++) b[at] = whole[at]! - u[at]!;
      this.#take();
      this.#bound(vectors, values, k);
    });
  }

  /** to := G V_k diag(weight) V_k^T */
  #project(g: Block, vectors: Float64Array, k: number, weight: (i: number) => number, to: Float64Array): void {
    const kernel = this.#kernel;
    const [r1, r2] = [this.#r1, this.#r2];
    if (k === 0) {
      to.fill(0);
      return;
    }
    kernel.scope(() => {
      const v = kernel.alloc(k * r1);
      const gv = kernel.alloc(r2 * k);
      const out = kernel.alloc(r2 * r1);
      v.view.set(vectors.subarray(0, k * r1));
      kernel.product(r2, k, r1, 1, matrix(g, r1), transpose(matrix(v, r1)), matrix(gv, k));
      const cells = gv.view;
      const weights = Float64Array.from({ length: k }, (_, i) => weight(i));
      for (let i = 0, at = 0; i < r2; i++) for (let j = 0; j < k; j++, at++) cells[at] = cells[at]! * weights[j]!;
      kernel.product(r2, r1, k, 1, matrix(gv, k), matrix(v, r1), matrix(out, r1));
      to.set(out.view);
    });
  }

  /** the value at B */
  #take(): void {
    const [b, c, lambda] = [this.#b, this.#c, this.#lambda];
    let value = this.#yy;
    for (let i = 0, at = 0; i < this.#r2; i++)
      for (let j = 0; j < this.#r1; j++, at++) value += b[at]! * (lambda[j]! * b[at]! - 2 * c[at]!);
    this.upper = Math.min(this.upper, Math.sqrt(Math.max(0, value)));
  }

  /** the dual's value at Z = rho V_k diag(sigma - 1) V_k^T */
  #bound(vectors: Float64Array, values: Float64Array, k: number): void {
    const kernel = this.#kernel;
    const r1 = this.#r1;
    kernel.scope(() => {
      const w = kernel.alloc(r1 * r1);
      let trace = 0;
      if (k > 0) {
        const v = kernel.alloc(k * r1);
        const half = v.view;
        for (let i = 0; i < k; i++) {
          const z = this.#rho * (Math.sqrt(values[i]!) - 1);
          const root = Math.sqrt(z);
          trace += z;
          for (let j = 0; j < r1; j++) half[i * r1 + j] = root * vectors[i * r1 + j]!;
        }
        kernel.lowerProduct(r1, k, 1, transpose(matrix(v, r1)), matrix(v, r1), matrix(w, r1));
      }
      const view = w.view;
      for (let i = 0; i < r1; i++) view[i * r1 + i] = view[i * r1 + i]! + this.#lambda[i]!;
      kernel.invert(r1, matrix(w, r1));
      const inverse = w.view;
      let inner = 0;
      for (let at = 0; at < inverse.length; at++) inner += inverse[at]! * this.#d[at]!;
      this.lower = Math.max(this.lower, Math.sqrt(Math.max(0, this.#yy - inner - trace)));
    });
  }

  #copied(data: Float64Array): Block {
    const block = this.#kernel.alloc(data.length);
    block.view.set(data);
    return block;
  }

  /** G^T G, r1 x r1 */
  #squared(g: Block): Block {
    const square = this.#kernel.alloc(this.#r1 * this.#r1);
    this.#kernel.symmetricProduct(
      this.#r1,
      this.#r2,
      1,
      transpose(matrix(g, this.#r1)),
      matrix(g, this.#r1),
      matrix(square, this.#r1),
    );
    return square;
  }
}
