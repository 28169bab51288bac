/** Whether the parts of evidence follow from one another: whoever changes a number by hand leaves others that it does not go with. Evidence alone cannot tell more; `congruity verify` derives it from fingerprints. */
import type { Interval } from '../interval.js';
import { excessInterval, siblingInterval, strangerInterval, views } from '../statistics/intervals.js';
import type { Blocks } from '../statistics/judgement.js';
import type { Evidence } from './evidence.js';
import { decideRelation, holding, type Said } from './relation/decide.js';
import { decide } from './rule/decide.js';
import type { Outcome } from './rule/outcome.js';
import { lowerLevel } from './rule/policy.js';

/** Another processor or version of Node may round in other ways. */
const ROUNDING = 1e-9;

const same = (a: number, b: number): boolean => Math.abs(a - b) <= ROUNDING * Math.max(1, Math.abs(a), Math.abs(b));

/** Findings that leave a verdict of the rule undecided. */
const WEAKENING: ReadonlySet<string> = new Set(['untouched-difference', 'untouched-likeness', 'averaged-away']);

function blocksOf({ distances: { within1, within2, across }, common }: Evidence): Blocks {
  const flat = (rows: readonly (readonly number[])[]): Float64Array => Float64Array.from(rows.flat());
  return {
    m1: within1.length,
    m2: within2.length,
    within1: flat(within1),
    within2: flat(within2),
    across: flat(across),
    paired: common !== undefined && 'how' in common,
  };
}

/** Of distances whose units are implementations: the judgement's means, limits, and how much larger strangers are. */
function ofDistances(evidence: Evidence): string | undefined {
  const { judgement, runs, inputGroups } = evidence;
  if (runs !== undefined) return undefined;
  const { policy, oneSideSuffices, strangers, sides } = judgement;
  const { resolution } = policy;
  const tails = { low: lowerLevel(policy, oneSideSuffices), high: policy.beta };
  const both = views(blocksOf(evidence));
  const pairs: [path: string, said: Interval, derived: Interval][] = [
    ['strangers', strangers, strangerInterval(both[0], resolution, tails)],
    ...both.flatMap((view, a): [string, Interval, Interval][] => [
      [`sides[${a}].siblings`, sides[a]!.siblings, siblingInterval(view, resolution, tails)],
      [`sides[${a}].excess`, sides[a]!.excess, excessInterval(view, resolution, tails)],
    ]),
  ];
  for (const [path, said, derived] of pairs)
    // limits of the excess allow for inputs that were not drawn, of which a report has no distances
    for (const name of path.endsWith('excess') && inputGroups
      ? (['estimate'] as const)
      : (['estimate', 'low', 'high'] as const))
      if (!same(said[name], derived[name]))
        return `judgement.${path}.${name} is ${said[name]}, and ${derived[name]} follows from its distances`;
  return undefined;
}

/** The rule on the judgement's numbers. */
function ofRule({ judgement, relation, baseline, candidate, runs, bank, outcome }: Evidence): string | undefined {
  const said: Outcome | undefined = relation?.distances ?? (bank ? undefined : outcome);
  if (said === undefined) return undefined;
  const { policy, sides, energy, oneSideSuffices, findings } = judgement;
  const m = runs ?? ([baseline.implementations.length, candidate.implementations.length] as const);
  const derived = decide({ policy, m, sides, energy, oneSideSuffices }).outcome;
  if (said === derived || (said === 'undecided' && findings.some(({ code }) => WEAKENING.has(code)))) return undefined;
  return `distances are said to be "${said}", and "${derived}" follows from the judgement's numbers`;
}

/** The verdict on what distances, twins and responses say, or a bank. */
function ofRelation({ relation, twins, response, bank, outcome }: Evidence): string | undefined {
  const differs = (path: string, is: string, derived: string): string | undefined =>
    is === derived
      ? undefined
      : `${path} is "${is}", and "${derived}" follows from what distances, twins and responses say`;
  if (bank && bank.outcome !== outcome) return `outcome is "${outcome}", and its bank says "${bank.outcome}"`;
  if (!relation) return undefined;
  const { asked, distances, holds, strongest } = relation;
  const said: Said = { distances, twins: twins?.outcome, responses: response?.outcome };
  return (
    differs('relation.holds', holds.join(', '), holding(asked, said).join(', ')) ??
    differs('relation.strongest', strongest, holds[0]!) ??
    (bank ? undefined : differs('outcome', outcome, decideRelation(asked, said)))
  );
}

/** Where evidence contradicts itself, as a sentence without its full stop; undefined where it does not. */
export const contradiction = (evidence: Evidence): string | undefined =>
  ofDistances(evidence) ?? ofRule(evidence) ?? ofRelation(evidence);
