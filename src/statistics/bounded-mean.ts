/**
 * What a mean in [0, 1] is, by betting: valid whenever one looks. For independent observations x with mean m the wealth of a gambler who stakes the share f of what may be staked on
 * "the mean is above m", the product of 1 - f + f x / m, is not expected to grow, and by Ville's inequality ever reaches 1/level with probability at most `level`; likewise that of one
 * who bets on "below", with 1 - x and 1 - m. The wealth is spread over several stakes. Both are monotone in m, so that the means not ruled out are an interval.
 * Waudby-Smith and Ramdas 2024 (arXiv 2010.09686); `EProcess` is the case m = 1/2.
 */
import type { Interval } from '../interval.js';
import { logSumExp } from './log-sum-exp.js';

/** Shares of the largest stake, with the part of the wealth put on each. The largest wins fastest where all observations say the same, the small ones where a few are far out. */
const STAKES: readonly (readonly [share: number, wealth: number])[] = [
  [1, 0.15],
  [0.85, 0.2],
  [0.6, 0.2],
  [0.35, 0.2],
  [0.18, 0.15],
  [0.07, 0.1],
];
const START = STAKES.map(([, wealth]) => Math.log(wealth));

/** Halvings of [0, 1] for a limit. */
const STEPS = 40;

// taken once: a look-up of a global is slow inside Jest's sandbox
const { log } = Math;

export type Side = 'above' | 'below';

/** What one observation makes of each stake, in logs. A stake that is lost stays lost, also where the next one would win without bound: beside a mean that is all but 0 or 1. */
function grow(logs: number[], x: number, mean: number, side: Side): void {
  const [part, whole] = side === 'above' ? [x, mean] : [1 - x, 1 - mean];
  const ratio = part === 0 ? 0 : part / whole;
  STAKES.forEach(([share], i) => {
    if (logs[i]! !== -Infinity) logs[i]! += log(1 - share + share * ratio);
  });
}

/** log of the wealth of a bet that the mean is above (or below) `mean`. */
export function logWealth(observations: readonly number[], mean: number, side: Side): number {
  const logs = [...START];
  for (const x of observations) grow(logs, x, mean, side);
  return logSumExp(logs);
}

export class BoundedMean {
  private readonly observations: number[] = [];
  private readonly logs = { above: [...START], below: [...START] };
  private readonly best = { above: 0, below: 0 };
  private sum = 0;

  /** @param threshold in (0, 1): on which side of it the mean lies is asked after every observation */
  constructor(private readonly threshold: number) {}

  get count(): number {
    return this.observations.length;
  }

  /** @param x in [0, 1], rounding aside; independent of those before, and of their law */
  observe(x: number): void {
    const inside = Math.min(1, Math.max(0, x));
    this.observations.push(inside);
    this.sum += inside;
    for (const side of ['above', 'below'] as const) {
      grow(this.logs[side], inside, this.threshold, side);
      this.best[side] = Math.max(this.best[side], logSumExp(this.logs[side]));
    }
  }

  /** True from the first time on that the mean was shown to lie on that side of the threshold: wrong with a chance of at most `level`, however often one looks. */
  is(side: Side, level: number): boolean {
    return this.best[side] >= -log(level) - 1e-12;
  }

  /** The mean of the observations, with one-sided limits, each wrong with a chance of at most its level at whatever time drawing ended. 0 to 1 before the first. */
  limits(levels: { readonly low: number; readonly high: number }): Interval {
    if (this.count === 0) return { estimate: 0.5, low: 0, high: 1 };
    const estimate = this.sum / this.count;
    const ruledOut = (mean: number, side: Side): boolean =>
      logWealth(this.observations, mean, side) >= -log(levels[side === 'above' ? 'low' : 'high']);
    const low = edge(0, estimate, (mean) => mean === 0 || ruledOut(mean, 'above'));
    const high = edge(1, estimate, (mean) => mean === 1 || ruledOut(mean, 'below'));
    // what was certain once remains so, whatever came after
    return {
      estimate,
      low: this.is('above', levels.low) ? Math.max(low, this.threshold) : low,
      high: this.is('below', levels.high) ? Math.min(high, this.threshold) : high,
    };
  }
}

/** Bisects between a mean that is ruled out and one that is not; gives the one that is ruled out, so that rounding never narrows the limits. */
function edge(out: number, inside: number, ruledOut: (mean: number) => boolean): number {
  for (let step = 0; step < STEPS; step++) {
    const middle = (out + inside) / 2;
    if (middle === out || middle === inside) break;
    if (ruledOut(middle)) out = middle;
    else inside = middle;
  }
  return out;
}
