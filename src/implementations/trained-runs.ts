/** Implementations that are other trained models. */
import { OptionError } from '../errors.js';
import { requireModel } from '../model/is-model.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import { identified, type ImplementationSet } from './set.js';

/**
 * Other trained runs: each model is one implementation, in an order drawn by seed. A finite set.
 * @throws OptionError for an empty list
 */
export function trainedRuns(models: readonly Model[]): ImplementationSet {
  const [first] = models;
  if (!Array.isArray(models) || first === undefined)
    throw new OptionError({ what: 'trainedRuns needs at least one model', where: 'trainedRuns' });
  models.forEach((model, at) => requireModel(model, `run ${at}`, 'trainedRuns'));
  const set: ImplementationSet = {
    description: `${models.length} trained runs: ${models.map((model) => model.name).join(', ')}`,
    original: first,
    runs: models.length,
    models,
    async open({ seed }) {
      const order = random(seed, 'runs').permutation(models.length);
      return {
        async draw(index) {
          const model = index < order.length ? models[order[index]!] : undefined;
          return model && { description: model.name, model, patch: undefined };
        },
      };
    },
  };
  return identified(set, (keyOf) => {
    const keys = models.map(keyOf);
    return keys.includes(undefined) ? undefined : ['trained runs', keys];
  });
}
