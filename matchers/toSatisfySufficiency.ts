import type { ImplementationSet } from '../src/implementations/index.js';
import type { Model } from '../src/model/model.js';
import { boundsSchema, judgeBound, sideName, type BoundMatcherOptions } from './claims/bounds.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { claim } from './kinds.js';

export interface ToSatisfySufficiencyOptions extends BoundMatcherOptions {}

/**
 * Passes if the two implementation sets are established to be within `tolerance` of each other (the upper confidence limit of their partial Hausdorff distance is), under `.not`
 * if they are established to be farther apart. Anything else is undecided and fails both ways. The statement is in docs/bounds.md. Must be awaited.
 *
 * Takes a Model or an ImplementationSet on both sides.
 * @throws OptionError, TaskError, BehaviourError, ... where nothing could be judged
 */
export const toSatisfySufficiency: Matcher<Model | ImplementationSet, ToSatisfySufficiencyOptions> = defineMatcher({
  name: 'toSatisfySufficiency',
  argument: takes<Model | ImplementationSet>(sideName),
  schema: boundsSchema,
  kind: claim,
  run: judgeBound('sufficiency'),
});
