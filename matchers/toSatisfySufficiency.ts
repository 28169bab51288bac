import type { BoundOptions } from '../src/claims/bound-claim.js';
import { judgeBound } from './bound.js';
import type { MatcherContext, MatcherResult } from './context.js';

/**
 * Passes where the two implementation sets are established to be within `tolerance` of each other (the upper confidence limit of their partial Hausdorff distance is), under `.not`
 * where they are established to be farther apart. Anything else is undecided and fails both ways. Statement and proof: docs/bounds.md.
 *
 * @param candidate a Model or an ImplementationSet
 * @param baseline the same
 * @throws OptionError, TaskError, BehaviourError, ... where nothing could be judged
 */
export function toSatisfySufficiency(
  this: MatcherContext,
  candidate: unknown,
  baseline: unknown,
  options: BoundOptions,
): Promise<MatcherResult> {
  return judgeBound(this, 'toSatisfySufficiency', 'sufficiency', candidate, baseline, options);
}
