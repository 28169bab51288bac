/** Findings in sentences, and what to do next. The only place in which a judgement's prose is made. */
import { capital, interval, isUnbounded, number, percent, plural } from '../../format.js';
import type { Interval } from '../../interval.js';
import type { Finding, FindingCode } from './findings.js';

/** What the two sides and their members are called. */
export interface Names {
  readonly sides: readonly [string, string];
  /** plural: what was drawn independently */
  readonly units: string;
}

export const plainNames: Names = { sides: ['first set', 'second set'], units: 'implementations' };

/** @param runs trained runs a side, if they are what counts as independent */
export const namesOf = (runs: unknown): Names => ({
  sides: ['baseline', 'candidate'],
  units: runs === undefined ? 'implementations' : 'trained runs',
});

/** Beyond this many draws "draw more" is no advice. */
const MOST_TO_ADVISE = 1000;

type Of<C extends FindingCode> = Extract<Finding, { readonly code: C }>;

const named = ({ side }: { readonly side: 'baseline' | 'candidate' }, { sides }: Names): string =>
  sides[side === 'baseline' ? 0 : 1];
const other = ({ side }: { readonly side: 'baseline' | 'candidate' }, { sides }: Names): string =>
  sides[side === 'baseline' ? 1 : 0];

const range = ({ low, high }: Interval): string =>
  isUnbounded(high) ? 'no limits can be given' : `${percent(low)} to ${percent(high)}`;

/** `the cross-model distance is 12 % larger than the within-model distance of the baseline (5 % to 20 %)` */
const compared = (excess: Interval, set: string): string =>
  `the cross-model distance is ${percent(Math.abs(excess.estimate))} ${excess.estimate < 0 ? 'smaller' : 'larger'} than the within-model distance of the ${set} (${range(excess)})`;

const short = (x: number): string => number(Number(x.toPrecision(2)));
const all = (sites: readonly string[]): string => sites.join(' and ');
const it = (sites: readonly unknown[]): string => (sites.length === 1 ? 'it' : 'them');

/** `twin ratio 0.3 (0.2 to 0.4), response cosine 0.9 (0.8 to 1)` */
const twinNumbers = ({ ratio, cosine }: { readonly ratio: Interval; readonly cosine?: Interval | undefined }): string =>
  `twin ratio ${interval(ratio)}${cosine ? `, response cosine ${interval(cosine)}` : ''}`;

/** Each begins with a small letter: something may stand before it. */
const sentences: { readonly [C in FindingCode]: (finding: Of<C>, names: Names) => string } = {
  'within-tolerance': (f, names) =>
    `${compared(f.numbers.excess, named(f, names))}, within the tolerance of ${percent(f.numbers.tolerance)}`,
  'no-control': () => 'no unrelated control was given, so it was not checked that a difference could be seen',
  'beyond-tolerance': (f, names) =>
    `${compared(f.numbers.excess, named(f, names))}, beyond the tolerance of ${percent(f.numbers.tolerance)}`,
  'not-beyond-tolerance': (f, names) =>
    `${compared(f.numbers.excess, named(f, names))}; the ${other(f, names)} is the tighter set, and it is enough to show a difference`,
  'not-exchangeable': ({ numbers: { p } }) =>
    `the sets are not exchangeable: permuting their labels gives so large an energy distance with p = ${short(p)}`,
  'too-few-to-decide': ({ numbers: { counts } }, { units }) =>
    `${counts[0]} and ${counts[1]} ${units} are too few to decide anything`,
  'too-few-to-equate': ({ numbers: { counts } }, { units }) =>
    `${counts[0]} and ${counts[1]} ${units} look alike, but so few can miss a whole kind of implementation`,
  'not-self-congruent': (f, names) =>
    `the ${named(f, names)} does not agree with itself finely enough: one random half of it can look ${percent(f.numbers.noise)} farther than the other`,
  'control-not-beyond': (f, names) =>
    `even an unrelated control (inputs shuffled) is not surely more than ${percent(f.numbers.tolerance)} beyond the within-model distance of the ${named(f, names)}${f.numbers.excess ? ` (${range(f.numbers.excess)})` : ''}, so being near shows nothing`,
  'maybe-exchangeable': ({ numbers: { p } }) =>
    `the sets could be exchangeable: permuting their labels gives p = ${short(p)}`,
  copies: (f, names) => {
    const { distance, copies, resolution } = f.numbers;
    const limit =
      copies > resolution
        ? `${short(copies)}: what a copy shows of itself, and the resolution ${short(resolution)}`
        : `the resolution ${short(resolution)}`;
    return `implementations of the ${named(f, names)} are copies of each other (within-model distance ${short(distance)}, below ${limit}), and next to copies any second model looks different`;
  },
  'sides-disagree': (f, names) =>
    `the sides disagree: ${compared(f.numbers.excess, named(f, names))}, but ${compared(f.numbers.other, other(f, names))}; the ${named(f, names)} is tight and lies inside or beside the broad ${other(f, names)}`,
  'too-uncertain': (f, names) =>
    `${compared(f.numbers.excess, named(f, names))}, which is neither surely within nor surely beyond the tolerance of ${percent(f.numbers.tolerance)}`,
  'averaged-away': (f, names) =>
    `the symmetries of the task leave nothing of the ${named(f, names)}: averaged over them all inputs are equally far apart (${f.numbers.pairs} orbits of pairs of ${f.numbers.inputs} inputs, ${percent(f.numbers.kept)} of the structure kept)`,
  'all-sites-undecided': ({ numbers: { sites, alpha } }) =>
    `all sites together were undecided, so ${sites} single sites were judged, each at alpha ${number(alpha)}`,
  'untouched-difference': ({ sites }) =>
    `all sites together look different, but the difference may be only at ${all(sites)}, which no implementation changes`,
  'untouched-likeness': ({ sites }) =>
    `all sites together look equivalent, but no implementation changes ${all(sites)}, and next to ${it(sites)} all implementations look like copies of each other`,
  'rest-not-judged': ({ why }) => `nothing could be judged (${why.replace(/\.$/, '')})`,
  derived: ({ numbers }) => `interventions do the same to both models: ${twinNumbers(numbers)}`,
  'derived-open': ({ numbers }) =>
    `whether interventions do the same to both models is not certain: ${twinNumbers(numbers)}`,
  'not-derived': ({ numbers }) =>
    `interventions do something else to the candidate than to the baseline (${twinNumbers(numbers)}), so it is not derived from it, which is no evidence of another mechanism`,
  'no-twins': ({ why }) => `no intervention can be made on both models: ${why}`,
  'responses-within-tolerance': ({ numbers: { roles, high, tolerance } }) =>
    `whatever is replaced of ${plural(roles, 'role')}, the answers are at most ${short(high)} apart on average, within the tolerance of ${number(tolerance)}`,
  'response-beyond-tolerance': ({ role, numbers: { low, tolerance } }) =>
    `${role === undefined ? 'without any intervention' : `with ${role} replaced in both models`} the answers are at least ${short(low)} apart on average, beyond the tolerance of ${number(tolerance)}: the models respond in different ways`,
  'response-not-shown': ({ numbers: { tolerance } }) =>
    `that answers stay within ${number(tolerance)}, whatever role is replaced, is not established`,
  'no-responses': ({ why }) => `no role can be replaced in both models: ${why}`,
  'running-test-open': () => 'the running test is not certain yet',
};

/** What would settle it. Several findings may have the same advice; it is given once. */
const advice: { readonly [C in FindingCode]?: (finding: Of<C>, names: Names) => string } = {
  'too-few-to-decide': ({ numbers: { needed } }, { units }) => `at least ${needed} ${units} a side (20 are usual)`,
  'too-few-to-equate': ({ numbers: { needed } }, { units }) => `at least ${needed} ${units} a side`,
  'not-self-congruent': (f, names) =>
    f.numbers.needed <= MOST_TO_ADVISE
      ? `about ${f.numbers.needed} ${names.units} in the ${named(f, names)} (its noise falls as 1 / sqrt(m)), or a tighter set`
      : `a tighter ${named(f, names)}: gentler interventions, or fewer kinds of runs in one set`,
  'control-not-beyond': () =>
    'implementations of a side nearer to each other (gentler interventions), more inputs, or a finer measure',
  'maybe-exchangeable': ({ numbers: { needed } }, { units }) => `more ${units}, ${needed} a side for a start`,
  copies: () => 'more varied implementations: stronger interventions, or other training runs in the set',
  'averaged-away': () => "fewer symmetries: those that the task's own mathematics gives",
  'sides-disagree': () =>
    "sets of like breadth: draw both in the same way, or add to the tight set the kinds of implementation that the broad one has; or several trained runs a side, where breadth is the models' own and counts as a difference",
  'not-derived': () =>
    "if the model was trained again, other runs of the baseline's recipe to hold it against (`bank`), or `relation: 'equivalent'`, which asks for distances only",
  'response-beyond-tolerance': () =>
    "a look at that role (`toRespondLike` shows the simplest case), or `relation: 'equivalent'`, which asks for distances only",
  'derived-open': () => 'more draws (`budget`)',
  'response-not-shown': () => 'other roles, or a larger budget (`toRespondLike`)',
  'no-twins': () => 'a map that says which component is which (`common`)',
  'no-responses': () => 'pairs of sites that stand for the same part (`roles` of `toRespondLike`)',
  'too-uncertain': ({ numbers: { needed } }, { units }) =>
    needed <= MOST_TO_ADVISE
      ? `about ${needed} ${units} a side`
      : `another tolerance (\`margin\`): the excess lies about at this one, and no number of ${units} settles that`,
};

const sentence = (text: string): string => `${capital(text)}.`;

/** One sentence for each finding. */
export const explain = (findings: readonly Finding[], names: Names): string[] =>
  findings.map((finding) => {
    const said = (sentences[finding.code] as (finding: Finding, names: Names) => string)(finding, names);
    const site = 'site' in finding ? finding.site : undefined;
    const without = 'without' in finding ? finding.without : undefined;
    if (site !== undefined) return `At ${site} alone, ${said}.`;
    return without === undefined ? sentence(said) : `Without ${all(without)}, ${said}.`;
  });

/** What would settle an undecided outcome; undefined if nothing is left open. */
export function nextSteps(findings: readonly Finding[], names: Names): string | undefined {
  const steps = findings.map((finding) =>
    (advice[finding.code] as ((finding: Finding, names: Names) => string) | undefined)?.(finding, names),
  );
  const some = [...new Set(steps.filter((step) => step !== undefined))];
  const untouched = findings.flatMap((finding) => ('sites' in finding ? finding.sites : []));
  if (some.length === 0 && untouched.length > 0) some.push(`comparing without ${all(untouched)} (\`sites\`)`);
  if (some.length === 0) return undefined;
  const draws = findings.flatMap((finding) => (finding.code === 'running-test-open' ? finding.numbers.draws : []))[0];
  const forecast =
    draws === undefined || draws > MOST_TO_ADVISE
      ? ''
      : ` At this rate the running test would be certain after about ${draws} more draws a side (\`budget\`).`;
  return `${sentence(some.join('; and '))}${forecast}`;
}

/** A decision with its sentences. */
export function explained<D extends { readonly outcome: string; readonly findings: readonly Finding[] }>(
  decision: D,
  names: Names,
): D & { readonly reasons: readonly string[]; readonly wouldSettle?: string | undefined } {
  const { findings, outcome } = decision;
  const wouldSettle = outcome === 'undecided' ? nextSteps(findings, names) : undefined;
  return { ...decision, reasons: explain(findings, names), wouldSettle };
}
