/**
 * The drawn inputs as a random factor. An interval over implementations speaks of the inputs that were drawn; others would have given another value. The inputs are dealt into groups, and what is
 * measured is taken on each by itself (Mahalanobis's random groups; Wolter, Introduction to Variance Estimation, chapter 2).
 *
 * A limit for the inputs is the largest, or the smallest, of the groups: of G independent groups all lie on one side of their median with probability 2^-G, whatever the distribution. Student's limit
 * over groups is narrower, and wrong too often where a few inputs have most of the weight, as a sample without them shows neither the mean nor the variance (lab/simulations.md). The larger of the two
 * is taken, so that it is wide enough for any level. It is joined with the limit over implementations by the squares of their distances from the estimate (MOVER: Zou and Donner 2008).
 */
import { UNBOUNDED, type Interval } from '../interval.js';
import { studentQuantile } from './distributions.js';
import { mean } from './mean.js';

/** Mean distances on one group of inputs, of each side and across. */
export interface InputGroup {
  readonly siblings: readonly [number, number];
  readonly strangers: number;
}

/** A statistic on each group of inputs. */
export interface OnGroups {
  readonly values: readonly number[];
  /** share of the task's inputs that were not drawn, 0..1: no doubt is left where all were */
  readonly left: number;
}

export interface InputGroups {
  readonly groups: readonly InputGroup[];
  /** share of the task's inputs that were not drawn, 0..1 */
  readonly left: number;
}

/** How far limits lie from an estimate, either way. */
export interface Widths {
  readonly below: number;
  readonly above: number;
}

/** How often a lower and an upper limit may be wrong. */
interface Tails {
  readonly low: number;
  readonly high: number;
}

/** How far the limits of a statistic lie from it, because the inputs are a sample. */
export function inputWidths({ values, left }: OnGroups, { low, high }: Tails): Widths {
  const centre = mean(values);
  const count = values.length;
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const error = Math.sqrt(squares / (count - 1) / count);
  const student = (tail: number): number => studentQuantile(1 - tail, count - 1) * error;
  const share = Math.sqrt(left);
  return {
    below: share * Math.max(centre - Math.min(...values), student(low)),
    above: share * Math.max(Math.max(...values) - centre, student(high)),
  };
}

/** Limits for two independent reasons to doubt. */
export const joined = (one: Widths, other: Widths): Widths => ({
  below: Math.hypot(one.below, other.below),
  above: Math.hypot(one.above, other.above),
});

/** An interval over implementations that allows for other inputs. @param groups undefined: it stays what it is */
export function overInputs(
  { estimate, low, high }: Interval,
  groups: OnGroups | undefined,
  tails: Tails,
  [least, most]: readonly [number, number],
): Interval {
  if (!groups) return { estimate, low, high };
  const { below, above } = joined({ below: estimate - low, above: high - estimate }, inputWidths(groups, tails));
  return { estimate, low: Math.max(least, estimate - below), high: Math.min(most, estimate + above) };
}

/** The same of a ratio, on the logarithmic scale. */
export function ratioOverInputs(interval: Interval, groups: OnGroups | undefined, tails: Tails): Interval {
  // copies, which are at a distance of zero, have no logarithm
  if (!groups || groups.values.every((x) => x === 0)) return interval;
  const { estimate } = interval;
  const log = (x: number): number => Math.log(Math.max(x, Number.MIN_VALUE));
  const { low, high } = overInputs(
    { estimate: log(estimate), low: log(interval.low), high: log(interval.high) },
    { ...groups, values: groups.values.map(log) },
    tails,
    [-Infinity, log(UNBOUNDED)],
  );
  return {
    estimate,
    low: Math.min(interval.low, Math.exp(low)),
    high: Math.max(interval.high, Math.min(UNBOUNDED, Math.exp(high))),
  };
}
