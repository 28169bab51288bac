/** The tolerances at which a verdict with one look would have come out another. */
import type { Policy } from '../statistics/judgement.js';
import { DistanceCache, type Sides } from './distance-cache.js';
import { judgeGrams, type GramEvidence, type GramOptions } from './judge-grams.js';
import { FEWEST_REPLICATES } from './rule/policy.js';
import type { MarginEvidence } from './sequential/evidence.js';
import { limitsAt } from './sequential/limits.js';
import { largestMargin, smallestMargin, type Margins } from './sequential/margins.js';

/** A verdict, with the tolerances that would have changed it. */
export interface OneLook extends GramEvidence {
  readonly smallestMargin: MarginEvidence;
  readonly largestMargin?: MarginEvidence;
}

/**
 * Judges two sets of Grams that are all there.
 * @throws as `judgeGrams`
 */
export async function judgeOnce(
  sides: Sides,
  options: Omit<GramOptions, 'distanceCache'>,
  { alpha, beta }: Pick<Policy, 'alpha' | 'beta'>,
): Promise<OneLook> {
  const { measures, seed, splits, signal } = options;
  const distanceCache = new DistanceCache({ seed, splits, signal });
  const judged = await judgeGrams(sides, { ...options, distanceCache });
  const again = (policy: Partial<Policy>, which: GramOptions['measures']): Promise<GramEvidence> =>
    judgeGrams(sides, { ...options, policy, measures: which, alsoReport: [], distanceCache, progress: undefined });
  const deciding = [...new Set(measures)];
  const { resolution, ...others } = options.policy;
  const given: Margins = {
    look: 'last look',
    limits: await limitsAt(deciding, { alpha, beta }, (which, at) =>
      // a resolution that is given is the main measure's
      again({ ...others, ...at, ...(which === deciding[0] && { resolution }) }, [which]),
    ),
    judge: async (margin) => {
      const { outcome, judgement } = await again({ ...options.policy, margin, bootstrap: FEWEST_REPLICATES }, measures);
      return { outcome, why: judgement.reasons.join(' ') };
    },
  };
  const largest = await largestMargin(given, alpha);
  return {
    ...judged,
    smallestMargin: await smallestMargin(given, beta),
    ...(largest && { largestMargin: largest }),
  };
}
