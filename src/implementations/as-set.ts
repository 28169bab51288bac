/** A side of a comparison as an implementation set. */
import { OptionError } from '../errors.js';
import { byIntervention, type ByInterventionOptions } from './by-intervention.js';
import { isModel, towardsModel } from '../model/is-model.js';
import { isSet, type ImplementationSet } from './set.js';

/**
 * A set as it is, a model as its implementations by intervention.
 * @param name what the side is called in messages
 * @throws OptionError for anything else
 */
export function asSet(side: unknown, options: ByInterventionOptions, name: string): ImplementationSet {
  if (isSet(side)) return side;
  if (isModel(side)) return byIntervention(side, options);
  throw new OptionError({
    what: `the ${name} is neither a model nor an implementation set`,
    where: name,
    hint: `${towardsModel(side)}; or give byIntervention, trainedRuns, union`,
  });
}
