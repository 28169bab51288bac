/** One side of a comparison: what its search ranges over, and what is reported of it. */
import type { SampleSource } from '../implementations/samples.js';
import { isSet, type ByInterventionOptions, type ImplementationSet } from '../implementations/index.js';
import { modelEvidence } from '../model/evidence.js';
import type { Model } from '../model/model.js';
import { wilson } from '../statistics/intervals.js';
import type { SideEvidence } from './evidence.js';

/** How many components the search of a side ranges over; undefined for a set that does its own drawing. */
export function componentsOf(
  side: Model | ImplementationSet,
  { outside = 'grow', search }: ByInterventionOptions,
): number | undefined {
  if (isSet(side) || outside !== 'grow') return undefined;
  const kinds = search?.over?.split('+');
  return side.parts.reduce(
    (sum, { kind, count }) => sum + ((kinds ? kinds.includes(`${kind}s`) : kind !== 'layer') ? count : 0),
    0,
  );
}

export function sideEvidence({ set, searched, behaviour, drawn, tried }: SampleSource): SideEvidence {
  return {
    model: modelEvidence(set.original),
    set: set.description,
    behaviour,
    implementations: drawn.map((one) => ({ description: one.description, behaviour: one.behaviour })),
    acceptance: { tried, accepted: drawn.length, rate: wilson(drawn.length, tried, 0.95) },
    ...(searched && {
      searched: {
        components: searched.ranking.length,
        patchable: searched.patchable,
        runs: searched.runs,
        // JSON has no infinity
        top: searched.ranking.slice(0, 10).map(({ component, effect }) => ({
          component: component.name,
          effect: Number.isFinite(effect) ? effect : Number.MAX_VALUE,
        })),
      },
    }),
  };
}
