/** Shares of comparisons that share models: comparisons of one pair of models are one cluster. */
import type { Interval } from '../../src/interval.js';
import { wilson } from '../../src/statistics/intervals.js';

/** One comparison: whether it counts, and the pair of models it is of. */
export interface Counted {
  readonly hit: boolean;
  readonly cluster: string;
}

/**
 * How many independent comparisons these are worth: their number over the design effect, which is the variance of the share between clusters over that of as many independent
 * comparisons (Kish), and never below 1. Where all say the same there is no variance to see, and each cluster counts once.
 */
export function effectiveNumber(rows: readonly Counted[]): number {
  const n = rows.length;
  const clusters = new Map<string, { size: number; hits: number }>();
  for (const { hit, cluster } of rows) {
    const there = clusters.get(cluster) ?? { size: 0, hits: 0 };
    clusters.set(cluster, { size: there.size + 1, hits: there.hits + Number(hit) });
  }
  const count = clusters.size;
  const hits = rows.filter(({ hit }) => hit).length;
  if (hits === 0 || hits === n || count < 2) return count;
  const share = hits / n;
  let between = 0;
  for (const { size, hits: own } of clusters.values()) between += (own - size * share) ** 2;
  const effect = ((count / (count - 1)) * between) / (n * share * (1 - share));
  return n / Math.max(1, effect);
}

/** The share that counts, with Wilson's interval for as many comparisons as these are worth. */
export function clusteredShare(rows: readonly Counted[], confidence: number): Interval {
  const share = rows.length === 0 ? 0.5 : rows.filter(({ hit }) => hit).length / rows.length;
  const worth = rows.length === 0 ? 0 : effectiveNumber(rows);
  return wilson(share * worth, worth, confidence);
}

/** A model's name without what a copy of it adds: `learned 3 (8 bits)` is made from `learned 3`. */
const originalOf = (name: string): string => name.replace(/ \(.*$/s, '');

/**
 * What comparisons of one pair of models have in common: the names of both, copies under that of their original, in order of the alphabet. Sets of runs overlap from one comparison to
 * the next and are no pair: each comparison is a cluster of its own.
 */
export function clusterOf(words: string, index: number): string {
  const sides = words.split(' | ').map(originalOf);
  return sides.some((side) => /^\d+ runs of /.test(side)) ? `comparison ${index}` : sides.toSorted().join(', ');
}

/** The joint rule is chosen on the one half of the pairs and confirmed on the other. */
export type Half = 'choose' | 'confirm';

/** By the number of the first model: even to choose. A copy and what it was made from share theirs. */
export const halfOf = (cluster: string): Half => (Number(/ (\d+)/.exec(cluster)?.[1]) % 2 === 0 ? 'choose' : 'confirm');
