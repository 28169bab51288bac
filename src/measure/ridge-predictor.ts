/** What ridge regression from one representation X needs to know of X, as quadratic forms in the Gram of whatever it predicts. */
import { NumericalError, RepresentationError } from '../errors.js';
import { atOnce, type Pieces } from '../signal.js';
import { matrix, transpose, type Block, type Kernel } from '../tensor/kernels.js';
import type { Gram } from './measure.js';
import { pack, packRows, packedLength } from '../representation/packed.js';
import type { Split } from './split.js';

/** largest (sum of K's eigenvalues) / alpha taken on: there R2 and scikit-learn's differ by about 1e-5, from 1e15 on by 1e-4 and more */
const RANGE = 1e14;

/**
 * Turns representations into queries, one representation at a time, for one split and one list of alphas.
 *
 * With K the Gram of X centred by the mean of its training rows, and the unpenalised intercept taken care of by
 * Gi = (K_tt + alpha I)^-1 with the constant direction removed (alpha Gi = I - S, S the smoother with intercept):
 *
 *     LOO(alpha) = <M^T M, G_tt>,  M = diag(Gi)^-1 Gi      squared leave-one-out error, summed over training rows and targets
 *     SSE(alpha) = <R^T R, G>,     R = [I at test, -P at train] less the training mean,  P = K_et Gi
 *
 * for every Gram G of a Y over the same inputs (docs/measures.md). Both forms annihilate constants, so G may be centred anywhere.
 *
 * Memory, in doubles: (alphas + 3) n^2 + 2 alphas n^2 / 2, whatever the number of representations.
 */
export class RidgePredictor {
  readonly #kernel: Kernel;
  readonly #n: number;
  readonly #split: Split;
  readonly #alphas: readonly number[];
  readonly #ktt: Block;
  readonly #ket: Block;
  readonly #inverse: readonly Block[];
  readonly #m: Block;
  readonly #form: Block;
  readonly #p: Block;
  readonly #r: Block;
  readonly #known: boolean[];
  /** leave-one-out queries of the representation fitted last, alphas x n (n + 1) / 2, packed, off the diagonal counted twice */
  readonly loo: Block;
  /** residual queries, laid out alike; a row is valid after `residual(row)` */
  readonly sse: Block;

  constructor(kernel: Kernel, n: number, split: Split, alphas: readonly number[]) {
    const t = split.train.length;
    const e = split.test.length;
    this.#kernel = kernel;
    this.#n = n;
    this.#split = split;
    this.#alphas = alphas;
    this.#ktt = kernel.alloc(t * t);
    this.#ket = kernel.alloc(e * t);
    this.#inverse = alphas.map(() => kernel.alloc(t * t));
    this.#m = kernel.alloc(t * t);
    this.#form = kernel.alloc(n * n);
    this.#p = kernel.alloc(e * t);
    this.#r = kernel.alloc(e * n);
    this.#known = alphas.map(() => false);
    this.loo = kernel.alloc(alphas.length * packedLength(n));
    this.sse = kernel.alloc(alphas.length * packedLength(n));
  }

  /**
   * Takes up a representation and fills `loo`.
   * @throws RepresentationError where it is constant over the training rows; NumericalError where alpha drowns in its rounding
   */
  fit(gram: Gram, where: string): void {
    atOnce(this.fitting(gram, where));
  }

  /** `fit` in pieces, the longest of them one inverse or one product of the order of the training rows. */
  *fitting(gram: Gram, where: string): Pieces<void> {
    const { train } = this.#split;
    const t = train.length;
    const length = packedLength(this.#n);
    this.#known.fill(false);
    const size = this.#centre(gram, where);
    for (const [index, alpha] of this.#alphas.entries()) {
      yield;
      this.#invert(index, alpha, size, where);
      yield;
      const gi = this.#inverse[index]!.view;
      const m = this.#m.view;
      for (let i = 0; i < t; i++) {
        const leverage = gi[i * t + i]!;
        if (!(leverage > 0 && leverage < Infinity)) throw drowned(alpha, size, where);
        for (let j = 0, at = i * t; j < t; j++, at++) m[at] = gi[at]! / leverage;
      }
      yield;
      this.#form.view.fill(0, 0, t * t);
      const x = matrix(this.#m, t);
      this.#kernel.lowerProduct(t, t, 1, transpose(x), x, matrix(this.#form, t));
      packRows(this.#form.view, train, this.loo.view.subarray(index * length, (index + 1) * length), 2);
    }
  }

  /** Fills row `index` of `sse`, for alpha number `index`, unless that was done since `fit`. */
  residual(index: number): void {
    if (this.#known[index]) return;
    const n = this.#n;
    const { train, test } = this.#split;
    const t = train.length;
    const e = test.length;
    const length = packedLength(n);
    this.#p.view.fill(0);
    this.#kernel.product(e, t, t, 1, matrix(this.#ket, t), matrix(this.#inverse[index]!, t), matrix(this.#p, t));
    const p = this.#p.view;
    const r = this.#r.view;
    r.fill(0);
    for (let i = 0; i < e; i++) {
      let sum = 0;
      for (let j = 0; j < t; j++) sum += p[i * t + j]!;
      // an entry of each row for every input; a row adds up to 0
      const shift = (sum - 1) / t;
      for (let j = 0; j < t; j++) r[i * n + train[j]!] = shift - p[i * t + j]!;
      r[i * n + test[i]!] = 1;
    }
    this.#form.view.fill(0);
    const x = matrix(this.#r, n);
    this.#kernel.lowerProduct(n, e, 1, transpose(x), x, matrix(this.#form, n));
    pack(this.#form.view, n, this.sse.view.subarray(index * length, (index + 1) * length), 2);
    this.#known[index] = true;
  }

  /** The residual operator R of alpha number `index`, test rows x n: R Y is what the prediction of Y misses on the test rows. */
  operator(index: number): Float64Array {
    this.#known[index] = false;
    this.residual(index);
    return this.#r.view.slice();
  }

  /** Fills K_tt and K_et, centred by the training rows' mean. Returns the mean diagonal entry of K_tt. */
  #centre(gram: Gram, where: string): number {
    const { train, test } = this.#split;
    const { n, data } = gram;
    const t = train.length;
    const mean = new Float64Array(n);
    let grand = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < t; j++) sum += data[i * n + train[j]!]!;
      mean[i] = sum / t;
    }
    for (let j = 0; j < t; j++) grand += mean[train[j]!]! / t;
    const fill = (rows: Uint32Array, to: Float64Array): void => {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const shift = grand - mean[row]!;
        for (let j = 0; j < t; j++) to[i * t + j] = data[row * n + train[j]!]! - mean[train[j]!]! + shift;
      }
    };
    const ktt = this.#ktt.view;
    fill(train, ktt);
    fill(test, this.#ket.view);
    let trace = 0;
    let whole = 0;
    for (let i = 0; i < t; i++) trace += ktt[i * t + i]!;
    for (let i = 0; i < n; i++) whole += data[i * n + i]!;
    if (!(trace > n * Number.EPSILON * whole)) {
      throw new RepresentationError({
        what: 'The representation is constant over the inputs that ridge regression is fitted on.',
        where,
        hint: 'use more inputs, or another seed',
      });
    }
    return trace / t;
  }

  /** Gi for alpha number `index` */
  #invert(index: number, alpha: number, size: number, where: string): void {
    const t = this.#split.train.length;
    if (!(t * size <= RANGE * alpha)) throw drowned(alpha, size, where);
    const block = this.#inverse[index]!;
    const a = block.view;
    a.set(this.#ktt.view);
    // K 1 = 0: adding the constant direction with an eigenvalue of K's own size keeps the condition number, and it comes out again below
    const bump = size / t;
    for (let at = 0; at < a.length; at++) a[at] = a[at]! + bump;
    for (let i = 0; i < t; i++) a[i * t + i] = a[i * t + i]! + alpha;
    try {
      this.#kernel.invert(t, matrix(block, t));
    } catch (cause) {
      throw drowned(alpha, size, where, cause);
    }
    const inverse = block.view;
    const constant = 1 / (t * (alpha + size));
    for (let at = 0; at < inverse.length; at++) inverse[at] = inverse[at]! - constant;
  }
}

function drowned(alpha: number, size: number, where: string, cause?: unknown): NumericalError {
  return new NumericalError({
    what: `Ridge regression with alpha ${alpha} is lost in rounding: the representation's mean squared norm is ${size.toExponential(2)}.`,
    where,
    hint: 'use larger alphas, or scale the representations down',
    cause,
  });
}
