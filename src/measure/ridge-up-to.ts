/** The ridge distance up to relabellings of the inputs, with one factorisation of each representation for all relabellings. */
import { each, inTurns, type Pieces } from '../signal.js';
import { borrowKernel, returnKernel, type Block, type Kernel } from '../tensor/kernels.js';
import { checkedGrams } from './grams.js';
import type { Distances, Gram, MeasureOptions } from './measure.js';
import { pace } from './pace.js';
import { packedLength } from '../representation/packed.js';
import { PairOrbits } from './pair-orbits.js';
import { cyclicCosets, inversesOf } from './permutations.js';
import { checkedOptions, checkedSplits, LEAST_INPUTS, totalSquares, type RidgeOptions } from './ridge-options.js';
import { RidgePredictor } from './ridge-predictor.js';
import { splitInputs, type Split } from './split.js';

/** bytes of queries kept in the kernel's memory at a time */
const QUERIES = 384 * 2 ** 20;
/** bytes of relabelled targets */
const KEYS = 48 * 2 ** 20;

export interface Residence {
  readonly queryBytes?: number;
  readonly keyBytes?: number;
}

/**
 * With R2(x -> y) of `ridgeFits` under one split,
 *
 *     d(x, y; g) = sqrt(1 - min( R2(x -> y o g), R2(y -> x o 1/g) )),     d_G(x, y) = min over g of the mean of d(x, y; g) over the splits
 *
 * The second fit is the plain one of the other direction, R2(y o g -> x), with its inputs relabelled by 1/g: the same prediction, under another split of the same sizes.
 * Written so, only x and y are ever factorised, never a relabelled one, and d(x, y; g) = d(y, x; 1/g), so that d_G is symmetric to the bit. At the identity it is the plain distance.
 *
 * Memory, in doubles, besides the Grams: at most 384 MiB of queries (2 alphas n^2 / 2 each; more representations go in rounds), 48 MiB of relabelled Grams, and splits |G| m^2 fits.
 * Cost beyond the plain measure's: (alphas + 1 to alphas) |G| m^2 n^2 / 2 multiplications for each split.
 * @param predictors what is regressed on: the targets, or kernels of them, in the same order
 * @param relabellings a group, the identity first
 */
export async function ridgeUpTo(
  predictors: readonly Gram[],
  targets: readonly Gram[],
  relabellings: readonly Uint32Array[],
  options: MeasureOptions & RidgeOptions & Residence,
): Promise<Distances> {
  const { alphas, testShare } = checkedOptions(options);
  const n = await checkedGrams([...predictors, ...targets], LEAST_INPUTS, options);
  const splits = Array.from({ length: checkedSplits(options) }, (_, index) =>
    splitInputs(n, testShare, options.seed, index),
  );
  const m = targets.length;
  const size = relabellings.length;
  const inverse = inversesOf(relabellings);
  const r2 = await allFits(predictors, targets, relabellings, splits, alphas, options);

  const data = new Float64Array(m * m);
  const bySplit = r2.map(() => new Float64Array(m * m));
  const copies = new Float64Array(m);
  const some = new Float64Array(splits.length);
  for (let i = 0; i < m; i++)
    for (let j = 0; j <= i; j++) {
      let least = Infinity;
      for (let g = 0; g < size; g++) {
        let mean = 0;
        for (let split = 0; split < splits.length; split++) {
          const fits = r2[split]!;
          const worse = Math.min(fits[(i * size + g) * m + j]!, fits[(j * size + inverse[g]!) * m + i]!);
          some[split] = Math.sqrt(Math.max(0, 1 - worse));
          mean += some[split]! / splits.length;
        }
        if (!(mean < least)) continue;
        least = mean;
        if (i === j) {
          copies[i] = mean;
          continue;
        }
        for (const to of [i * m + j, j * m + i]) {
          data[to] = mean;
          for (let split = 0; split < splits.length; split++) bySplit[split]![to] = some[split]!;
        }
      }
    }
  return { m, data, bySplit, copies };
}

/** For each split R2 of target j relabelled by g predicted from x, at (x |G| + g) m + j. */
async function allFits(
  predictors: readonly Gram[],
  targets: readonly Gram[],
  relabellings: readonly Uint32Array[],
  splits: readonly Split[],
  alphas: readonly number[],
  options: Pick<MeasureOptions, 'signal' | 'progress'> & Residence,
): Promise<Float64Array[]> {
  const { n } = targets[0]!;
  const m = targets.length;
  const { cycle, order, cosets } = cyclicCosets(relabellings);
  const length = packedLength(n);
  const jobs = splits.flatMap((_, split) => predictors.map((_gram, x) => ({ split, x })));
  const moved = cosets.flatMap(({ by, places }) => targets.map((target, j) => ({ target, j, by, places })));
  const atOnce = Math.max(
    1,
    Math.min(jobs.length, Math.floor((options.queryBytes ?? QUERIES) / (16 * length * alphas.length))),
  );
  const keys = Math.max(
    1,
    Math.min(
      moved.length,
      Math.floor((options.keyBytes ?? KEYS) / (8 * (length + 2 * order * alphas.length * atOnce))),
    ),
  );
  const turn = pace(jobs.length + Math.ceil(jobs.length / atOnce) * Math.ceil(moved.length / keys), options);
  // the test inputs of y o g are g of them
  const total = splits.map(({ test }) =>
    relabellings.map((g) =>
      targets.map((target, j) =>
        totalSquares(
          target,
          test.map((i) => g[i]!),
          `representation ${j}`,
        ),
      ),
    ),
  );
  const r2 = splits.map(() => new Float64Array(m * relabellings.length * m));
  const kernel = borrowKernel();
  try {
    const orbits = new PairOrbits(kernel, n, cycle, order);
    const queries = new Queries(kernel, n, orbits, order, alphas, atOnce, keys);
    const block = kernel.alloc(keys * length);
    for (let first = 0; first < jobs.length; first += atOnce) {
      const here = jobs.slice(first, first + atOnce);
      queries.clear(here.length);
      for (const { split, x } of here) {
        await inTurns(queries.adding(predictors[x]!, splits[split]!, `representation ${x}`), options.signal);
        await turn();
      }
      for (let start = 0; start < moved.length; start += keys) {
        const some = moved.slice(start, start + keys);
        await each(some, ({ target, by }, k) => orbits.transformFull(target.data, n, by, block, k, 1), options.signal);
        const errors = await inTurns(queries.errors(block, some.length), options.signal);
        for (let power = 0, at = 0; power < order; power++)
          for (const { split, x } of here)
            for (const { j, places } of some) {
              const g = places[power]!;
              r2[split]![(x * relabellings.length + g) * m + j] = 1 - errors[at++]! / total[split]![g]![j]!;
            }
        await turn();
      }
    }
  } finally {
    returnKernel(kernel);
  }
  return r2;
}

/** What several regressions, each of one representation under one split, need to know of a target. */
class Queries {
  readonly #kernel: Kernel;
  readonly #n: number;
  readonly #length: number;
  readonly #orbits: PairOrbits;
  readonly #order: number;
  readonly #alphas: readonly number[];
  /** transformed; row alpha x rows + regression */
  readonly #loo: Block;
  /** for each alpha, a row for each regression */
  readonly #sse: readonly Block[];
  readonly #products: Block;
  readonly #looErrors: Float64Array;
  readonly #sseErrors: Float64Array;
  #rows = 0;
  #filled = 0;

  constructor(
    kernel: Kernel,
    n: number,
    orbits: PairOrbits,
    order: number,
    alphas: readonly number[],
    most: number,
    keys: number,
  ) {
    this.#kernel = kernel;
    this.#n = n;
    this.#length = orbits.length;
    this.#orbits = orbits;
    this.#order = order;
    this.#alphas = alphas;
    this.#loo = kernel.alloc(alphas.length * most * this.#length);
    this.#sse = alphas.map(() => kernel.alloc(most * this.#length));
    this.#products = kernel.alloc(2 * alphas.length * most * keys);
    this.#looErrors = new Float64Array(order * alphas.length * most * keys);
    this.#sseErrors = new Float64Array(order * most * keys);
  }

  /** starts anew, with so many regressions to come */
  clear(rows: number): void {
    this.#rows = rows;
    this.#filled = 0;
  }

  adding(gram: Gram, split: Split, where: string): Pieces<void> {
    return this.#kernel.scopeOf(this.#added(gram, split, where));
  }

  *#added(gram: Gram, split: Split, where: string): Pieces<void> {
    const row = this.#filled++;
    const length = this.#length;
    const predictor = new RidgePredictor(this.#kernel, this.#n, split, this.#alphas);
    yield* predictor.fitting(gram, where);
    for (const [alpha] of this.#alphas.entries()) {
      yield;
      predictor.residual(alpha);
      const of = (queries: Block): Float64Array => queries.view.subarray(alpha * length, (alpha + 1) * length);
      yield;
      this.#orbits.transformPacked(of(predictor.loo), this.#loo, alpha * this.#rows + row);
      this.#orbits.transformPacked(of(predictor.sse), this.#sse[alpha]!, row);
    }
  }

  /**
   * Squared errors on the test rows with the penalty of least leave-one-out error (the first of equals), for `count` transformed Grams under each power k of the cycle, at
   * (k x rows + regression) x count + Gram.
   */
  *errors(block: Block, count: number): Pieces<Float64Array> {
    const rows = this.#rows;
    const size = rows * count;
    const several = this.#alphas.length;
    const loo = this.#looErrors;
    yield* this.#orbits.correlate(this.#loo, several * rows, block, count, this.#products, loo);
    const chosen = new Uint8Array(this.#order * size);
    for (let power = 0, to = 0; power < this.#order; power++)
      for (let at = power * several * size, end = at + size; at < end; at++, to++)
        for (let alpha = 1; alpha < several; alpha++)
          if (loo[at + alpha * size]! < loo[at + chosen[to]! * size]!) chosen[to] = alpha;
    const found = new Float64Array(this.#order * size);
    for (const alpha of new Set(chosen)) {
      const sse = this.#sseErrors;
      yield* this.#orbits.correlate(this.#sse[alpha]!, rows, block, count, this.#products, sse);
      // a sum of squares: below zero by rounding only
      for (let at = 0; at < found.length; at++) if (chosen[at] === alpha) found[at] = Math.max(0, sse[at]!);
    }
    return found;
  }
}
