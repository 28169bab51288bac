/** Ridge distance: how badly one representation is predicted from the other, on inputs held out (docs/measures.md). */
import type { Measure } from './measure.js';
import { ridgeDistances } from './ridge-fits.js';
import { RidgeMeasuring } from './ridge-measuring.js';
import { checkedOptions, eachOnce, LEAST_INPUTS, type RidgeOptions } from './ridge-options.js';

/**
 * The ridge distance d = sqrt(1 - R2), the larger of the two directions, averaged over the splits.
 *
 * Not a metric: the triangle inequality fails, and two copies of one representation are as far apart as it is from predicting itself (see
 * `ridgePairs`), while the diagonal is zero by definition. Invariant under rotation and translation of the features; not under scaling, because
 * the penalties are absolute: scaling X by c is dividing its alphas by c^2.
 */
export function ridgeMeasure(ridgeOptions: RidgeOptions = {}): Measure {
  checkedOptions(ridgeOptions);
  return {
    name: 'ridge',
    summary: 'sqrt(1 - R2) of predicting one from the other on inputs held out, the worse direction',
    range: { max: Infinity, note: 'above 1 if worse than the mean' },
    invariances: [],
    nearly: 'invertible linear maps',
    metric: false,
    subsamples: false,
    holdsOut: true,
    fewestInputs: LEAST_INPUTS,
    // R2 = 0.999
    resolution: Math.sqrt(0.001),
    async distances(grams, options) {
      const once = await eachOnce(grams, options);
      return ridgeDistances(once, once, { ...options, ...ridgeOptions });
    },
    measuring: (options) => new RidgeMeasuring({ ...options, ...ridgeOptions }),
  };
}

/** The ridge distance, at its own settings. */
export const ridge = ridgeMeasure();
