/** Interchanges of one kind, and on which side of the threshold their rate of disagreement is. */
import { binomialSequence, sideOf } from '../statistics/binomial-sequence.js';
import type { StratumEvidence } from './evidence.js';

export interface Levels {
  readonly threshold: number;
  /** of saying that it is beyond: over all strata alpha, so that each has a share */
  readonly alpha: number;
  readonly beta: number;
}

export class Stratum {
  private tried = 0;
  private agree = 0;
  private exhaustive = false;
  is: StratumEvidence['is'] = 'open';

  constructor(private readonly levels: Levels) {}

  get count(): number {
    return this.tried;
  }

  observe(agrees: boolean): void {
    this.tried++;
    if (agrees) this.agree++;
  }

  /** To be called after draws: what is certain once stays. */
  look(): void {
    if (this.is !== 'open') return;
    const { threshold, alpha, beta } = this.levels;
    const disagree = this.tried - this.agree;
    if (threshold === 0) {
      // no number of draws says that there is none
      if (disagree > 0) this.is = 'beyond';
    } else if (sideOf(disagree, this.tried, threshold, alpha) === 'above') this.is = 'beyond';
    else if (sideOf(disagree, this.tried, threshold, beta) === 'below') this.is = 'within';
  }

  /** What was observed is all that there is. */
  close(): void {
    this.exhaustive = true;
    this.is = this.tried - this.agree <= this.levels.threshold * this.tried ? 'within' : 'beyond';
  }

  evidence(): StratumEvidence | undefined {
    const { tried, agree, exhaustive, is } = this;
    if (tried === 0) return undefined;
    const { alpha, beta } = this.levels;
    const estimate = agree / tried;
    const accuracy = exhaustive
      ? { estimate, low: estimate, high: estimate }
      : {
          estimate,
          low: binomialSequence(agree, tried, beta).low,
          high: binomialSequence(agree, tried, alpha).high,
        };
    return { tried, agree, accuracy, exhaustive, is };
  }
}
