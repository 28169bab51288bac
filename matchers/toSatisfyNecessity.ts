import type { ImplementationSet } from '../src/implementations/index.js';
import type { Model } from '../src/model/model.js';
import { boundsSchema, judgeBound, sideName, type BoundMatcherOptions } from './claims/bounds.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { claim } from './kinds.js';

export interface ToSatisfyNecessityOptions extends BoundMatcherOptions {}

/**
 * Passes if the necessary condition of equivalence is established to hold: the cross-model distance is no larger than the sets are wide and `tolerance` besides, and something unrelated would
 * have been. Under `.not` passes if the condition is violated, so that the sets are farther apart than the tolerance. Anything else is undecided and fails both ways. A weaker claim than
 * sufficiency: it finds sets that cannot be equivalent, and passing it does not make them so. The statement is in docs/bounds.md. Must be awaited.
 *
 * Takes a Model or an ImplementationSet on both sides.
 * @throws OptionError, TaskError, BehaviourError, ... where nothing could be judged
 */
export const toSatisfyNecessity: Matcher<Model | ImplementationSet, ToSatisfyNecessityOptions> = defineMatcher({
  name: 'toSatisfyNecessity',
  argument: takes<Model | ImplementationSet>(sideName),
  schema: boundsSchema,
  kind: claim,
  run: judgeBound('necessity'),
});
