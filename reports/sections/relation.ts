/** How two models are related: which relations are established, and why the others are not. */
import { relationNames } from '../../src/verdict/relation/evidence.js';
import { markup, table } from '../html/markup.js';
import { ofComparison } from './section.js';

/** What each relation says. */
const SAYS = {
  derived: 'Every intervention on a component does to one model what it does to the other.',
  equivalent: 'Implementations of the two models cannot be told apart by linear maps.',
  'responds alike': 'The answers stay together, whatever part is replaced in both models.',
  'behaves alike': 'Both models do the task.',
} as const;

export const relation = ofComparison({
  id: 'relation',
  title: 'Relation',
  applies: (evidence) => evidence.relation !== undefined,
  html: ({ relation: found }) => {
    const { holds, missing, strongest } = found!;
    const why = new Map(missing.map((one) => [one.relation, one.reasons.join(' ')]));
    return markup`<p>The strongest relation that is established: <b>${strongest}</b>.</p>${table(
      'Relations, the strongest first',
      ['relation', 'says', 'holds', 'why not'].map((head) => ({ head })),
      relationNames.map((name) => [name, SAYS[name], holds.includes(name) ? 'yes' : 'no', why.get(name) ?? '']),
    )}`;
  },
  properties: ({ relation: found }) => ({
    relation: found!.strongest,
    'relation.distances': found!.distances,
    ...(found!.asked && { 'relation.asked': found!.asked }),
  }),
});
