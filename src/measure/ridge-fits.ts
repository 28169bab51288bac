/** Ridge fits between representations, and the distances that they are. */
import { breathe, inTurns, type Pieces } from '../signal.js';
import { borrowKernel, matrix, returnKernel, type Kernel } from '../tensor/kernels.js';
import { workersHere } from '../workers/current.js';
import { Refused, type Workers } from '../workers/pool.js';
import { checkedGrams } from './grams.js';
import type { Distances, Gram, MeasureOptions } from './measure.js';
import { pace } from './pace.js';
import { pack, packedLength } from '../representation/packed.js';
import { fitsAway } from './ridge-away.js';
import {
  checkedOptions,
  checkedSplits,
  eachOnce,
  LEAST_INPUTS,
  totalSquares,
  type RidgeOptions,
} from './ridge-options.js';
import { RidgePredictor, type Fitted } from './ridge-predictor.js';
import { splitInputs, type Split } from './split.js';

/** Fits from every predictor X to every target Y over one split, row-major m1 x m2. */
export interface RidgeFits {
  readonly split: Split;
  /** the penalty that leave-one-out over the training rows chose, one for all features of Y */
  readonly alpha: Float64Array;
  /** 1 - SSE / TSS on the test rows, summed over the features of Y (`variance_weighted`); at most 1, negative where worse than the mean */
  readonly r2: Float64Array;
}

/** bytes of targets kept in the kernel's memory at a time */
const RESIDENT = 512 * 2 ** 20;

/** What fits of several predictors are asked with. */
export interface FitOptions extends Pick<MeasureOptions, 'signal' | 'progress'> {
  readonly alphas: readonly number[];
  readonly residentBytes?: number;
  /** of each predictor and split, what need not be fitted again; what is fitted is added as long as there is room */
  readonly kept?: {
    /** false once no more is kept */
    readonly room: boolean;
    get(gram: Gram): Fitted | undefined;
    set(gram: Gram, fitted: Fitted): void;
  };
}

/**
 * Ridge regression with intercept from every X to every Y, what scikit-learn's RidgeCV(alphas) does for each pair: the penalty with the
 * least mean squared leave-one-out error over all targets (the first of equals), R2 on the test rows.
 *
 * Every X is reduced to one query per penalty, every Y to its packed Gram, and the m1 x m2 fits are products of queries and Grams. The X
 * stream through one at a time. Memory, besides the Grams given: that of `RidgePredictor` for the X in hand and, in doubles, m2 n^2 / 2 for the Y, of
 * which no more than `residentBytes` (default 512 MiB) at once; above that they are copied in again for every X.
 *
 * Rounding is amplified by (trace of X's Gram) / alpha: R2 was within 1e-6 of scikit-learn's wherever that is below 1e12. Above 1e14 the fit is
 * refused.
 * @throws RepresentationError where a Y does not vary over the test rows, or an X not over the training rows
 * @throws NumericalError where a penalty drowns in the rounding of an X
 */
export async function ridgeFits(
  predictors: readonly Gram[],
  targets: readonly Gram[],
  split: Split,
  options: RidgeOptions & Pick<MeasureOptions, 'signal' | 'progress'> & { readonly residentBytes?: number } = {},
): Promise<RidgeFits> {
  const { alphas } = checkedOptions(options);
  await checkedGrams([...predictors, ...targets], LEAST_INPUTS, options);
  return (await fitsOf(predictors, targets, [split], { ...options, alphas }))[0]!;
}

/** The same for several splits, each of all inputs, of Grams that are checked: every X is inverted once for all of them. Where there are workers, they fit. */
export async function fitsOf(
  predictors: readonly Gram[],
  targets: readonly Gram[],
  splits: readonly Split[],
  options: FitOptions,
): Promise<RidgeFits[]> {
  const workers = workersHere();
  const { kept } = options;
  const unknown = [...predictors.keys()].filter((row) => kept?.get(predictors[row]!) === undefined);
  if (!workers || unknown.length < FEWEST) return fitsHere(predictors, targets, splits, options);
  try {
    return await withFitsOf(workers, unknown, predictors, targets, splits, options);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return fitsHere(predictors, targets, splits, options);
  }
}

/** Predictors for which it is worth asking workers. */
const FEWEST = 2;

async function withFitsOf(
  workers: Workers,
  unknown: readonly number[],
  predictors: readonly Gram[],
  targets: readonly Gram[],
  splits: readonly Split[],
  options: FitOptions,
): Promise<RidgeFits[]> {
  const { alphas, kept, residentBytes, progress } = options;
  const m2 = targets.length;
  const fits = splits.map((split) => ({
    split,
    alpha: new Float64Array(predictors.length * m2),
    r2: new Float64Array(predictors.length * m2),
  }));
  let done = 0;
  const put = (rows: readonly number[], found: readonly Pick<RidgeFits, 'alpha' | 'r2'>[]): void => {
    for (const [s, { alpha, r2 }] of fits.entries())
      for (const [at, row] of rows.entries()) {
        alpha.set(found[s]!.alpha.subarray(at * m2, (at + 1) * m2), row * m2);
        r2.set(found[s]!.r2.subarray(at * m2, (at + 1) * m2), row * m2);
      }
    done += rows.length;
    progress?.(done / predictors.length);
  };
  const away = fitsAway(
    workers,
    unknown.map((row) => predictors[row]!),
    targets,
    { splits, alphas, residentBytes, keep: kept?.room ?? false },
    options,
    (numbers, { fits: found, fitted }) => {
      const rows = numbers.map((i) => unknown[i]!);
      put(rows, found);
      for (const [i, one] of fitted.entries()) if (kept?.room) kept.set(predictors[rows[i]!]!, one);
    },
  );
  const known = [...predictors.keys()].filter((row) => !unknown.includes(row));
  const { progress: _, ...silent } = options;
  await Promise.all([
    away,
    known.length > 0 &&
      fitsHere(
        known.map((row) => predictors[row]!),
        targets,
        splits,
        silent,
      ).then((found) => put(known, found)),
  ]);
  return fits;
}

async function fitsHere(
  predictors: readonly Gram[],
  targets: readonly Gram[],
  splits: readonly Split[],
  options: FitOptions,
): Promise<RidgeFits[]> {
  const { alphas, kept, signal } = options;
  const { n } = predictors[0]!;
  const turn = pace(predictors.length, options);
  const m2 = targets.length;
  const fits = splits.map((split) => ({
    split,
    alpha: new Float64Array(predictors.length * m2),
    r2: new Float64Array(predictors.length * m2),
    total: targets.map((target, index) => totalSquares(target, split.test, `target ${index}`)),
  }));
  const length = packedLength(n);
  const atOnce = Math.max(1, Math.min(m2, Math.floor((options.residentBytes ?? RESIDENT) / (8 * length))));
  const kernel = borrowKernel('accelerated');
  try {
    const keys = new Keys(kernel, targets, n, atOnce);
    const predictor = new RidgePredictor(kernel, n, splits, alphas);
    const { queries, loo, sse } = predictor;
    const errors = kernel.alloc(queries * atOnce);
    const [error, key] = [matrix(errors, atOnce), matrix(keys.block, length)];
    for (const [row, x] of predictors.entries()) {
      const known = kept?.get(x);
      if (known) predictor.recall(known);
      else {
        await inTurns(predictor.fitting(x, `representation ${row}`), signal);
        if (kept?.room) kept.set(x, predictor.fitted());
      }
      for (let start = 0; start < m2; start += atOnce) {
        const count = Math.min(atOnce, m2 - start);
        await inTurns(keys.loading(start, count), signal);
        kernel.longProduct(queries, count, length, matrix(loo, length), key, error);
        const chosen = fits.map((_, s) => leastRows(errors.view, s * alphas.length, alphas.length, count, atOnce));
        for (const [s, { alpha, r2, total }] of fits.entries())
          for (const query of new Set(chosen[s])) {
            await breathe(signal);
            predictor.residual(query);
            for (let column = 0; column < count; column++) {
              if (chosen[s]![column] !== query) continue;
              const one = matrix(keys.block, length, column * length);
              kernel.longProduct(1, 1, length, matrix(sse, length), one, error);
              const at = row * m2 + start + column;
              alpha[at] = alphas[query % alphas.length]!;
              // a sum of squares: below zero by rounding only
              r2[at] = 1 - Math.max(0, errors.view[0]!) / total[start + column]!;
            }
          }
      }
      await turn();
    }
  } finally {
    returnKernel(kernel);
  }
  return fits.map(({ split, alpha, r2 }) => ({ split, alpha, r2 }));
}

/** The targets' Grams, packed, in the kernel's memory: all of them, or those in use. */
class Keys {
  readonly block;
  #loaded = -1;

  constructor(
    kernel: Kernel,
    private readonly targets: readonly Gram[],
    private readonly n: number,
    atOnce: number,
  ) {
    this.block = kernel.alloc(atOnce * packedLength(n));
  }

  *loading(start: number, count: number): Pieces<void> {
    if (this.#loaded === start) return;
    const length = packedLength(this.n);
    for (let k = 0; k < count; k++) {
      pack(this.targets[start + k]!.data, this.n, this.block.view.subarray(k * length, (k + 1) * length), 1);
      yield;
    }
    this.#loaded = start;
  }
}

/** for each column, the row of its least entry, the first of equals, among `rows` rows from row `first` */
function leastRows(values: Float64Array, first: number, rows: number, columns: number, stride: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    let best = first;
    for (let row = first + 1; row < first + rows; row++)
      if (values[row * stride + column]! < values[best * stride + column]!) best = row;
    return best;
  });
}

/**
 * Fits in both directions between all pairs, themselves included, for every split: entry (i, j) predicts representation j from i. The diagonal
 * says how well a representation predicts itself on inputs held out: below 1 where it has as many dimensions as there are training inputs.
 */
export async function ridgePairs(grams: readonly Gram[], options: MeasureOptions & RidgeOptions): Promise<RidgeFits[]> {
  const once = await eachOnce(grams, options);
  return splitFits(once, once, options);
}

/** The splits that options ask for. */
export function splitsOf(n: number, options: MeasureOptions & RidgeOptions): Split[] {
  const { testShare } = checkedOptions(options);
  return Array.from({ length: checkedSplits(options) }, (_, index) => splitInputs(n, testShare, options.seed, index));
}

async function splitFits(
  predictors: readonly Gram[],
  targets: readonly Gram[],
  options: MeasureOptions & RidgeOptions,
): Promise<RidgeFits[]> {
  const { alphas } = checkedOptions(options);
  return fitsOf(predictors, targets, splitsOf(predictors[0]!.n, options), { ...options, alphas });
}

/** sqrt(1 - R2) of the worse direction; above 1 where the prediction is worse than the mean */
function toDistances(r2: Float64Array, m: number): Float64Array {
  const data = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < i; j++) {
      const d = Math.sqrt(Math.max(0, 1 - Math.min(r2[i * m + j]!, r2[j * m + i]!)));
      data[i * m + j] = d;
      data[j * m + i] = d;
    }
  }
  return data;
}

/** @param r2 of each split, m x m */
export function distancesOf(r2: readonly Float64Array[], m: number): Distances {
  const bySplit = r2.map((one) => toDistances(one, m));
  const data = new Float64Array(m * m);
  for (const one of bySplit) for (let at = 0; at < data.length; at++) data[at] = data[at]! + one[at]! / bySplit.length;
  const copies = new Float64Array(m);
  for (const one of r2)
    for (let i = 0; i < m; i++) copies[i]! += Math.sqrt(Math.max(0, 1 - one[i * m + i]!)) / r2.length;
  return { m, data, bySplit, copies };
}

/** Distances from the fits of every representation's target by every other's predictor: both lists go through the same representations. */
export async function ridgeDistances(
  predictors: readonly Gram[],
  targets: readonly Gram[],
  options: MeasureOptions & RidgeOptions,
): Promise<Distances> {
  const fits = await splitFits(predictors, targets, options);
  return distancesOf(
    fits.map(({ r2 }) => r2),
    targets.length,
  );
}
