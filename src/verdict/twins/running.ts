/** The running test of twins. */
import { measures } from '../../measure/index.js';
import { PAIRS, TwinTest, type TwinBlock, type TwinLevels } from '../../statistics/twins.js';
import type { Levels } from '../sequential/evidence.js';
import { COSINE, decideTwins, RATIO, type TwinDecision } from './decide.js';
import type { TwinsEvidence } from './evidence.js';
import type { TwinOptions, TwinSides } from './measured.js';
import { responded, responds, type Responses } from './responses.js';

const { LN10 } = Math;

/** Two tests may say "not derived", each at half of its level; both must agree on "derived". */
export const ratioLevels = ({ alpha, beta }: Levels): TwinLevels => ({ low: alpha / 2, high: beta });
export const cosineLevels = ({ alpha, beta }: Levels): TwinLevels => ({ low: beta, high: alpha / 2 });

export type RunningTwinsOptions = Pick<TwinOptions, 'levels' | 'measure' | 'resolution'>;

/** The running test of twins: the same limits as those of the evidence, two pairs at a time. */
export class RunningTwins {
  private readonly test: TwinTest;
  readonly responses: Responses[] = [];
  readonly trajectory = { near: [] as number[], far: [] as number[], alike: [] as number[], unlike: [] as number[] };

  private readonly levels: Levels;

  constructor({ levels, measure, resolution = measures[measure].resolution }: RunningTwinsOptions) {
    this.levels = levels;
    this.test = new TwinTest(resolution);
  }

  /** Pairs of twins so far. */
  get pairs(): number {
    return PAIRS * this.test.count;
  }

  /** @param sides of all that is drawn, with the block's two pairs in places `pairs + 1` and `pairs + 2` */
  observe(block: TwinBlock, sides: TwinSides): void {
    const from = 1 + this.pairs;
    const pair = (w: number) => [sides[0][w]!.gram, sides[1][w]!.gram] as const;
    const found = [from, from + 1].map((w) => responded(pair(0), pair(w)));
    this.responses.push(...found);
    const { test, trajectory } = this;
    test.observe(
      block,
      found.flatMap((one) => (responds(one) ? one.cosine! : [])),
    );
    trajectory.near.push(test.below(RATIO) / LN10);
    trajectory.far.push(test.beyond(RATIO) / LN10);
    trajectory.alike.push(test.alike(COSINE) / LN10);
    trajectory.unlike.push(test.unlike(COSINE) / LN10);
  }

  get ratio(): TwinsEvidence['ratio'] {
    return this.test.ratio(ratioLevels(this.levels));
  }

  /** Undefined where nothing responded. */
  get cosine(): TwinsEvidence['cosine'] {
    return this.responses.some(responds) ? this.test.cosine(cosineLevels(this.levels)) : undefined;
  }

  /** What the two tests that hold at any time say of the inputs at hand, whatever the mean distances. */
  get decision(): TwinDecision {
    const { ratio, cosine, pairs } = this;
    return decideTwins({ pairs, ratio, cosine, meanRatio: ratio });
  }
}
