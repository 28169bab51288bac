/** What ridge regression from one representation X needs to know of X, as quadratic forms in the Gram of whatever it predicts. */
import { RepresentationError } from '../errors.js';
import type { Pieces } from '../signal.js';
import { matrix, transpose, type Block, type Kernel } from '../tensor/kernels.js';
import { pack, packRows, packedLength } from '../representation/packed.js';
import type { Gram } from './measure.js';
import { drowned, RidgeInverse } from './ridge-inverse.js';
import type { Split } from './split.js';

/** What one split is about, and where its rows are among those of the inverse. */
interface Part {
  readonly split: Split;
  /** training rows, by their place in the inverse */
  readonly train: Uint32Array;
  /** rows of the inverse that this split does not fit on: its test rows, or none where the inverse is over its training rows */
  readonly out: Uint32Array;
}

/** Of one representation, all that is needed to predict what was not there when it was fitted. Rows go by split, then by alpha. */
export interface Fitted {
  /** leave-one-out queries, a row of n (n + 1) / 2 for each split and alpha */
  readonly loo: Float64Array;
  /** residual operators, test rows x n for each split and alpha */
  readonly operators: Float64Array;
}

/**
 * Turns representations into queries, one representation at a time, for some splits and one list of alphas.
 *
 * With G the inverse of `RidgeInverse`, the inverse over the training rows alone is what is left of G when the test rows are taken out:
 *
 *     Gi = G_tt - G_te G_ee^-1 G_et
 *     LOO(alpha) = <M^T M, K_Y,tt>,  M = diag(Gi)^-1 Gi      squared leave-one-out error, summed over training rows and targets
 *     SSE(alpha) = <R^T R, K_Y>,     R = [I at test, -P at train] less the training mean,  P = K_et Gi = -G_ee^-1 G_et
 *
 * for every Gram K_Y of a Y over the same inputs (docs/measures.md). Both forms annihilate constants, so K_Y may be centred anywhere.
 *
 * Memory, in doubles, with q splits x alphas: (q / 2 + q share + alphas + 3.5) n^2, whatever the number of representations; `share` of the inputs are test rows.
 */
export class RidgePredictor {
  readonly #kernel: Kernel;
  readonly #n: number;
  readonly #alphas: readonly number[];
  readonly #parts: readonly Part[];
  readonly #inverse: RidgeInverse;
  readonly #m: Block;
  readonly #scale: Block;
  readonly #form: Block;
  readonly #between: Block;
  readonly #out: Block;
  readonly #operators: Block;
  readonly #operatorKnown: boolean[];
  /** test rows */
  readonly #tested: number;
  #where = '';
  /** rows of `loo`: number split x alphas + alpha */
  readonly queries: number;
  /** leave-one-out queries of what was fitted last, packed, off the diagonal counted twice */
  readonly loo: Block;
  /** one residual query, laid out alike: that of the last `residual` */
  readonly sse: Block;

  /** @param splits of several, with as many test rows each, the training and the test rows are all rows */
  constructor(kernel: Kernel, n: number, splits: readonly Split[], alphas: readonly number[]) {
    this.#kernel = kernel;
    this.#n = n;
    this.#alphas = alphas;
    this.#inverse = new RidgeInverse(kernel, n, splits, alphas);
    this.#parts = splits.map((split) =>
      this.#inverse.whole
        ? { split, train: split.train, out: split.test }
        : { split, train: split.train.map((_, at) => at), out: new Uint32Array(0) },
    );
    const [t, e] = [splits[0]!.train.length, splits[0]!.test.length];
    const o = this.#parts[0]!.out.length;
    this.#tested = e;
    this.queries = splits.length * alphas.length;
    this.#m = kernel.alloc(t * t);
    this.#scale = kernel.alloc(t);
    this.#form = kernel.alloc(n * n);
    this.#between = kernel.alloc(2 * e * t);
    this.#out = kernel.alloc(o * o);
    this.#operators = kernel.alloc(this.queries * e * n);
    this.#operatorKnown = Array.from({ length: this.queries }, () => false);
    this.loo = kernel.alloc(this.queries * packedLength(n));
    this.sse = kernel.alloc(packedLength(n));
  }

  /**
   * Takes up a representation and fills `loo`. In pieces, the longest of them one inverse, or one product of the order of the training rows.
   * @throws RepresentationError where it is constant over training rows; NumericalError where alpha drowns in its rounding
   */
  *fitting(gram: Gram, where: string): Pieces<void> {
    this.#where = where;
    this.#operatorKnown.fill(false);
    yield* this.#inverse.taking(gram, where);
    for (const [s, part] of this.#parts.entries()) {
      const size = this.#size(part);
      for (const [a, alpha] of this.#alphas.entries()) {
        yield;
        this.#inverse.check(alpha, size, part.split.train.length, where);
        this.#takeOut(part, s * this.#alphas.length + a, size);
        yield;
        this.#query(part, s * this.#alphas.length + a, size);
      }
    }
  }

  /** What was fitted last, to be recalled later. */
  fitted(): Fitted {
    for (let q = 0; q < this.queries; q++) this.#operate(q);
    return { loo: this.loo.view.slice(), operators: this.#operators.view.slice() };
  }

  /** As if it had just been fitted. */
  recall({ loo, operators }: Fitted): void {
    this.loo.view.set(loo);
    this.#operators.view.set(operators);
    this.#operatorKnown.fill(true);
  }

  /** Fills `sse`. @param q as the rows of `loo` */
  residual(q: number): void {
    this.#operate(q);
    const n = this.#n;
    const e = this.#tested;
    this.#form.view.fill(0);
    const x = matrix(this.#operators, n, q * e * n);
    this.#kernel.lowerProduct(n, e, 1, transpose(x), x, matrix(this.#form, n));
    pack(this.#form.view, n, this.sse.view, 2);
  }

  /** The residual operator R, test rows x n: R Y is what the prediction of Y misses on the test rows. @param q as the rows of `loo` */
  operator(q: number): Float64Array {
    this.#operate(q);
    const size = this.#tested * this.#n;
    return this.#operators.view.slice(q * size, (q + 1) * size);
  }

  /** The mean squared norm of the training rows, about their mean. */
  #size({ split, out }: Part): number {
    const { trace, rounding } = this.#inverse.without(out);
    if (!(trace > rounding)) {
      throw new RepresentationError({
        what: 'The representation is constant over the inputs that ridge regression is fitted on.',
        where: this.#where,
        hint: 'use more inputs, or another seed',
      });
    }
    return trace / split.train.length;
  }

  /** The lower triangle of Gi, and the operator where it comes by the way. */
  #takeOut({ train, out, split }: Part, q: number, size: number): void {
    const t = train.length;
    const o = out.length;
    const kernel = this.#kernel;
    const a = q % this.#alphas.length;
    const g = this.#inverse.view(a);
    const b = this.#inverse.rows;
    const m = this.#m.view;
    for (let i = 0; i < t; i++) gather(g, train[i]! * b, train, i + 1, m, i * t);
    if (o === 0) return;
    const [between, own] = [this.#between.view, this.#out.view];
    for (let i = 0; i < o; i++) {
      gather(g, out[i]! * b, train, t, between, i * t);
      gather(g, out[i]! * b, out, o, own, i * o);
    }
    try {
      kernel.invert(o, matrix(this.#out, o));
    } catch (cause) {
      throw drowned(this.#alphas[a]!, size, this.#where, cause);
    }
    // W = G_ee^-1 G_et
    const [x, w] = [matrix(this.#between, t), matrix(this.#between, t, o * t)];
    this.#between.view.fill(0, o * t, 2 * o * t);
    kernel.product(o, t, o, 1, matrix(this.#out, o), x, w);
    kernel.lowerProduct(t, o, -1, transpose(x), w, matrix(this.#m, t));
    this.#setOperator(q, split);
  }

  /** Row `q` of `loo`, from the lower triangle of Gi. */
  #query({ train, split }: Part, q: number, size: number): void {
    const t = train.length;
    const kernel = this.#kernel;
    const scale = this.#scale.view;
    const gi = this.#m.view;
    for (let i = 0; i < t; i++) {
      const leverage = gi[i * t + i]!;
      if (!(leverage > 0 && leverage < Infinity))
        throw drowned(this.#alphas[q % this.#alphas.length]!, size, this.#where);
      scale[i] = 1 / leverage;
    }
    kernel.mirrorScaled(t, matrix(this.#m, t), matrix(this.#scale, t));
    this.#form.view.fill(0, 0, t * t);
    const x = matrix(this.#m, t);
    kernel.lowerProduct(t, t, 1, x, transpose(x), matrix(this.#form, t));
    const length = packedLength(this.#n);
    packRows(this.#form.view, split.train, this.loo.view.subarray(q * length, (q + 1) * length), 2);
  }

  /** From what `between` holds second: minus the prediction's weights, test rows x training rows. */
  #setOperator(q: number, { train, test }: Split): void {
    const n = this.#n;
    const t = train.length;
    const e = test.length;
    const weights = this.#between.view.subarray(e * t, 2 * e * t);
    const r = this.#operators.view.subarray(q * e * n, (q + 1) * e * n);
    r.fill(0);
    for (let i = 0; i < e; i++) {
      let sum = 0;
      for (let j = 0; j < t; j++) sum += weights[i * t + j]!;
      // an entry of each row for every input; a row adds up to 0
      const shift = (1 + sum) / t;
      for (let j = 0; j < t; j++) r[i * n + train[j]!] = weights[i * t + j]! - shift;
      r[i * n + test[i]!] = 1;
    }
    this.#operatorKnown[q] = true;
  }

  /** The operator by the prediction itself, where no row was taken out. */
  #operate(q: number): void {
    if (this.#operatorKnown[q]) return;
    const { split } = this.#parts[Math.floor(q / this.#alphas.length)]!;
    const t = split.train.length;
    const e = split.test.length;
    this.#inverse.against(split, this.#between.view);
    this.#between.view.fill(0, e * t, 2 * e * t);
    const [x, w] = [matrix(this.#between, t), matrix(this.#between, t, e * t)];
    this.#kernel.product(e, t, t, -1, x, this.#inverse.matrix(q % this.#alphas.length), w);
    this.#setOperator(q, split);
  }
}

/** Some entries of a row, side by side. A function of its own, which the compiler takes up sooner than a loop of many. */
function gather(
  from: Float64Array,
  row: number,
  columns: Uint32Array,
  count: number,
  to: Float64Array,
  start: number,
): void {
  for (let j = 0; j < count; j++) to[start + j] = from[row + columns[j]!]!;
}
