/**
 * The smallest tolerance at which the same draws would have come out equivalent, and the largest at which they would have come out different.
 *
 * Both are chosen after looking and are valid all the same. A larger tolerance makes every observation of the running test smaller or leaves it as it is, so its evidence of "within" grows with the tolerance, on every course of
 * draws: that it is certain at some tolerance below the true one is the event that it is so at the largest of them, which has probability beta at most (Koobs and Koning, arXiv 2603.16213). The rule's limits do not depend on the tolerance at all.
 */
import type { Interval } from '../../interval.js';
import { MOST_MARGIN } from '../rule/policy.js';
import type { Outcome } from '../rule/outcome.js';
import type { MarginEvidence } from './evidence.js';
import type { RunningTest } from './running-test.js';

/** Tolerances are told apart by a tenth of a percent. */
const STEP = 1e-3;
const STEPS = Math.round(MOST_MARGIN / STEP);

/** What the rule says of one measure: all that a verdict needs to be within, or beyond, a tolerance. */
export interface RuleLimits {
  readonly sides: readonly {
    readonly excess: Pick<Interval, 'low' | 'high'>;
    readonly self: { readonly noise: number };
  }[];
  /** a difference that one side sees is enough */
  readonly oneSideSuffices?: boolean | undefined;
}

/** The first of the steps from 1 that holds, where all after it do, too; undefined where none does. */
function firstStep(holds: (margin: number) => boolean): number | undefined {
  let [no, yes] = [0, STEPS];
  if (!holds(STEPS * STEP)) return undefined;
  while (yes - no > 1) {
    const middle = (no + yes) >> 1;
    if (holds(middle * STEP)) yes = middle;
    else no = middle;
  }
  return yes;
}

const marginAt = (step: number | undefined): number | undefined =>
  step === undefined || step < 1 ? undefined : Number((step * STEP).toFixed(3));

/** The smallest tolerance at which a running test would by now be certain of "equivalent". */
export const equivalentFrom = (test: RunningTest): number | undefined =>
  marginAt(firstStep((margin) => test.at(margin).certain === 'equivalent'));

/** The largest at which it would be certain of "different". */
export function differentUpTo(test: RunningTest): number | undefined {
  const first = firstStep((margin) => test.at(margin).certain !== 'different');
  return marginAt((first ?? STEPS + 1) - 1);
}

/** All measures must be within the tolerance, as both sides see it. */
export const within = (limits: readonly RuleLimits[], margins: readonly number[]): boolean =>
  limits.every(({ sides }, i) => sides.every(({ excess }) => excess.high <= margins[i]!));

/** What a tolerance must be below for a measure to show a difference: as both sides see it, if one does not suffice. */
const lowest = ({ sides, oneSideSuffices }: RuleLimits): number =>
  Math[oneSideSuffices ? 'max' : 'min'](...sides.map(({ excess }) => excess.low));

/** One measure must be beyond it. */
export const beyond = (limits: readonly RuleLimits[], margins: readonly number[]): boolean =>
  limits.some((of, i) => lowest(of) > margins[i]!);

export interface Margins {
  readonly look: 'early look' | 'last look';
  /** per measure, at the levels of the look at which drawing ended */
  readonly limits: readonly RuleLimits[];
  /** per measure, of a verdict before the last look */
  readonly running?: readonly RunningTest[] | undefined;
  /** the rule on the same draws, at another tolerance */
  readonly judge: (margin: number) => Promise<{ readonly outcome: Outcome; readonly why: string }>;
}

const by = ({ running, look }: Margins): MarginEvidence['by'] => (running ? 'running test and rule' : look);

/** @param beta of the whole comparison */
export async function smallestMargin(given: Margins, beta: number): Promise<MarginEvidence> {
  const { limits, running, judge } = given;
  const told = { level: beta, by: by(given) };
  const certain = (running ?? []).map((test) => equivalentFrom(test) ?? Infinity);
  const needed = Math.max(
    STEP,
    ...certain,
    ...limits.flatMap(({ sides }) => sides.flatMap(({ excess, self }) => [excess.high, self.noise])),
  );
  const margin = marginAt(Math.ceil(needed / STEP - 1e-9));
  if (margin === undefined || !(margin <= MOST_MARGIN))
    return { ...told, why: 'There are too few draws for limits at this level.' };
  const { outcome, why } = await judge(margin);
  return outcome === 'equivalent' ? { ...told, margin } : { ...told, why };
}

/** Undefined where it would have come out different at no tolerance. */
export async function largestMargin(given: Margins, alpha: number): Promise<MarginEvidence | undefined> {
  const { limits, running, judge } = given;
  // strictly beyond it
  const below = (low: number): number => Math.min(STEPS, Math.ceil(low / STEP - 1e-9) - 1);
  const step = Math.max(
    ...limits.map((of, i) =>
      Math.min(below(lowest(of)), running ? Math.round((differentUpTo(running[i]!) ?? 0) / STEP) : STEPS),
    ),
  );
  const margin = marginAt(step);
  if (margin === undefined || (await judge(margin)).outcome !== 'different') return undefined;
  return { level: alpha, by: by(given), margin };
}
