/** The numbers a verdict is judged by: their defaults, and the check of what a user writes. */
import { OptionError } from '../errors.js';
import type { Policy } from './judgement.js';
import { nearest } from '../options.js';

/**
 * Strangers may be 25 % farther apart than siblings; 95 % intervals. The resolution is that of the ridge distance
 * sqrt(1 - R2): siblings that predict each other with R2 = 0.999 are copies. Another measure needs its own.
 */
export const defaultPolicy: Policy = Object.freeze({
  margin: 0.25,
  confidence: 0.95,
  resolution: Math.sqrt(0.001),
  bootstrap: 2000,
  permutations: 1999,
});

const keys = Object.keys(defaultPolicy) as (keyof Policy)[];

const bounds: Record<keyof Policy, { readonly says: string; readonly holds: (value: number) => boolean }> = {
  margin: { says: 'a number above 0 and at most 100 (0.25 is 25 %)', holds: (v) => v > 0 && v <= 100 },
  confidence: { says: 'a number between 0.5 and 1, both excluded', holds: (v) => v > 0.5 && v < 1 },
  resolution: { says: 'a distance above 0', holds: (v) => v > 0 && Number.isFinite(v) },
  bootstrap: { says: 'an integer from 100 to 1000000', holds: (v) => Number.isInteger(v) && v >= 100 && v <= 1e6 },
  permutations: { says: 'an integer from 19 to 1000000', holds: (v) => Number.isInteger(v) && v >= 19 && v <= 1e6 },
};

/**
 * The defaults overlaid with what was given, frozen. A key whose value is undefined keeps its default.
 * @param where the option's path, for messages
 * @throws OptionError for an unknown key (the nearest known one is named), a value out of range, or too few permutations
 *   for the confidence
 */
export function resolvePolicy(given: Partial<Policy> = {}, where = 'policy'): Policy {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError({ what: 'The policy is not an object.', where, todo: `Give an object with any of: ${keys.join(', ')}.` });
  }
  const policy = { ...defaultPolicy };
  for (const [key, value] of Object.entries(given) as [keyof Policy, unknown][]) {
    if (!keys.includes(key)) {
      throw new OptionError({
        what: `Unknown option '${key}'; did you mean '${nearest(key, keys)}'?`,
        where: `${where}.${key}`,
        todo: `Known options: ${keys.join(', ')}.`,
      });
    }
    if (value === undefined) continue;
    if (typeof value !== 'number' || !bounds[key].holds(value)) {
      throw new OptionError({
        what: `Option '${key}' is ${typeof value === 'number' ? value : JSON.stringify(value)}.`,
        where: `${where}.${key}`,
        todo: `It must be ${bounds[key].says}.`,
      });
    }
    policy[key] = value;
  }
  // the smallest Monte Carlo p is 1 / (1 + permutations): with fewer, "different" could never be reached
  const fewest = Math.ceil(1 / (1 - policy.confidence) - 1 - 1e-9);
  if (policy.permutations < fewest) {
    throw new OptionError({
      what: `${policy.permutations} permutations cannot show p <= ${Number((1 - policy.confidence).toPrecision(6))}.`,
      where: `${where}.permutations`,
      todo: `Use at least ${fewest}, or a lower confidence.`,
    });
  }
  return Object.freeze(policy);
}
