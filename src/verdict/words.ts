/** Evidence in words: the same sentences in a matcher's message, the terminal and the reports. */
import { interval, number, percent, percentInterval } from '../format.js';
import type { Evidence, SmallestDifference } from './evidence.js';

/** `different: necessity violated` */
export function headline({ outcome, judgement }: Evidence): string {
  return judgement.failed ? `${outcome}: ${judgement.failed}` : outcome;
}

/** Label and value, in the order a reader wants them: what was measured, with intervals, and where the models part. */
export function measuredLines(evidence: Evidence): [label: string, value: string][] {
  const { judgement, baseline, candidate, bySite, measure, smallest } = evidence;
  const [first, second] = judgement.sides;
  const [worst] = bySite;
  const side = (name: string, { excess, siblings }: typeof first): string =>
    `strangers ${percentInterval(excess)} farther than siblings (siblings ${interval(siblings)} apart) as ${name} sees it`;
  return [
    ['baseline', side(baseline.model.name, first)],
    ['candidate', side(candidate.model.name, second)],
    ['strangers', `${interval(judgement.strangers)} apart (${measure} distance)`],
    ['margin', `${percent(judgement.policy.margin)}, at ${percent(judgement.policy.confidence)} confidence`],
    [
      'scores',
      `congruity ${interval(judgement.congruity)}, T ${number(first.T.estimate)} and ${number(second.T.estimate)}, energy distance ${number(judgement.energy.distance)} (p ${number(judgement.energy.p)})`,
    ],
    [
      'implementations',
      [baseline, candidate].map(({ acceptance: { accepted, tried } }) => `${accepted} of ${tried} draws kept`).join(' and '),
    ],
    ...(worst ? [['farthest at', `${worst.site}: strangers ${number(worst.strangers)}, siblings ${number(worst.siblings[0])} and ${number(worst.siblings[1])} apart`] as [string, string]] : []),
    ...(smallest ? [['smallest', smallestInWords(smallest)] as [string, string]] : []),
  ];
}

/** The least that shows a difference, in one sentence. */
export function smallestInWords({ sites, inputs, shown, implementations, distance, siblings, complete }: SmallestDifference): string {
  const where = sites.length > 3 ? `${sites.length} sites` : sites.join(' and ');
  const on = `${inputs} inputs (${shown.slice(0, 3).join(', ')}${inputs > 3 ? ', …' : ''})`;
  const pair = implementations ? `: ${implementations[1]} and ${implementations[0]} are ${number(distance!)} apart, no two siblings more than ${number(siblings!)}` : '';
  return `different at ${where} on ${on} already${pair}${complete ? '' : ' (time ran out: there may be less)'}`;
}
