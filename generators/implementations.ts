import type * as fc from 'fast-check';
import type { Model } from '../src/model/model.js';
import { type GeneratedImplementation } from './_internals/generated-implementation.js';
import { Space, type ImplementationsConstraints } from './_internals/implementation-space.js';

export type { ImplementationsConstraints };

/**
 * Implementations of a model by intervention outside its circuit: which components are intervened on, with what, from which counterfactual. Numbers of components are uniform
 * with a bias to few and to all. Shrinks to the fewest components (by halves at first, then one by one), then the mildest intervention, then the simplest counterfactual.
 *
 * Whether one preserves behaviour is for the property to say: `await one.score()`.
 * @throws OptionError, InterventionError, TaskError where an example has no counterfactual
 * @throws ImplementationError where there is nothing to intervene on
 */
export function implementations<I>(
  model: Model,
  options: ImplementationsConstraints<I>,
): fc.Arbitrary<GeneratedImplementation<I>> {
  return new Space(model, options).arbitrary();
}
