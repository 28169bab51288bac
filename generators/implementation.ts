import type { Model } from '../src/model/model.js';
import type { GeneratedImplementation, ImplementationDescription } from './_internals/generated-implementation.js';
import { Space } from './_internals/implementation-space.js';
import type { ImplementationsConstraints } from './implementations.js';

/**
 * The implementation that a description means, for the options it was drawn with.
 * @throws OptionError, InterventionError where it is none of theirs
 */
export function implementation<I>(
  model: Model,
  options: ImplementationsConstraints<I>,
  description: ImplementationDescription,
): GeneratedImplementation<I> {
  return new Space(model, options).parse(description);
}
