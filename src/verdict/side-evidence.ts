/** One side of a comparison: what its search ranges over, and what is reported of it. */
import { searchedCount } from '../circuit/scope.js';
import type { SampleSource } from '../implementations/samples.js';
import type { Searched } from '../implementations/set.js';
import { isSet, type ByInterventionOptions, type ImplementationSet } from '../implementations/index.js';
import { modelEvidence } from '../model/evidence.js';
import type { Model } from '../model/model.js';
import { wilson } from '../statistics/intervals.js';
import type { SideEvidence } from './evidence.js';

/** How many components the search of a side ranges over; undefined for a set that does its own drawing. @throws as `ofKinds` */
export function componentsOf(
  side: Model | ImplementationSet,
  { outside = 'grow', search }: ByInterventionOptions,
): number | undefined {
  return isSet(side) || outside !== 'grow' ? undefined : searchedCount(side, search?.over);
}

export function sideEvidence({ set, searched, behaviour, drawn, tried }: SampleSource): SideEvidence {
  return {
    model: modelEvidence(set.original),
    set: set.description,
    behaviour,
    implementations: drawn.map((one) => ({ description: one.description, behaviour: one.behaviour })),
    acceptance: { tried, accepted: drawn.length, rate: wilson(drawn.length, tried, 0.95) },
    ...(searched && { searched: searchEvidence(searched) }),
  };
}

// JSON has no infinity
const finite = (effect: number): number => (Number.isFinite(effect) ? effect : Number.MAX_VALUE);

function searchEvidence({
  components,
  scope,
  patchable,
  runs,
  alone,
  estimated,
  untold,
}: Searched): NonNullable<SideEvidence['searched']> {
  return {
    components,
    ...(scope && { scope }),
    patchable,
    runs,
    alone: alone.length,
    held: components - alone.length - untold,
    untold,
    how: estimated ? 'gradients' : alone.length === components ? 'one by one' : 'groups',
    top: alone.slice(0, 10).map(({ component, effect }) => {
      const estimate = estimated?.get(component);
      return {
        component: component.name,
        effect: finite(effect),
        ...(estimate !== undefined && { estimate: finite(estimate) }),
      };
    }),
  };
}
