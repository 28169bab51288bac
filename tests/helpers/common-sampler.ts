/** Random transformers under common interventions. */
import { correspondence } from '../../src/circuit/correspondence.js';
import { CommonSampler } from '../../src/implementations/common.js';
import { byIntervention, type ByInterventionOptions } from '../../src/implementations/index.js';
import type { Model } from '../../src/model/model.js';
import { klToClean, pairs, range } from '../../src/task/index.js';
import { task } from '../../generators/task.js';
import { vocabulary } from './random-transformer.js';

/** Divergence from what the model says without interventions, at most. */
export const most = 0.02;

export const saysTheSame = task({
  name: 'says the same',
  inputs: pairs(range(vocabulary), range(vocabulary)),
  behaviour: klToClean(),
  threshold: { atMost: most },
});

export async function startCommon(
  first: Model,
  second: Model,
  { seed = 1, set = {} }: { seed?: number; set?: ByInterventionOptions } = {},
): Promise<CommonSampler> {
  const sets = [byIntervention(first, set), byIntervention(second, set)] as const;
  const found = correspondence(first, second, { over: set.search?.over });
  return (await CommonSampler.start(sets as never, found.pairs!, {
    task: saysTheSame,
    examples: saysTheSame.examples(121, 0),
    seed,
    searchSeed: 2,
    minAcceptance: 0.05,
    sites: undefined,
    pool: 'last',
    perSite: 0,
    keepSites: false,
    signal: undefined,
  }))!;
}
