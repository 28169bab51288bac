/** Evidence in words: the same sentences in a matcher's message, the terminal and the reports. */
import type { Evidence } from './evidence.js';
import type { Interval } from './judgement.js';

/** Three significant digits, and never an exponent for the sizes that distances have. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(3)));
}

/** `0.27 [0.25, 0.29]` */
export const interval = ({ estimate, low, high }: Interval): string => `${number(estimate)} [${number(low)}, ${number(high)}]`;

/** A share as a whole percentage, with a sign where asked. */
export function percent(share: number, sign = false): string {
  const whole = Math.round(share * 100);
  return `${sign && whole > 0 ? '+' : ''}${Object.is(whole, -0) ? 0 : whole} %`;
}

/** `+275 % [+260 %, +290 %]` */
export const percentInterval = ({ estimate, low, high }: Interval): string =>
  `${percent(estimate, true)} [${percent(low, true)}, ${percent(high, true)}]`;

/** `different: necessity violated` */
export function headline({ outcome, judgement }: Evidence): string {
  return judgement.failed ? `${outcome}: ${judgement.failed}` : outcome;
}

/** Label and value, in the order a reader wants them: what was measured, with intervals, and where the models part. */
export function measuredLines(evidence: Evidence): [label: string, value: string][] {
  const { judgement, baseline, candidate, bySite, measure } = evidence;
  const [first, second] = judgement.sides;
  const [worst] = bySite;
  const side = (name: string, { excess, siblings }: typeof first): string =>
    `strangers ${percentInterval(excess)} farther than siblings (siblings ${interval(siblings)} apart) as ${name} sees it`;
  return [
    ['baseline', side(baseline.model.name, first)],
    ['candidate', side(candidate.model.name, second)],
    ['strangers', `${interval(judgement.strangers)} apart (${measure} distance)`],
    ['margin', `${percent(judgement.policy.margin, true)}, at ${percent(judgement.policy.confidence)} confidence`],
    [
      'scores',
      `congruity ${interval(judgement.congruity)}, T ${number(first.T.estimate)} and ${number(second.T.estimate)}, energy distance ${number(judgement.energy.distance)} (p ${number(judgement.energy.p)})`,
    ],
    [
      'implementations',
      [baseline, candidate].map(({ acceptance: { accepted, tried } }) => `${accepted} of ${tried} draws kept`).join(' and '),
    ],
    ...(worst ? [['farthest at', `${worst.site}: strangers ${number(worst.strangers)}, siblings ${number(worst.siblings[0])} and ${number(worst.siblings[1])} apart`] as [string, string]] : []),
  ];
}
