import * as fc from 'fast-check';
import type { Model } from '../src/model/model.js';
import { random } from '../src/random.js';
import type { ImplementationSet } from '../src/implementations/set.js';
import { implementations, type ImplementationsConstraints } from './implementations.js';

/**
 * An implementation set, for `compare` and the matchers, whose members `implementations` draws. The model without any intervention is draw 0, an ordinary member; draws are not
 * biased to small or large interventions. Those that break the behaviour are rejected like any other's.
 * @throws as `implementations`, when it is opened
 */
export function generated(
  model: Model,
  // oxlint-disable-next-line typescript/no-explicit-any
  options: Omit<ImplementationsConstraints<any>, 'on' | 'inputs' | 'seed' | 'examples'>,
): ImplementationSet {
  return {
    description: `${model.name} with random components outside its circuit intervened on`,
    original: model,
    resamples: [options.by ?? 'resample'].flat().includes('resample'),
    async open({ task, examples, seed }) {
      const arbitrary = implementations(model, { ...options, on: task, examples });
      return {
        async draw(index) {
          if (index === 0) return { description: `${model.name} itself`, model, patch: undefined };
          return fc.sample(arbitrary, {
            numRuns: 1,
            seed: random(seed, `draw ${index}`).below(0x7fffffff),
            unbiased: true,
          })[0];
        },
      };
    },
  };
}
