/** The rule that makes one verdict of what distances, twins and responses say. The only place of it; docs/verdict.md has it as a table. */
import type { Outcome } from '../rule/outcome.js';
import type { Relation, RelationName } from './evidence.js';

/** What each kind of evidence says; undefined where it was not to be had. */
export interface Said {
  /** the rule on distances between implementations */
  readonly distances: Outcome;
  readonly twins: 'derived' | 'not derived' | 'open' | undefined;
  readonly responses: 'alike' | 'unlike' | 'undecided' | undefined;
}

/** Distances may agree of a network that was trained to have another's representations: interventions show it. */
const imitates = ({ twins, responses }: Said): boolean =>
  responses === 'unlike' || (twins === 'not derived' && responses !== 'alike');

/** Every relation that is established, the strongest first. Where equivalence is asked for, distances alone show it. All that are judged do the task: they behave alike. */
export function holding(asked: Relation | undefined, said: Said): readonly RelationName[] {
  const { distances, twins, responses } = said;
  const derived = twins === 'derived' && distances !== 'different';
  return [
    ...(derived ? (['derived'] as const) : []),
    // derived implies it: docs/verdict.md
    ...(derived || (distances === 'equivalent' && (asked === 'equivalent' || !imitates(said)))
      ? (['equivalent'] as const)
      : []),
    ...(responses === 'alike' ? (['responds alike'] as const) : []),
    'behaves alike',
  ];
}

/** True where twins settle the verdict, whatever responses say. */
export function settledByTwins(asked: Relation | undefined, said: Pick<Said, 'distances' | 'twins'>): boolean {
  if (asked === 'equivalent' || said.twins === undefined || said.twins === 'open') return false;
  const outcomes = new Set(
    (['alike', 'unlike', 'undecided'] as const).map((responses) => decideRelation(asked, { ...said, responses })),
  );
  return outcomes.size === 1 && !outcomes.has('undecided');
}

/** Where nothing is asked for: copies pass, what only imitates does not, and what answers alike is not called different. */
function byDefault(said: Said): Outcome {
  const { distances, twins, responses } = said;
  if (distances === 'different' && twins !== 'derived' && responses !== 'alike') return 'different';
  return holding(undefined, said).includes('equivalent') ? 'equivalent' : 'undecided';
}

/** @param asked undefined: nothing in particular */
export function decideRelation(asked: Relation | undefined, said: Said): Outcome {
  const { distances, twins, responses } = said;
  switch (asked) {
    case 'derived':
      if (twins === 'not derived') return 'different';
      return twins === 'derived' && distances !== 'different' ? 'equivalent' : 'undecided';
    case 'equivalent':
      return distances;
    case 'alike':
      return responses === 'alike' ? 'equivalent' : responses === 'unlike' ? 'different' : 'undecided';
    default:
      return byDefault(said);
  }
}
