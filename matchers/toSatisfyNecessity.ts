import type { BoundOptions } from '../src/claims/bound-claim.js';
import { judgeBound } from './bound.js';
import type { MatcherContext, MatcherResult } from './context.js';

/**
 * Passes where the necessary condition of equivalence is established to hold: strangers are no farther apart than the sets are wide and `tolerance` besides, and something unrelated would have
 * been. Under `.not` passes where the condition is violated, so that the sets are farther apart than the tolerance. Anything else is undecided and fails both ways. A weaker claim than
 * sufficiency: it finds sets that cannot be equivalent, and passing it does not make them so. Statement and proof: docs/bounds.md.
 *
 * @param candidate a Model or an ImplementationSet
 * @param baseline the same
 * @throws OptionError, TaskError, BehaviourError, ... where nothing could be judged
 */
export function toSatisfyNecessity(
  this: MatcherContext,
  candidate: unknown,
  baseline: unknown,
  options: BoundOptions,
): Promise<MatcherResult> {
  return judgeBound(this, 'toSatisfyNecessity', 'necessity', candidate, baseline, options);
}
