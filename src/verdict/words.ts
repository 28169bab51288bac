/** Evidence in words: the same sentences in a matcher's message, the terminal and the reports. */
import { hasSample, scopeInWords } from '../circuit/scope.js';
import { capital, interval, number, percent, percentInterval, plural } from '../format.js';
import type { CommonEvidence } from '../implementations/sampling.js';
import type { TaskEvidence } from '../task/evidence.js';
import { BLOCK } from './sequential/running-test.js';
import type { Evidence, SmallestDifference } from './evidence.js';
import type { Judgement } from './rule/judgement.js';
import { responseInWords } from '../response/words.js';
import { inputGroupsInWords } from './input-groups-evidence.js';
import type { OrbitsEvidence } from './orbits.js';
import type { RelationEvidence } from './relation/evidence.js';
import { lowerLevel } from './rule/policy.js';
import { sitesInWords } from './sites/words.js';
import type { MarginEvidence, SequentialEvidence, Trajectory } from './sequential/evidence.js';
import { twinKeyLines } from './twins/words.js';

/** Sites that are named. */
const STILL = 3;

type Line = [label: string, value: string];

/** `different (necessity violated)` */
export function headline({ outcome, judgement }: Evidence): string {
  return judgement.failed ? `${outcome} (${judgement.failed})` : outcome;
}

/** The verdict in one sentence. */
export function verdictInWords(evidence: Evidence): string {
  const { outcome, baseline, candidate, task } = evidence;
  const pair = `${candidate.model.name} and ${baseline.model.name} do “${task.name}”`;
  const says = {
    equivalent: `${pair} the same way`,
    different: `${pair} in different ways`,
    undecided: `whether ${pair} the same way`,
  };
  return `${capital(headline(evidence))}: ${says[outcome]}.`;
}

/** The numbers that carry the verdict. */
export function keyLines({ judgement, baseline, candidate, measure, singleSite, relation }: Evidence): Line[] {
  const [first, second] = judgement.sides;
  const [one, other] = [baseline.model.name, candidate.model.name];
  return [
    ['cross-model distance', `${interval(judgement.strangers)} (${measure})`],
    ['within-model distance', `${interval(first.siblings)} in ${one}, ${interval(second.siblings)} in ${other}`],
    [
      'larger by',
      `${percentInterval(first.excess)} and ${percentInterval(second.excess)}; tolerance ${percent(judgement.policy.margin)}`,
    ],
    ...(singleSite
      ? [
          [
            'judged at',
            `${singleSite.site} alone, one of ${singleSite.looked.length} sites that share alpha; all sites together left it undecided`,
          ] as Line,
        ]
      : []),
    ...(relation ? [['relation', relationInWords(relation)] as Line] : []),
  ];
}

/** What a test that expects "equivalent" asks for. */
export function expectedInWords({ judgement, relation }: Pick<Evidence, 'judgement' | 'relation'>): string {
  switch (relation?.asked) {
    case 'derived':
      return 'derived: interventions do the same to both models';
    case 'alike':
      return 'alike: the same answers, whatever part is replaced in both models';
    default:
      return `equivalent: cross-model distance at most ${percent(judgement.policy.margin)} larger than within-model distance`;
  }
}

/** `derived, equivalent, behaves alike; not shown: responds alike` */
const relationInWords = ({ holds, missing }: RelationEvidence): string =>
  `${holds.join(', ')}${missing.length > 0 ? `; not shown: ${missing.map(({ relation }) => relation).join(', ')}` : ''}`;

/** Label and value, in the order a reader wants them: what was measured, with intervals, and where the models part. */
export function measuredLines(evidence: Evidence): Line[] {
  const { judgement, baseline, candidate, bySite, smallest, runs, sequential, still, task, orbits, common } = evidence;
  const { inputGroups } = evidence;
  const [first, second] = judgement.sides;
  const [worst] = bySite;
  const parts = sitesInWords(bySite, judgement.policy.margin);
  const lines: (Line | false | undefined)[] = [
    ...keyLines(evidence),
    smallest && ['smallest', smallestInWords(smallest)],
    ['tolerance', toleranceInWords(judgement)],
    ...marginLines(evidence),
    [
      'scores',
      `congruity ${interval(judgement.congruity)}, T ${number(first.T.estimate)} and ${number(second.T.estimate)}, energy distance ${number(judgement.energy.distance)} (p ${number(judgement.energy.p)})`,
    ],
    [
      'implementations',
      [baseline, candidate]
        .map(({ acceptance: { accepted, tried } }) => `${accepted} of ${tried} draws kept`)
        .join(' and ') + (runs ? `, of ${runs[0]} and ${runs[1]} trained runs` : ''),
    ],
    ...inputLines(task),
    inputGroups && ['other inputs', inputGroupsInWords(inputGroups)],
    ...(['baseline', 'candidate'] as const).flatMap((side): Line[] => {
      const file = evidence.fingerprints?.[side];
      return file ? [[`${side} from file`, file.reasons.join(' ')]] : [];
    }),
    common && ['interventions', commonInWords(common)],
    ...searchedLines([baseline, candidate]),
    ['drawing', drawingInWords(sequential)],
    ...sequential.running.map(({ measure: by, trajectory }): Line => [
      'running test',
      `${sequential.running.length > 1 ? `${by}: ` : ''}beyond the tolerance in ${percent(trajectory.sides[0].share)} and ${percent(trajectory.sides[1].share)} of triples; ${oddsInWords(trajectory)}`,
    ]),
    worst && [
      'largest at',
      `${worst.site}: cross-model distance ${number(worst.strangers)}, within-model distance ${number(worst.siblings[0])} and ${number(worst.siblings[1])}`,
    ],
    parts !== undefined && ['by site', parts],
    still && ['left out', stillInWords(still)],
    orbits && ['symmetries', orbitsInWords(orbits)],
    ...(evidence.twins ? twinKeyLines(evidence.twins) : []),
    evidence.response && ['responses', responseInWords(evidence.response)],
  ];
  return lines.filter((line) => line !== undefined && line !== false);
}

/** Sites at which there is nothing to compare with, in one sentence. */
export function stillInWords(still: NonNullable<Evidence['still']>): string {
  const sites = still.map(({ site, strangers }) => `${site} (cross-model distance ${number(strangers)})`);
  return `${sites.slice(0, STILL).join(' and ')}${sites.length > STILL ? ` and ${sites.length - STILL} more` : ''}: no implementation changes it, so there is no within-model distance to compare with`;
}

/** What averaging over the task's symmetries leaves, in one sentence. */
export function orbitsInWords({ inputs, measured, orbits, pairs, kept }: OrbitsEvidence): string {
  const of = measured < inputs ? `, of which distances see ${measured}` : '';
  const [first, second] = kept.map(({ together }) => percent(together));
  return `averaged over ${plural(orbits, 'orbit')} of ${inputs} inputs${of}: ${plural(pairs, 'orbit')} of pairs, ${first} and ${second} of the Grams' structure kept`;
}

/** What was searched, if that was a sample of the components: draws then patch no others. */
function searchedLines(sides: readonly Evidence['baseline'][]): Line[] {
  const samples = sides.flatMap(({ searched }) => {
    const scope = searched?.scope;
    return scope && hasSample(scope) ? [scopeInWords(scope)] : [];
  });
  return [...new Set(samples)].map((one): Line => ['searched', one]);
}

/** Whether one intervention served both sides, in one sentence. */
export function commonInWords(common: CommonEvidence): string {
  if ('why' in common) return `each side by itself: ${common.why}`;
  if (common.how === 'fingerprint')
    return `those of the fingerprint, made on both models; ${common.components} components correspond by their names, ${common.patchable} are patched`;
  const says = {
    'names and shapes': 'by their names and shapes',
    map: 'by the map given',
    symmetry: 'as symmetries moved them',
  };
  return `each made on both sides; ${common.components} components correspond ${says[common.how]}, ${common.patchable} break neither side alone`;
}

/** How many inputs count, if some do not. */
export const inputLines = ({ inputs, notes }: TaskEvidence): Line[] =>
  notes ? [['inputs', `${inputs} distinct; ${notes.join('; ')}`]] : [];

/** The least that shows a difference, in one sentence. */
export function smallestInWords({
  sites,
  inputs,
  shown,
  implementations,
  distance,
  siblings,
  complete,
}: SmallestDifference): string {
  const where = sites.length > 3 ? `${sites.length} sites` : sites.join(' and ');
  const on = `${inputs} inputs (${shown.slice(0, 3).join(', ')}${inputs > 3 ? ', …' : ''})`;
  const pair = implementations
    ? `: ${implementations[1]} and ${implementations[0]} are ${number(distance!)} apart, no two of one model more than ${number(siblings!)}`
    : '';
  return `different at ${where} on ${on} already${pair}${complete ? '' : ' (time ran out: there may be less)'}`;
}

/** What the tolerance means, in one sentence. */
export function toleranceInWords({ policy, oneSideSuffices }: Pick<Judgement, 'policy' | 'oneSideSuffices'>): string {
  const { margin, beta } = policy;
  const lower = `lower limits at alpha ${number(lowerLevel(policy, oneSideSuffices))}${oneSideSuffices ? ' for each set, either of which may show a difference' : ''}`;
  return `${percent(margin)}: the cross-model distance may be that much larger than the within-model distance; ${lower}, upper at beta ${number(beta)}`;
}

/** Which tolerances would have passed, and which would have come out different. */
export function marginLines({
  smallestMargin,
  largestMargin,
}: Pick<Evidence, 'smallestMargin' | 'largestMargin'>): Line[] {
  const wrong = ({ level }: MarginEvidence): string => `wrong in at most ${percent(level)} of cases`;
  return [
    [
      'would pass',
      smallestMargin.margin === undefined
        ? `at no tolerance: ${firstOf(smallestMargin.why!)}`
        : `with a tolerance of ${percent(smallestMargin.margin)} or more (${wrong(smallestMargin)})`,
    ],
    ...(largestMargin
      ? [
          [
            'would differ',
            `with a tolerance of ${percent(largestMargin.margin!)} or less (${wrong(largestMargin)})`,
          ] as Line,
        ]
      : []),
  ];
}

/** The first of some sentences, to go on from a colon: the report has all. */
const firstOf = (sentences: string): string => {
  const [first] = sentences.split(/(?<=[a-z)])\. /) as [string];
  return `${first[0]!.toLowerCase()}${first.slice(1).replace(/\.$/, '')}`;
};

/** How many were drawn, and why no more. */
export function drawingInWords({ stopped, budget, levels, earlyLooks, running }: SequentialEvidence): string {
  const why = {
    certain: `stopped as soon as it was certain, after ${BLOCK * (running[0]?.trajectory.blocks ?? 0)} of at most ${budget.draws} draws a side`,
    settled: `stopped as soon as twins had settled the verdict, after ${BLOCK * (running[0]?.trajectory.blocks ?? 0)} of at most ${budget.draws} draws a side`,
    draws: earlyLooks > 0 ? `all ${budget.draws} draws a side` : `${budget.draws} draws a side, looked at once`,
    time: `stopped after ${budget.seconds} s`,
    exhausted: 'all that the sets have',
  }[stopped];
  return `${why}; alpha ${number(levels.alpha)}, beta ${number(levels.beta)}`;
}

/** The claim that a running test has the more evidence for: the one that is certain, or else the one that got farther. */
export function leadingClaim({ sides, certain }: Trajectory): 'near' | 'far' {
  if (certain) return certain === 'equivalent' ? 'near' : 'far';
  const least = (which: 'near' | 'far'): number => Math.min(...sides.map((side) => side[which].at(-1) ?? 0));
  return least('near') >= least('far') ? 'near' : 'far';
}

/** `odds 89 and 89 to 1 that they mostly are, certain at 67` */
function oddsInWords(trajectory: Trajectory): string {
  const { sides, levels } = trajectory;
  const which = leadingClaim(trajectory);
  const short = (x: number): string => number(Number(x.toPrecision(2)));
  const [first, second] = sides.map((side) => short(10 ** (side[which].at(-1) ?? 0)));
  return `odds ${first} and ${second} to 1 that they mostly are${which === 'near' ? ' not' : ''}, certain at ${short(1 / (which === 'near' ? levels.beta : levels.alpha))} on both sides`;
}

/** `0 computed, 26500 kept from before` */
export const rowsInWords = ({ computed, kept, why }: Evidence['rows']): string =>
  `${computed} computed${kept > 0 ? `, ${kept} known from before` : ''}${why === undefined ? '' : `; ${why}`}`;
