/** The control of twins: whether it matters which component of one model is paired with which of the other. Draws are made again with components paired at random, until it is certain. */
import { json, kept, type Work } from '../../cache/kept.js';
import { canBeMispaired, mispaired, type Mispairable } from '../../implementations/mispaired.js';
import { breathe } from '../../signal.js';
import { PairingTest } from '../../statistics/pairing.js';
import { median } from '../../statistics/twins.js';
import type { Levels } from '../sequential/evidence.js';
import { PAIRING } from './decide.js';
import type { ControlEvidence } from './evidence.js';
import { responded, STILL } from './responses.js';

/** Why nothing is known: a sentence without its full stop. */
export interface NoControl {
  readonly why: string;
}

/** Whatever can be asked for a control. */
export type TwinControl = Pick<Control, 'evidence' | 'over'>;

type ControlDraw = ControlEvidence['draws'][number];

/** What draws of the control show, in the order in which they were made. */
export function controlOf(draws: readonly ControlDraw[], skipped: number, levels: Levels): ControlEvidence {
  const test = new PairingTest();
  const trajectory = { below: [] as number[], above: [] as number[] };
  for (const { cosine, atRandom } of draws) {
    test.observe(cosine, atRandom);
    trajectory.below.push(test.below(PAIRING) / Math.LN10);
    trajectory.above.push(test.above(PAIRING) / Math.LN10);
  }
  return {
    pairs: draws.length,
    skipped,
    ratio: test.ratio({ low: levels.alpha, high: levels.beta }),
    cosine: median(draws.map(({ cosine }) => cosine)),
    atRandom: median(draws.map(({ atRandom }) => atRandom)),
    draws,
    trajectory,
  };
}

export interface ControlOptions {
  readonly levels: Levels;
  /** true once the time for drawing is over */
  readonly late: () => boolean;
  readonly signal?: AbortSignal | undefined;
  readonly say?: ((doing: string) => void) | undefined;
}

/** The control of what a sampler has drawn. It costs five passes a draw, so that it is asked last, and no longer than until it is certain. */
export class Control {
  private readonly draws: ControlDraw[] = [];
  private readonly possible: boolean;
  private asked = 0;
  private certain = false;

  constructor(
    private readonly sampler: Mispairable,
    private readonly options: ControlOptions,
  ) {
    this.possible = canBeMispaired(sampler.pairs);
  }

  /** True where further draws change nothing. */
  get over(): boolean {
    return this.certain || !this.possible;
  }

  /**
   * What the draws made so far show.
   * @throws RepresentationError, CancelledError; whatever the models throw
   */
  async evidence(): Promise<ControlEvidence | NoControl> {
    const { sampler, draws, options } = this;
    const { levels, late, signal, say } = options;
    if (!this.possible) return { why: 'of each kind one alone can be patched in both models' };
    while (!this.certain && this.asked + 1 < sampler.interventions.length && !late()) {
      await breathe(signal);
      say?.('pairing components at random');
      const found = await this.draw(++this.asked);
      if (!found) continue;
      draws.push(found);
      const { low, high } = controlOf(draws, 0, levels).ratio;
      this.certain = high < PAIRING || low > PAIRING;
    }
    if (this.asked === 0) return { why: 'no time was left to see how they respond' };
    if (draws.length === 0)
      return { why: `none of ${this.asked} draws says anything with components paired at random` };
    return controlOf([...draws], this.asked - draws.length, levels);
  }

  /** Undefined where the draw says nothing: the two pairings patch the same, one of the three breaks, or nothing moves the baseline. */
  private async draw(draw: number): Promise<ControlDraw | undefined> {
    const { sampler } = this;
    const { cache, signal, about } = sampler.keeping;
    const work: Work<ControlDraw | null> = {
      kind: 'control',
      about: `draw ${draw} with components paired at random: ${about}`,
      key: () => sampler.drawKey(draw),
      codec: json(),
      signal,
    };
    return (await kept(cache, work, async () => (await this.drawn(draw)) ?? null)) ?? undefined;
  }

  private async drawn(draw: number): Promise<ControlDraw | undefined> {
    const { sampler } = this;
    const found = await mispaired(sampler, draw);
    if (!found) return undefined;
    const before = [sampler.sides[0].drawn[0]!.gram, sampler.sides[1].drawn[0]!.gram] as const;
    const { moved, cosine } = responded(before, found.twins);
    const other = responded(before, [found.twins[0], found.other]);
    if (moved[0] < STILL) return undefined;
    return { components: found.size, cosine: cosine!, atRandom: other.cosine! };
  }
}
