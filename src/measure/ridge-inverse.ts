/** The one inverse of a representation that all splits of its inputs share. */
import { NumericalError } from '../errors.js';
import type { Pieces } from '../signal.js';
import { matrix, type Block, type Kernel, type Matrix } from '../tensor/kernels.js';
import type { Gram } from './measure.js';
import type { Split } from './split.js';

/** largest (sum of K's eigenvalues) / alpha taken on: there R2 and scikit-learn's differ by about 1e-5, from 1e15 on by 1e-4 and more */
const RANGE = 1e14;

/**
 * (K + alpha I)^-1 with the constant direction removed, for each alpha: K the Gram over all inputs, or over the training rows of the only split, centred. The constant direction is the intercept's, which has no penalty.
 */
export class RidgeInverse {
  readonly #kernel: Kernel;
  readonly #alphas: readonly number[];
  readonly #k: Block;
  readonly #inverses: readonly Block[];
  readonly #rows: Uint32Array;
  /** number of inputs inverted over */
  readonly rows: number;
  /** true where these are all inputs, and not the training rows of the only split */
  readonly whole: boolean;
  #gram: Gram | undefined;

  constructor(kernel: Kernel, n: number, splits: readonly Split[], alphas: readonly number[]) {
    this.whole = splits.length > 1;
    this.#rows = this.whole ? Uint32Array.from({ length: n }, (_, row) => row) : splits[0]!.train;
    const b = this.#rows.length;
    this.rows = b;
    this.#kernel = kernel;
    this.#alphas = alphas;
    this.#k = kernel.alloc(b * b);
    this.#inverses = alphas.map(() => kernel.alloc(b * b));
  }

  /** Of alpha number `index`, row-major over these inputs. Valid until the next alloc. */
  view(index: number): Float64Array {
    return this.#inverses[index]!.view;
  }

  matrix(index: number): Matrix {
    return matrix(this.#inverses[index]!, this.rows);
  }

  /** @throws NumericalError where alpha drowns in the rounding of the representation */
  check(alpha: number, size: number, rows: number, where: string): void {
    if (!(rows * size <= RANGE * alpha)) throw drowned(alpha, size, where);
  }

  /** Inverts, in pieces of one inverse each. */
  *taking(gram: Gram, where: string): Pieces<void> {
    this.#gram = gram;
    const b = this.rows;
    this.#centre(gram);
    const { trace } = this.without(new Uint32Array(0));
    // a constant representation is told of by the split that meets it
    const size = trace > 0 ? trace / b : 1;
    for (const [index, alpha] of this.#alphas.entries()) {
      yield;
      const block = this.#inverses[index]!;
      const a = block.view;
      const k = this.#k.view;
      // K 1 = 0: adding the constant direction with an eigenvalue of K's own size keeps the condition number, and it comes out again below
      const bump = size / b;
      for (let at = 0; at < a.length; at++) a[at] = k[at]! + bump;
      for (let i = 0; i < b; i++) a[i * b + i] = a[i * b + i]! + alpha;
      try {
        this.#kernel.invert(b, matrix(block, b));
      } catch (cause) {
        throw drowned(alpha, size, where, cause);
      }
      const constant = 1 / (b * (alpha + size));
      // the memory may have grown
      const inverse = block.view;
      for (let at = 0; at < inverse.length; at++) inverse[at] = inverse[at]! - constant;
    }
  }

  #centre({ n, data }: Gram): void {
    const rows = this.#rows;
    const b = rows.length;
    const k = this.#k.view;
    const mean = new Float64Array(b);
    let grand = 0;
    for (let i = 0; i < b; i++) {
      const row = rows[i]! * n;
      let sum = 0;
      for (let j = 0; j < b; j++) sum += data[row + rows[j]!]!;
      mean[i] = sum / b;
      grand += sum / b / b;
    }
    for (let i = 0; i < b; i++) {
      const row = rows[i]! * n;
      const shift = grand - mean[i]!;
      for (let j = 0; j < b; j++) k[i * b + j] = data[row + rows[j]!]! - mean[j]! + shift;
    }
  }

  /**
   * What varies over the inputs other than those taken out, about their own mean, and how much of that would be rounding.
   * @param out places among the inputs
   */
  without(out: Uint32Array): { readonly trace: number; readonly rounding: number } {
    const { n, data } = this.#gram!;
    const b = this.rows;
    const k = this.#k.view;
    let whole = 0;
    for (let i = 0; i < n; i++) whole += data[i * n + i]!;
    let trace = 0;
    for (let i = 0; i < b; i++) trace += k[i * b + i]!;
    // rows add up to 0, so the sum over the rows that stay is that over those taken out
    let sum = 0;
    for (const i of out) {
      trace -= k[i * b + i]!;
      for (const j of out) sum += k[i * b + j]!;
    }
    return { trace: trace - sum / (b - out.length), rounding: n * Number.EPSILON * whole };
  }

  /** K between test rows and training rows, centred by the training rows' mean. */
  against({ train, test }: Split, to: Float64Array): void {
    const { n, data } = this.#gram!;
    const t = train.length;
    const mean = new Float64Array(t);
    let grand = 0;
    for (let i = 0; i < t; i++) {
      let sum = 0;
      for (let j = 0; j < t; j++) sum += data[train[i]! * n + train[j]!]!;
      mean[i] = sum / t;
      grand += sum / t / t;
    }
    for (let i = 0; i < test.length; i++) {
      const row = test[i]! * n;
      let own = 0;
      for (let j = 0; j < t; j++) own += data[row + train[j]!]!;
      const shift = grand - own / t;
      for (let j = 0; j < t; j++) to[i * t + j] = data[row + train[j]!]! - mean[j]! + shift;
    }
  }
}

export function drowned(alpha: number, size: number, where: string, cause?: unknown): NumericalError {
  return new NumericalError({
    what: `Ridge regression with alpha ${alpha} is lost in rounding: the representation's mean squared norm is ${size.toExponential(2)}.`,
    where,
    hint: 'use larger alphas, or scale the representations down',
    cause,
  });
}
