/** Exact statements about a share from successes of a fixed number of trials: where one looks more than once, `binomial-sequence.ts`. */
import type { Interval } from '../interval.js';
import { logGamma } from './distributions.js';

/** P(X >= k) for X binomial with n trials of probability p, by summing. */
export function atLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  let sum = 0;
  for (let i = k; i <= n; i++)
    sum += Math.exp(
      logGamma(n + 1) - logGamma(i + 1) - logGamma(n - i + 1) + i * Math.log(p) + (n - i) * Math.log1p(-p),
    );
  return Math.min(1, sum);
}

/** P(X <= k). */
export const atMost = (k: number, n: number, p: number): number => atLeast(n - k, n, 1 - p);

/** Where a rising function of p in [0, 1] crosses a level. */
function crossing(rising: (p: number) => number, level: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Clopper and Pearson's exact interval (1934): covers with at least the confidence, whatever the share. 0 to 1 around one half without trials. */
export function clopperPearson(successes: number, trials: number, confidence: number): Interval {
  if (trials === 0) return { estimate: 0.5, low: 0, high: 1 };
  const tail = (1 - confidence) / 2;
  return {
    estimate: successes / trials,
    low: successes === 0 ? 0 : crossing((p) => atLeast(successes, trials, p), tail),
    high: successes === trials ? 1 : crossing((p) => 1 - atMost(successes, trials, p), 1 - tail),
  };
}
