/** The numbers a verdict is judged by: their defaults, and the check of what a user writes. */
import * as z from 'zod';
import { OptionError } from '../../errors.js';
import type { Policy } from '../../statistics/judgement.js';
import { nearest, type ShapeOf } from '../../options.js';

/**
 * Strangers may be 25 % farther apart than siblings; either error at most 5 %. The resolution is that of the ridge distance
 * sqrt(1 - R2): siblings that predict each other with R2 = 0.999 are copies. Another measure needs its own.
 */
export const defaultPolicy: Policy = Object.freeze({
  margin: 0.25,
  alpha: 0.05,
  beta: 0.05,
  resolution: Math.sqrt(0.001),
  bootstrap: 2000,
  permutations: 1999,
});

/** The numbers a verdict is judged by, as options. */
export interface PolicyOptions {
  /** the tolerance: how much larger the cross-model distance may be than the within-model distance; 0.25 is 25 %. @defaultValue 0.25 */
  readonly margin?: number | undefined;
  /** rate of saying "different" of what is within the tolerance, at most. @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** rate of saying "equivalent" of what is beyond the tolerance, at most. @defaultValue 0.05 */
  readonly beta?: number | undefined;
  /** a mean within-model distance below this counts as this: the implementations are copies of each other. @defaultValue the measure's own */
  readonly resolution?: number | undefined;
  /** bootstrap resamples. @defaultValue 2000 */
  readonly bootstrap?: number | undefined;
  /** permutations of the energy test. @defaultValue 1999 */
  readonly permutations?: number | undefined;
}

/** Ranges and defaults are those of `resolvePolicy`. */
export const policyShape = {
  margin: z.number().optional(),
  alpha: z.number().optional(),
  beta: z.number().optional(),
  resolution: z.number().optional(),
  bootstrap: z.number().optional(),
  permutations: z.number().optional(),
} satisfies ShapeOf<PolicyOptions>;

const keys = Object.keys(defaultPolicy) as (keyof Policy)[];

const MOST_PERMUTATIONS = 1e6;
const FEWEST_PERMUTATIONS = 19;
/** Bootstrap resamples. */
export const FEWEST_REPLICATES = 100;

/** The largest tolerance there is. */
export const MOST_MARGIN = 100;

const bounds: Record<keyof Policy, { readonly says: string; readonly holds: (value: number) => boolean }> = {
  margin: {
    says: `a number above 0 and at most ${MOST_MARGIN} (0.25 is 25 %)`,
    holds: (v) => v > 0 && v <= MOST_MARGIN,
  },
  alpha: { says: 'a number between 0 and 0.5, both excluded', holds: (v) => v > 0 && v < 0.5 },
  beta: { says: 'a number between 0 and 0.5, both excluded', holds: (v) => v > 0 && v < 0.5 },
  resolution: { says: 'a distance above 0', holds: (v) => v > 0 && Number.isFinite(v) },
  bootstrap: {
    says: `an integer from ${FEWEST_REPLICATES} to 1000000`,
    holds: (v) => Number.isInteger(v) && v >= FEWEST_REPLICATES && v <= 1e6,
  },
  permutations: {
    says: `an integer from ${FEWEST_PERMUTATIONS} to 1000000`,
    holds: (v) => Number.isInteger(v) && v >= FEWEST_PERMUTATIONS && v <= MOST_PERMUTATIONS,
  },
};

/** What of some options is such a number. */
export const policyOf = ({
  margin,
  alpha,
  beta,
  resolution,
  bootstrap,
  permutations,
}: PolicyOptions): Partial<Policy> => ({ margin, alpha, beta, resolution, bootstrap, permutations }) as Partial<Policy>;

/**
 * The defaults overlaid with what was given, frozen. A key whose value is undefined keeps its default.
 * @param where the option's path, for messages
 * @throws OptionError for an unknown key (the nearest known one is named), a value out of range, or too few permutations
 *   for alpha
 */
export function resolvePolicy(given: Partial<Policy> = {}, where = 'policy'): Policy {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError({
      what: 'The policy is not an object.',
      where,
      hint: `Give an object with any of: ${keys.join(', ')}.`,
    });
  }
  const policy = { ...defaultPolicy };
  for (const [key, value] of Object.entries(given) as [keyof Policy, unknown][]) {
    if (value === undefined) continue;
    if (!keys.includes(key)) {
      throw new OptionError({
        what: `Unknown option '${key}'; did you mean '${nearest(key, keys)}'?`,
        where: `${where}.${key}`,
        hint: `Known options: ${keys.join(', ')}.`,
      });
    }
    if (typeof value !== 'number' || !bounds[key].holds(value)) {
      throw new OptionError({
        what: `Option '${key}' is ${typeof value === 'number' ? value : JSON.stringify(value)}.`,
        where: `${where}.${key}`,
        hint: `It must be ${bounds[key].says}.`,
      });
    }
    policy[key] = value;
  }
  // the smallest Monte Carlo p is 1 / (1 + permutations): with fewer, "different" could never be reached
  const fewest = fewestPermutations(policy.alpha);
  if (policy.permutations < fewest) {
    throw new OptionError({
      what: `${policy.permutations} permutations cannot show p <= ${policy.alpha}.`,
      where: `${where}.permutations`,
      hint: `Use at least ${fewest}, or a larger alpha.`,
    });
  }
  return Object.freeze(policy);
}

/** How often a lower limit may be wrong: where either set may show a difference, each has half of alpha. */
export const lowerLevel = (policy: Policy, oneSideSuffices: boolean): number =>
  oneSideSuffices ? policy.alpha / 2 : policy.alpha;

/** The smallest Monte Carlo p is 1 / (1 + permutations). */
const fewestPermutations = (alpha: number): number => Math.max(FEWEST_PERMUTATIONS, Math.ceil(1 / alpha - 1 - 1e-9));

/** What resampling costs least, where only the limits of distances are wanted. */
export const leastResampling = (alpha: number): Pick<Policy, 'bootstrap' | 'permutations'> => ({
  bootstrap: FEWEST_REPLICATES,
  permutations: fewestPermutations(alpha),
});

/** Whether the permutation test can show a p of this level at all. */
export const reachable = (alpha: number): boolean => fewestPermutations(alpha) <= MOST_PERMUTATIONS;

/** The same policy at other levels of error, with as many permutations as the level needs to be reached with room to spare. */
export function atLevels(policy: Policy, { alpha, beta }: Pick<Policy, 'alpha' | 'beta'>): Policy {
  const permutations =
    alpha < policy.alpha
      ? Math.max(policy.permutations, Math.min(4 * fewestPermutations(alpha), MOST_PERMUTATIONS))
      : policy.permutations;
  return Object.freeze({ ...policy, alpha, beta, permutations });
}
