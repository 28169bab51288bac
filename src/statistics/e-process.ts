/**
 * A one-sided test of a mean by betting, valid whenever one looks at it. For independent observations x in [0, 1] and the hypothesis that their mean is one half or more, the wealth
 * of a gambler who stakes the share l of his money against each, the product of 1 + l (1/2 - x), is not expected to grow, and by Ville's inequality reaches 1/level with probability at
 * most `level`, at any time. The wealth is spread over several stakes, the largest of which risks everything; nothing is clamped. Waudby-Smith and Ramdas 2024; Shafer 2021.
 */
import { logSumExp } from './log-sum-exp.js';

/** Stakes in (0, 2] with the shares of the wealth put on them. Most is put where it grows fastest when every observation says the same; the rest hedges. */
const STAKES: readonly (readonly [stake: number, share: number])[] = [
  [2, 0.45],
  [1.8, 0.25],
  [1.5, 0.15],
  [1, 0.1],
  [0.5, 0.05],
];

// taken once: a look-up of a global is slow inside Jest's sandbox
const { log, max } = Math;

export class EProcess {
  /** log of each stake's wealth; -Infinity once it is lost */
  private readonly logs = STAKES.map(([, share]) => log(share));
  private best = 0;

  /** @param against the hypothesis: that the mean is at least one half (`high`), or at most one half (`low`) */
  constructor(private readonly against: 'high' | 'low') {}

  /** @param x in [0, 1]; its mean given all before must be what the hypothesis says */
  observe(x: number): void {
    const gain = this.against === 'high' ? 0.5 - x : x - 0.5;
    STAKES.forEach(([stake], i) => (this.logs[i] = this.logs[i]! + log(max(0, 1 + stake * gain))));
    this.best = max(this.best, this.log);
  }

  /** log of the wealth; it starts at 0 and stays finite */
  get log(): number {
    return logSumExp(this.logs);
  }

  /** True from the first time on that the wealth was 1/level or more. */
  reached(level: number): boolean {
    return this.best >= -log(level) - 1e-12;
  }

  /** Observations like those so far that it would take from here, by the stake that did best; undefined where it does not grow. */
  needs(level: number, observed: number): number | undefined {
    if (this.reached(level)) return 0;
    let fewest: number | undefined;
    STAKES.forEach(([, share], i) => {
      const rate = (this.logs[i]! - log(share)) / observed;
      if (!(rate > 0)) return;
      const more = (-log(level) - this.logs[i]!) / rate;
      if (fewest === undefined || more < fewest) fewest = more;
    });
    return fewest === undefined ? undefined : Math.ceil(fewest);
  }
}

/** Fewest observations after which a level can be reached: where all of them say the same. */
export function fewestFor(level: number): number {
  const eProcess = new EProcess('high');
  let count = 0;
  for (; !eProcess.reached(level); count++) eProcess.observe(0);
  return count;
}
