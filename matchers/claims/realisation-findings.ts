/** What interchanges come to, as findings. */
import type { ClaimFinding } from '../../src/claims/findings.js';
import type { GroupEvidence, RealisationEvidence, StratumEvidence } from '../../src/realisation/evidence.js';
import { groupInWords, groupsInOrder } from '../../src/realisation/words.js';

/** Limits of the rate of disagreement. */
const rateOf = ({ accuracy }: StratumEvidence) => ({
  rate: 1 - accuracy.estimate,
  low: 1 - accuracy.high,
  high: 1 - accuracy.low,
});

const strataOf = ({ matters, rest }: GroupEvidence): StratumEvidence[] =>
  [matters, rest].filter((one) => one !== undefined);
const has = (group: GroupEvidence, is: StratumEvidence['is']): boolean => strataOf(group).some((one) => one.is === is);

/** Of an alignment that was searched for: why it allows no verdict, if it does not. */
export function searchFindingsOf({
  outcome,
  threshold,
  groups,
  found,
}: RealisationEvidence): [ClaimFinding] | undefined {
  if (found === undefined) return undefined;
  if (outcome === 'not realised') {
    const [first] = groupsInOrder(groups) as [GroupEvidence];
    const worst = first.matters?.is === 'beyond' ? first.matters : first.rest!;
    return [
      { code: 'alignment-not-found', variables: first.variables, numbers: { threshold, rate: rateOf(worst).rate } },
    ];
  }
  if (outcome !== 'realised') return undefined;
  if (found.missing.length > 0) return [{ code: 'variables-not-found', variables: found.missing, numbers: {} }];
  if (found.untrained === undefined) return [{ code: 'no-untrained', numbers: {} }];
  const { accuracy } = found.untrained;
  return accuracy > found.allowed
    ? [{ code: 'untrained-near', numbers: { accuracy, allowed: found.allowed } }]
    : undefined;
}

/** The deciding one first. */
export function findingsOf({
  outcome,
  threshold,
  groups,
  draws,
  stopped,
}: RealisationEvidence): [ClaimFinding, ...ClaimFinding[]] {
  const ordered = groupsInOrder(groups);
  if (outcome === 'not realised') {
    const beyond = ordered.filter((group) => has(group, 'beyond'));
    const [first] = beyond as [GroupEvidence];
    const matters = first.matters?.is === 'beyond';
    const { rate, low } = rateOf(matters ? first.matters! : first.rest!);
    const others = beyond.slice(1).map(groupInWords);
    const { variables, positions } = first;
    return [{ code: 'not-realised', variables, positions, matters, others, numbers: { threshold, rate, low } }];
  }
  const single = groups.filter(({ variables, positions }) => variables.length === 1 && positions === 'all');
  const untested = single.filter(({ matters }) => matters === undefined).flatMap(({ variables }) => variables);
  const besides: ClaimFinding[] =
    untested.length > 0 ? [{ code: 'variables-not-tested', variables: untested, numbers: {} }] : [];
  if (outcome === 'realised') {
    const high = Math.max(...groups.flatMap(strataOf).map((one) => rateOf(one).high));
    return [{ code: 'realised', numbers: { threshold, variables: single.length, high } }, ...besides];
  }
  if (stopped === 'certain') return [{ code: 'no-variable-tested', numbers: {} }];
  const open = ordered.filter((group) => has(group, 'open'));
  const worst = open[0] && strataOf(open[0]).find((one) => one.is === 'open');
  const { low, high } = worst ? rateOf(worst) : { low: 0, high: 1 };
  const variables = open.length > 0 ? open.map(groupInWords) : single.flatMap((one) => one.variables);
  return [{ code: 'realisation-open', variables, stopped, numbers: { threshold, low, high, draws } }, ...besides];
}
