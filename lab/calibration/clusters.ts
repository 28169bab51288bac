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
