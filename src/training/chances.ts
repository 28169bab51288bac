/** Which of some cases a row of a batch gets: those that lately came out wrong more often are drawn more often. */
import type { Random } from '../random.js';

/** What one row adds to a running share: it is of about so many rows. */
const ROWS = 256;
/** A case that is never wrong is drawn as often as one that is wrong so often. */
const LEAST = 0.05;

/** Some cases, how often each is wrong, and how often it would be drawn if all were wrong alike. */
export class Chances {
  /**
   * @param prior how often each is drawn if all are wrong alike, up to a factor
   * @param wrong of each the running share of rows that came out wrong: what a training is resumed with. At the beginning all are
   */
  constructor(
    private readonly prior: readonly number[],
    readonly wrong: number[] = prior.map(() => 1),
  ) {}

  /** One of them. */
  draw(random: Random): number {
    const weights = this.prior.map((chance, i) => chance * (LEAST + this.wrong[i]!));
    let left = random.unit() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [i, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return i;
    }
    return weights.length - 1;
  }

  /** What came of one row. */
  observe(which: number, wrong: boolean): void {
    this.wrong[which]! += (Number(wrong) - this.wrong[which]!) / ROWS;
  }
}
