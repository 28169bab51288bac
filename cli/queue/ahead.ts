/** Which draws of a gate others are asked for, while one worker judges it. */
import type { DrawRange } from '../../src/verdict/draw-ahead.js';

/** Draws in one job. */
const RANGE = 4;
/** How many rounds of jobs the others are ahead at most: what they draw beyond the last one that the verdict needs is for nothing. */
const ROUNDS = 2;

/**
 * The worker that judges draws as well. Of the ranges before it, it has the first for itself and each helper one, and so on in turns; what is not there when it comes to it, it draws itself. So it waits for
 * nobody, and what comes out does not depend on who drew what.
 */
export class Ahead {
  private next = 1;
  /** ranges that helpers have since the last one that the judge has for itself */
  private since = Infinity;

  /** @param most draws of the gate's budget */
  constructor(private readonly most: number) {}

  /**
   * The next range for a helper; undefined where there is none yet, or none any more.
   * @param drawn how many the judge has
   * @param helpers how many there are, this one counted
   */
  range(drawn: number, helpers: number): DrawRange | undefined {
    const isBehind = drawn >= this.next;
    const from = Math.max(this.next, drawn + 1) + (isBehind || this.since >= helpers ? RANGE : 0);
    if (from > this.most || from > drawn + ROUNDS * RANGE * (helpers + 1)) return undefined;
    this.since = isBehind || this.since >= helpers ? 1 : this.since + 1;
    this.next = Math.min(from + RANGE, this.most + 1);
    return { from, to: this.next };
  }
}
