/** The ridge distance through a Gaussian kernel: for representations that are related, but not linearly. */
import { OptionError, RepresentationError } from '../errors.js';
import { centreGram } from '../representation/gram.js';
import { each } from '../signal.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { eachOnce, LEAST_INPUTS, type RidgeOptions } from './ridge-options.js';
import { ridgeDistances } from './ridge-fits.js';
import { ridgeMeasure } from './ridge.js';

/** Options of `kernelRidgeMeasure`. */
export interface KernelRidgeOptions extends RidgeOptions {
  /** the kernel's width, in medians of the distances between inputs. @defaultValue 1 */
  readonly bandwidth?: number;
  /** penalties to choose from, absolute as in scikit-learn. @defaultValue [0.0001, 0.001, 0.01, 0.1, 1] */
  readonly alphas?: readonly number[];
}

const ALPHAS = [1e-4, 1e-3, 1e-2, 0.1, 1];

/**
 * exp(-D_ij^2 / (2 (bandwidth x median D)^2)) over the Euclidean distances D between the inputs' feature vectors, read from the Gram, then centred:
 * a Gram itself, of features that are nonlinear functions of the representation.
 * Inputs that coincide are left out of the median.
 * @throws RepresentationError where all of them coincide
 */
export function gaussianGram(gram: Gram, bandwidth = 1): Gram {
  const { n, data } = gram;
  const squares = new Float64Array(n * n);
  const upper: number[] = [];
  let scale = 0;
  for (let i = 0; i < n; i++) scale += data[i * n + i]! / n;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const d = Math.max(0, (data[i * n + i]! + data[j * n + j]! - 2 * data[i * n + j]!) / scale);
      squares[i * n + j] = d;
      squares[j * n + i] = d;
      // inputs that coincide say nothing of how far apart others are
      if (d > 1e-12) upper.push(d);
    }
  }
  if (upper.length === 0)
    throw new RepresentationError({
      what: 'All inputs coincide in this representation.',
      hint: 'choose a site that sees the inputs',
    });
  const sorted = Float64Array.from(upper).sort();
  const median = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  const width = -1 / (2 * bandwidth ** 2 * median);
  return centreGram({ n, data: squares.map((d) => Math.exp(d * width)) });
}

/**
 * sqrt(1 - R2) of kernel ridge regression with a Gaussian kernel on X, from X to Y and from Y to X, the larger of the two, averaged over the splits; penalties 1e-4 to 1, beside
 * a kernel of ones on the diagonal, chosen by leave-one-out for each pair. What is predicted is still Y itself, linearly weighted, so that only X's side is bent.
 *
 * An invertible smooth change of a layer, which leaves it as far from itself under ridge as an unrelated layer may be, stays near here, as far as
 * the inputs are dense enough to learn it: with many directions and few inputs a Gaussian kernel learns little, and a representation is then far
 * even from its copy (the diagonal is zero by definition). From 0 to above 1 where the prediction is worse than the mean; not a metric;
 * invariant under rotation, translation and, unlike ridge, isotropic scaling of either side (the kernel's width follows the distances).
 * Cost: as ridge, with five penalties instead of three.
 */
export function kernelRidgeMeasure({ bandwidth = 1, alphas = ALPHAS, ...rest }: KernelRidgeOptions = {}): Measure {
  if (!(bandwidth > 0 && bandwidth < Infinity)) {
    throw new OptionError({
      what: `The kernel's width must be a positive number of medians, not ${bandwidth}.`,
      where: 'bandwidth',
      hint: 'leave it out for 1',
    });
  }
  // checks these options
  ridgeMeasure({ alphas, ...rest });
  return {
    name: 'kernel-ridge',
    summary: 'as ridge, through a Gaussian kernel on the predictor',
    range: { max: Infinity, note: 'above 1 if worse than the mean' },
    invariances: ['scale'],
    nearly: 'smooth invertible changes of few dimensions',
    metric: false,
    subsamples: false,
    holdsOut: true,
    fewestInputs: LEAST_INPUTS,
    // R2 = 0.999
    resolution: Math.sqrt(0.001),
    async distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances> {
      const once = await eachOnce(grams, options);
      return ridgeDistances(await each(once, (gram) => gaussianGram(gram, bandwidth), options.signal), once, {
        ...options,
        ...rest,
        alphas,
      });
    },
  };
}

/** Ridge through a Gaussian kernel, at its own settings. */
export const kernelRidge = kernelRidgeMeasure();
