/**
 * Statements about a share that hold after every trial at once: one may look as often as one likes and stop when one has seen enough.
 *
 * For a share p0 the likelihood of all trials so far under a mixture of shares (Jeffreys' prior, Beta(1/2, 1/2)) over that under p0,
 *
 *     M(p0) = B(s + 1/2, f + 1/2) / (pi p0^s (1 - p0)^f)        s successes, f failures
 *
 * is a martingale that starts at 1 if the trials are independent with share p0, so that it ever reaches 1 / alpha with a chance of at most alpha (Ville, 1939). The shares with
 * M < 1 / alpha are the confidence sequence (Robbins, 1970): log M is convex in p0 with its minimum at s / (s + f), so they are an interval, exact at 0 and 1 as well.
 */
import type { Interval } from '../interval.js';
import { logGamma } from './distributions.js';

const PRIOR = 0.5;

const { log, log1p } = Math;
const LOG_PI = log(Math.PI);

/** k log(x), which is 0 for k = 0, whatever x. */
const times = (k: number, logarithm: number): number => (k === 0 ? 0 : k * logarithm);

/** log M(share); Infinity where the share is ruled out for certain. */
export function logEvidence(successes: number, trials: number, share: number): number {
  const failures = trials - successes;
  return (
    logGamma(successes + PRIOR) +
    logGamma(failures + PRIOR) -
    logGamma(trials + 1) -
    LOG_PI -
    times(successes, log(share)) -
    times(failures, log1p(-share))
  );
}

/**
 * On which side of a limit the share lies, as soon as that is certain: at whatever number of trials one looks, and however often, it is wrong with a chance of at most `alpha`.
 * @param limit in (0, 1)
 */
export function sideOf(successes: number, trials: number, limit: number, alpha: number): 'above' | 'below' | undefined {
  if (trials === 0 || logEvidence(successes, trials, limit) < -log(alpha)) return undefined;
  return successes > limit * trials ? 'above' : 'below';
}

/** Bisects between a share that is ruled out and one that is not, to the last bit; gives the one that is ruled out, so that rounding never narrows the limits. */
function edge(out: number, inside: number, ruledOut: (share: number) => boolean): number {
  if (!ruledOut(out)) return out;
  for (;;) {
    const middle = (out + inside) / 2;
    if (middle === out || middle === inside) return out;
    if (ruledOut(middle)) out = middle;
    else inside = middle;
  }
}

/**
 * Limits that contain the share after every number of trials at once with a chance of at least 1 - alpha. 0 to 1 around one half without trials.
 * @param alpha in (0, 1)
 */
export function binomialSequence(successes: number, trials: number, alpha: number): Interval {
  if (trials === 0) return { estimate: 0.5, low: 0, high: 1 };
  const estimate = successes / trials;
  const level = -log(alpha);
  const ruledOut = (share: number): boolean => logEvidence(successes, trials, share) >= level;
  return { estimate, low: edge(0, estimate, ruledOut), high: edge(1, estimate, ruledOut) };
}
