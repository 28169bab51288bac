/**
 * The rule: from the evidence to one of three outcomes, with the reasons in words. docs/verdict.md states it in one paragraph;
 * lab/simulations.md holds its measured error rates.
 */
import type { EnergyTest } from '../../statistics/energy.js';
import { UNBOUNDED } from '../../interval.js';
import type { Interval, Policy, SideJudgement } from '../../statistics/judgement.js';
import type { Judgement } from './judgement.js';

/** With fewer implementations on a side "different" is never said: no permutation test reaches p <= 0.05 with 3 + 3. */
export const FEWEST_TO_DIFFER = 4;

/** A kind of implementation that makes up this share of a set is missed by all draws with a probability of at most beta. */
const KIND = 1 / 3;

/**
 * With fewer implementations on a side "equivalent" is never said. No interval knows of implementations that were not drawn: a kind
 * that makes up a third of a set is missed by 8 draws with probability 0.04, by 4 with 0.20 (lab/simulations.md).
 */
export const fewestToEquate = (beta: number): number => Math.ceil(Math.log(beta) / Math.log(1 - KIND) - 1e-9);

/** Beyond this many implementations "draw more" is no advice. */
const MOST_TO_ADVISE = 1000;

export interface Grounds {
  readonly policy: Policy;
  readonly m: readonly [number, number];
  readonly sides: readonly [SideJudgement, SideJudgement];
  readonly energy: EnergyTest;
  readonly names: Names;
  /** a difference that one set sees is enough */
  readonly oneSideSuffices: boolean;
}

export type Decision = Pick<Judgement, 'outcome' | 'reasons' | 'wouldSettle' | 'failed'>;

/** What the two sides and their members are called in the reasons. */
export interface Names {
  readonly sides: readonly [string, string];
  /** plural: what was drawn independently */
  readonly units: string;
}
export const plainNames: Names = { sides: ['first set', 'second set'], units: 'implementations' };

function percent(value: number): string {
  if (Math.abs(value) >= UNBOUNDED / 2) return 'without limit';
  const p = 100 * value;
  return `${Math.abs(p) < 10 ? Number(p.toFixed(1)) : p.toFixed(0)} %`;
}

const range = ({ low, high }: Interval): string =>
  high >= UNBOUNDED / 2 ? 'no limits can be given' : `${percent(low)} to ${percent(high)}`;

/** "strangers are 12 % farther apart than siblings of the first set (5 % to 20 %)" */
function farther({ excess }: SideJudgement, name: string): string {
  const { estimate } = excess;
  const how = estimate < 0 ? `${percent(-estimate)} nearer to each other` : `${percent(estimate)} farther apart`;
  return `strangers are ${how} than siblings of the ${name} (${range(excess)})`;
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

/** How many implementations would bring this side's limit to the margin, its width shrinking as 1 / sqrt(m). */
function needed({ excess }: SideJudgement, m: number, margin: number): number {
  const log = (v: number): number => Math.log(Math.max(1 + v, 1e-9));
  const at = log(excess.estimate);
  const gap = Math.abs(at - log(margin));
  const half = excess.estimate <= margin ? log(excess.high) - at : at - log(excess.low);
  return half <= gap ? m : Math.ceil(m * (half / gap) ** 2);
}

/** Applies the rule. */
export function decide({
  policy,
  m,
  sides,
  energy,
  names: { sides: names, units },
  oneSideSuffices: either,
}: Grounds): Decision {
  const { margin, alpha } = policy;
  const toEquate = fewestToEquate(policy.beta);
  const fewest = Math.min(...m);
  const enough = fewest >= FEWEST_TO_DIFFER;
  const self = sides.every((s) => s.checks.selfCongruent);
  const near = sides.every((s) => s.excess.high <= margin);
  const beyond = sides.map((s) => s.excess.low > margin);
  const far = beyond.every(Boolean);
  const shows = sides.map((s, a) => beyond[a]! && s.excess.low > s.self.noise && s.checks.varied);
  const significant = energy.p <= alpha + 1e-12;
  const powered = sides.every((s) => s.checks.powered);
  const uncontrolled = sides.some((s) => s.control === undefined);

  if (fewest >= toEquate && self && near && powered) {
    return {
      outcome: 'equivalent',
      reasons: [
        `Strangers are at most ${percent(margin)} farther apart than siblings, seen from both sets: ${sides.map((side, a) => farther(side, names[a]!)).join('; ')}.`,
        ...(uncontrolled
          ? [
              'No unrelated controls were given, so it was not checked that this comparison could have told anything apart.',
            ]
          : []),
      ],
      wouldSettle: undefined,
      failed: undefined,
    };
  }
  if (enough && significant && (shows.every(Boolean) || (either && shows.some(Boolean)))) {
    const from = far ? 'seen from both sets' : `seen from the ${names[beyond.indexOf(true)]}, the tighter set`;
    return {
      outcome: 'different',
      reasons: [
        `Strangers are more than ${percent(margin)} farther apart than siblings, ${from}: ${sides.map((side, a) => farther(side, names[a]!)).join('; ')}.`,
        `The sets are not exchangeable: permuting their labels gives so large an energy distance with p = ${Number(energy.p.toPrecision(2))}.`,
      ],
      wouldSettle: undefined,
      failed: 'necessity violated',
    };
  }

  const reasons: string[] = [];
  const settle: string[] = [];
  const blocks = (check: boolean, why: string, what: string): void => {
    if (check) return;
    reasons.push(sentence(why));
    if (!settle.includes(what)) settle.push(what);
  };

  if (!enough) {
    blocks(
      false,
      `${m[0]} and ${m[1]} ${units} are too few to decide anything`,
      `at least ${toEquate} ${units} a side (20 are usual)`,
    );
    return undecided(reasons, settle);
  }
  const agree = (hold: (side: SideJudgement) => boolean): void =>
    sides.forEach((side, a) => {
      const { noise } = side.self;
      const more = Math.ceil(m[a]! * (noise / margin) ** 2);
      blocks(
        hold(side),
        `the ${names[a]} does not agree with itself finely enough: one random half of it can look ${percent(noise)} farther than the other`,
        more <= MOST_TO_ADVISE
          ? `about ${more} ${units} in the ${names[a]} (its noise falls as 1 / sqrt(m)), or a tighter set`
          : `a tighter ${names[a]}: gentler interventions, or fewer kinds of runs in one set`,
      );
    });

  // beyond the margin from one side, within it from the other, and surely apart: one set is broader than the other
  const high = sides.findIndex((s) => s.excess.estimate > margin);
  const low = sides.findIndex((s) => s.excess.estimate <= margin);
  const disagree = high >= 0 && low >= 0 && sides[high]!.excess.low > sides[low]!.excess.high;
  if (near) {
    blocks(
      fewest >= toEquate,
      `${m[0]} and ${m[1]} ${units} look alike, but so few can miss a whole kind of implementation`,
      `at least ${toEquate} ${units} a side`,
    );
    agree((side) => side.checks.selfCongruent);
    sides.forEach((side, a) =>
      blocks(
        side.checks.powered,
        `even controls that are unrelated by construction are not surely more than ${percent(margin)} farther than siblings of the ${names[a]} (${side.control ? range(side.control) : ''}), so that nearness shows nothing`,
        'siblings nearer to each other (gentler interventions), more inputs, or a finer measure',
      ),
    );
  } else if (far || (either && beyond.includes(true))) {
    blocks(
      significant,
      `the sets could be exchangeable: permuting their labels gives p = ${Number(energy.p.toPrecision(2))}`,
      `more ${units}, ${2 * fewest} a side for a start`,
    );
    agree((side) => side.excess.low <= margin || side.excess.low > side.self.noise);
    sides.forEach((side, a) =>
      blocks(
        side.excess.low <= margin || side.checks.varied,
        `siblings of the ${names[a]} are copies of each other (mean distance ${side.siblings.estimate.toPrecision(2)}, below ${side.copies > policy.resolution ? `${side.copies.toPrecision(2)}: what a copy shows of itself, and the resolution ${policy.resolution.toPrecision(2)}` : `the resolution ${policy.resolution.toPrecision(2)}`}): beside them any second model looks different`,
        'more varied siblings: stronger interventions, or other training runs in the set',
      ),
    );
  } else if (disagree && !either) {
    blocks(
      false,
      `the sides disagree: ${[high, low].map((a) => farther(sides[a]!, names[a]!)).join(', but ')}; the ${names[high]} is tight and lies inside or beside the broad ${names[low]}`,
      "sets of like breadth: draw both in the same way, or add to the tight set the kinds of implementation that the broad one has; or several trained runs a side, where breadth is the models' own and counts as a difference",
    );
  } else {
    const open = sides
      .map((side, a) => ({ side, a }))
      .filter(({ side }) => side.excess.high > margin && side.excess.low <= margin);
    const count = Math.max(...open.map(({ side, a }) => needed(side, m[a]!, margin)), fewest + 1, toEquate);
    blocks(
      false,
      `too uncertain: ${open.map(({ side, a }) => farther(side, names[a]!)).join('; ')}, which is neither surely within nor surely beyond the margin of ${percent(margin)}`,
      count <= MOST_TO_ADVISE
        ? `about ${count} ${units} a side`
        : `the excess lies about at the margin itself: no number of ${units} settles that, another margin does`,
    );
    agree((side) => side.checks.selfCongruent);
  }
  return undecided(reasons, settle);
}

function undecided(reasons: readonly string[], settle: readonly string[]): Decision {
  return {
    outcome: 'undecided',
    reasons,
    wouldSettle: sentence(settle.join('; and ')),
    failed: 'sufficiency not established',
  };
}
