/**
 * How the two levels are spent. With a level a, K sample sizes at which drawing may stop early, and a last look at the end:
 *
 * - the running test must be certain at a, and the rule's limits must hold at (1 - LAST) a / K, for an early verdict;
 * - the rule's limits must hold at LAST a for a verdict of the last look.
 *
 * The rule's limits at a sample size that is fixed beforehand are wrong with at most their level. K early sample sizes and the last one: by the union bound a verdict contradicts the true excess with
 * probability at most (1 - LAST) a + LAST a = a, whatever the running test says and whenever it is certain. (These limits are asymptotic: lab/simulations.md measures them.)
 * The running test is certain of what contradicts the true share of triples with probability at most a, at any time and of any distribution (Ville), so an early verdict contradicts it no more often. An early
 * verdict that is wrong in both ways has the smaller of the two bounds.
 */
import { fewestFor } from '../../statistics/e-process.js';
import type { Levels } from './evidence.js';
import { BLOCK } from './running-test.js';

/** The last look's share of each level. */
export const LAST = 0.75;

/** A running test costs the last look a part of its level: it is worth that where it can end in half of the draws. */
export const worthwhile = (levels: readonly Levels[], draws: number): boolean =>
  levels.every(({ alpha, beta }) => 2 * BLOCK * fewestFor(Math.min(alpha, beta)) <= draws);

/** Blocks before which no running test can be certain. */
export const fewestBlocks = (levels: readonly Levels[]): number =>
  Math.min(...levels.map(({ alpha, beta }) => fewestFor(Math.max(alpha, beta))));

/** Sample sizes before the last at which drawing may stop. */
export const earlyLooks = (levels: readonly Levels[], draws: number): number =>
  Math.max(1, Math.ceil((draws - BLOCK * fewestBlocks(levels)) / BLOCK));

const times = ({ alpha, beta }: Levels, share: number): Levels => ({ alpha: share * alpha, beta: share * beta });

/** Of each early look. */
export const earlyLevels = (whole: Levels, looks: number): Levels => times(whole, (1 - LAST) / looks);

/** Of a further test of an early look, the k-th that is made (from 1): over all looks they add up to what is not the last look's. */
export const furtherLevels = (whole: Levels, k: number): Levels => times(whole, (1 - LAST) * 2 ** -k);

export const lastLevels = (whole: Levels): Levels => times(whole, LAST);
