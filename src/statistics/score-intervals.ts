/** Intervals of the paper's scores, by resampling implementations. */
import type { Interval } from '../interval.js';
import type { Random } from '../random.js';
import type { Pieces } from '../signal.js';
import { quantile } from './distributions.js';
import type { Tails } from './intervals.js';
import { congruity, strictScore, type Shares, type Triples } from './triples.js';

export interface ScoreIntervals {
  readonly T: readonly [Interval, Interval];
  readonly congruity: Interval;
  readonly strictScore: Interval;
}

/**
 * Percentile bootstrap over implementations for the scores. A pair or triple counts by the product of its members' multiplicities
 * and only between different originals, so that drawing one implementation twice makes no sibling pair at distance zero.
 * @param paired twins are drawn together
 */
export function* scoreIntervals(
  triples: Triples,
  labels: Uint8Array,
  m1: number,
  replicates: number,
  tails: Tails,
  random: Random,
  paired = false,
): Pieces<ScoreIntervals> {
  const size = labels.length;
  const weights = new Float64Array(size);
  const drawn = [0, 1, 2, 3].map(() => new Float64Array(replicates));
  const resample = (from: number, to: number): void => {
    const m = to - from;
    do {
      weights.fill(0, from, to);
      for (let n = 0; n < m; n++) weights[from + random.below(m)]!++;
    } while (weights.subarray(from, to).includes(m)); // one original alone has no siblings
  };
  for (let b = 0; b < replicates; b++) {
    resample(0, m1);
    if (paired) weights.copyWithin(m1, 0, m1);
    else resample(m1, size);
    const shares = triples.shares(labels, weights);
    [shares[0], shares[1], congruity(shares), strictScore(shares)].forEach((value, n) => {
      drawn[n]![b] = value;
    });
    yield;
  }
  const shares: Shares = triples.shares(labels);
  const [t1, t2, score, strict] = [shares[0], shares[1], congruity(shares), strictScore(shares)].map(
    (estimate, n): Interval => {
      const sorted = drawn[n]!.sort();
      return {
        estimate,
        low: Math.min(estimate, quantile(sorted, tails.low)),
        high: Math.max(estimate, quantile(sorted, 1 - tails.high)),
      };
    },
  );
  return { T: [t1!, t2!], congruity: score!, strictScore: strict! };
}
