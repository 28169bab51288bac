/** Ridge fits that worker threads compute: each has some of the predictors, and all see the same targets. */
import { breathe } from '../signal.js';
import { float64, shared } from '../workers/views.js';
import type { Workers } from '../workers/pool.js';
import type { Gram, MeasureOptions } from './measure.js';
import type { Fitted } from './ridge-predictor.js';
import type { Split } from './split.js';

/** What a worker is asked; what it answers is `FitsDone`. */
export interface FitsJob {
  readonly kind: 'fits';
  readonly predictors: readonly Gram[];
  readonly targets: readonly Gram[];
  readonly splits: readonly Split[];
  readonly alphas: readonly number[];
  readonly residentBytes: number | undefined;
  /** whether what is fitted is asked for as well */
  readonly keep: boolean;
}

export interface FitsDone {
  /** of each split, predictors x targets */
  readonly fits: readonly { readonly alpha: Float64Array; readonly r2: Float64Array }[];
  /** of each predictor, or none */
  readonly fitted: readonly Fitted[];
}

/** Predictors of a job, at most: between jobs the work can be cancelled. */
const AT_ONCE = 8;

/** The Gram in memory that all threads see. */
const visible = ({ n, data }: Gram): Gram => ({ n, data: shared(data) });

/**
 * The same numbers as `fitsOf`, to the bit.
 * @param each told of each job what came of it, and which predictors it was about
 * @throws Refused where a fit ends in an error: the caller meets it by fitting here
 */
export async function fitsAway(
  workers: Workers,
  predictors: readonly Gram[],
  targets: readonly Gram[],
  asked: Omit<FitsJob, 'kind' | 'predictors' | 'targets'>,
  { signal }: Pick<MeasureOptions, 'signal'>,
  each: (numbers: readonly number[], done: FitsDone) => void,
): Promise<void> {
  const seen = new Map<Gram, Gram>();
  const of = (gram: Gram): Gram => {
    const known = seen.get(gram) ?? visible(gram);
    seen.set(gram, known);
    return known;
  };
  const size = Math.min(AT_ONCE, Math.ceil(predictors.length / workers.count));
  const jobs = Array.from({ length: Math.ceil(predictors.length / size) }, (_, job) =>
    [...predictors.keys()].slice(job * size, (job + 1) * size),
  );
  await Promise.all(
    jobs.map(async (numbers, at) => {
      await breathe(signal);
      const job: FitsJob = {
        kind: 'fits',
        ...asked,
        predictors: numbers.map((i) => of(predictors[i]!)),
        targets: targets.map(of),
      };
      const done = (await workers.run(at, job)) as FitsDone;
      await breathe(signal);
      each(numbers, {
        fits: done.fits.map(({ alpha, r2 }) => ({ alpha: float64(alpha), r2: float64(r2) })),
        fitted: done.fitted.map(({ loo, operators }) => ({ loo: float64(loo), operators: float64(operators) })),
      });
    }),
  );
}
