/** The joint rule, and others that one might have taken, on the half of the models that it was chosen on and on the other. */
import { decideRelation, type Said } from '../../../src/verdict/relation/decide.js';
import type { Half } from '../clusters.js';
import type { Results, Row } from '../rows.js';
import { judgedOf, kindsOf, share, tableOf } from './shares.js';

type Outcome = Row['outcome'];

/** What one comparison's evidence says; undefined where it was refused. */
function saidBy({ distances, twins, response }: Row): Said | undefined {
  return distances === null ? undefined : { distances, twins: twins ?? undefined, responses: response ?? undefined };
}

/** Each makes one verdict of the same three pieces of evidence. */
const rules: readonly { readonly name: string; readonly of: (said: Said) => Outcome }[] = [
  { name: 'the joint rule', of: (said) => decideRelation(undefined, said) },
  { name: 'distances alone', of: ({ distances }) => distances },
  { name: 'twins alone', of: (said) => decideRelation('derived', said) },
  { name: 'responses alone', of: (said) => decideRelation('alike', said) },
  {
    name: 'the joint rule, and *different* for answers unlike unless derived',
    of: (said) =>
      said.responses === 'unlike' && said.twins !== 'derived' ? 'different' : decideRelation(undefined, said),
  },
  {
    name: 'the joint rule, and *equivalent* for answers alike unless not derived',
    of: (said) =>
      said.responses === 'alike' && said.twins !== 'not derived' ? 'equivalent' : decideRelation(undefined, said),
  },
];

/** Kinds whose truth a rule is judged by, and what it is to say of them. */
const wanted: readonly (readonly [id: string, outcome: Outcome, says: string])[] = [
  ['fine-tuned', 'equivalent', 'fine-tuned: equivalent'],
  ['pruned', 'equivalent', 'pruned: equivalent'],
  ['8 bits', 'equivalent', '8 bits: equivalent'],
  ['imitating', 'equivalent', 'imitating: equivalent (wrong)'],
  ['imitating', 'different', 'imitating: different'],
  ['bent', 'different', 'bent: different (wrong)'],
  ['bent', 'equivalent', 'bent: equivalent'],
  ['attention', 'different', 'attention: different'],
  ['variable', 'different', 'variable: different'],
];

function lines(results: Results, half: Half): (string | number)[][] {
  const kinds = kindsOf(results);
  const known = (id: string): Row[] =>
    judgedOf(kinds.find((kind) => kind.id === id)?.rows ?? []).filter((row) => row.half === half);
  return rules.map(({ name, of }) => [
    name,
    ...wanted.map(([id, outcome]) => share(known(id), (row) => of(saidBy(row)!) === outcome)),
  ]);
}

/** Both halves beside each other: percent of comparisons, `choosing half / confirming half`. */
export function halves(results: Results): string {
  const [choose, confirm] = [lines(results, 'choose'), lines(results, 'confirm')];
  return tableOf(
    ['rule', ...wanted.map(([, , says]) => says)],
    choose.map((cells, i) => cells.map((cell, j) => (j === 0 ? cell : `${cell} / ${confirm[i]![j]}`))),
  );
}
