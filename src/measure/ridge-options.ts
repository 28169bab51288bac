/** What ridge regression is asked, and what it asks of its targets. */
import { OptionError, RepresentationError } from '../errors.js';
import { subsetInputs } from '../representation/gram.js';
import { repeatedInputs } from '../representation/repeats.js';
import { checkedGrams } from './grams.js';
import type { Gram, MeasureOptions } from './measure.js';

/** Options of `ridgeMeasure`. */
export interface RidgeOptions {
  /** penalties to choose from, absolute as in scikit-learn. @defaultValue [0.1, 1, 10] */
  readonly alphas?: readonly number[];
  /** share of the inputs held out (at least two inputs). @defaultValue 0.1 */
  readonly testShare?: number;
}

const ALPHAS = [0.1, 1, 10];
const TEST_SHARE = 0.1;
const SPLITS = 3;
export const LEAST_INPUTS = 10;

/** Variation of the target over the test rows, summed over its features. */
export function totalSquares({ n, data }: Gram, test: Uint32Array, where: string): number {
  let trace = 0;
  let sum = 0;
  let whole = 0;
  for (const i of test) {
    trace += data[i * n + i]!;
    for (const j of test) sum += data[i * n + j]!;
  }
  for (let i = 0; i < n; i++) whole += data[i * n + i]!;
  const total = trace - sum / test.length;
  if (!(total > n * Number.EPSILON * whole)) {
    throw new RepresentationError({
      what: `The representation does not vary over the ${test.length} inputs held out to test a prediction of it.`,
      where,
      hint: 'use more inputs, a larger test share, or another seed',
    });
  }
  return total;
}

/**
 * Grams over the inputs that are distinct in at least one of them: an input held out must not be one of those learnt from.
 * @throws as `checkedGrams`
 */
export async function eachOnce(
  grams: readonly Gram[],
  { distinct = false, signal }: Pick<MeasureOptions, 'distinct' | 'signal'>,
): Promise<readonly Gram[]> {
  await checkedGrams(grams, LEAST_INPUTS, { signal });
  const repeated = distinct ? undefined : repeatedInputs(grams);
  return repeated ? grams.map((gram) => subsetInputs(gram, repeated.first)) : grams;
}

/** @throws OptionError */
export function checkedOptions(options: RidgeOptions): Required<RidgeOptions> {
  const alphas = options.alphas ?? ALPHAS;
  const testShare = options.testShare ?? TEST_SHARE;
  if (alphas.length === 0 || !alphas.every((alpha) => alpha > 0 && alpha < Infinity)) {
    throw new OptionError({
      what: `Ridge penalties must be positive numbers, not [${alphas.join(', ')}].`,
      where: 'alphas',
      hint: 'leave them out for 0.1, 1, 10',
    });
  }
  if (!(testShare > 0 && testShare <= 0.5)) {
    throw new OptionError({
      what: `The share of inputs held out must be in (0, 0.5], not ${testShare}.`,
      where: 'testShare',
      hint: 'leave it out for 0.1',
    });
  }
  return { alphas, testShare };
}

/** @throws OptionError */
export function checkedSplits({ splits = SPLITS }: Pick<MeasureOptions, 'splits'>): number {
  if (!Number.isInteger(splits) || splits < 1) {
    throw new OptionError({
      what: `The number of splits must be a positive integer, not ${splits}.`,
      where: 'splits',
      hint: 'leave it out for 3',
    });
  }
  return splits;
}
