/** What of a site holds a variable, learned by gradients: a subspace (distributed alignment search, Geiger et al. 2024, arXiv 2303.02536) or a mask over given directions. */
import * as tf from '@tensorflow/tfjs-core';
import type { Site } from '../../model/model.js';
import type { Random } from '../../random.js';
import { breathe } from '../../signal.js';
import { adamStep, noMoments, normOf } from '../../training/adam.js';
import type { Change, Exchanges } from './exchanges.js';

/** Interchanges of a step. */
const BATCH = 32;
/** Learning rates of directions and of a mask. */
const RATES = { directions: 0.05, mask: 0.2 };
/** How much a mask of ones costs, in nats of cross entropy. */
const SPARSE = 0.1;

type Vectors = readonly (readonly number[])[];

/** Learns what of a site to take from the sources of some interchanges. */
export class Learner {
  constructor(
    private readonly exchanges: Exchanges,
    private readonly signal: AbortSignal | undefined,
  ) {}

  private async descend(
    site: Site,
    by: Change,
    learned: Float32Array,
    shape: readonly [number, number],
    steps: number,
    rate: number,
    random: Random,
    step: { readonly gradient?: (g: Float32Array) => void; readonly after?: () => void },
  ): Promise<void> {
    const weights = new Map([['learned', { shape, data: learned }]]);
    const moments = noMoments(weights);
    const { count } = this.exchanges;
    for (let i = 1; i <= steps; i++) {
      await breathe(this.signal);
      const rows = Array.from(random.subset(count, Math.min(BATCH, count)));
      const gradient = await this.exchanges.gradient(site, rows, by, learned, shape);
      step.gradient?.(gradient);
      const gradients = new Map([['learned', gradient]]);
      const norm = normOf(gradients);
      // a network that learned nothing may overflow, and where nothing changes there is nothing to learn
      if (!(norm > 0 && norm < Infinity)) return;
      adamStep(weights, moments, gradients, i, norm, rate);
      step.after?.();
    }
  }

  /**
   * A subspace in which taking the source's part makes the model answer as it should.
   * @param from unit vectors at right angles over the site's features: where it begins
   * @param upright makes vectors unit vectors at right angles to each other, and to what is another variable's
   */
  async subspace(
    site: Site,
    from: Vectors,
    upright: (vectors: Vectors) => Vectors,
    steps: number,
    random: Random,
  ): Promise<Vectors> {
    const [count, width] = [from.length, site.shape[1]!];
    // a row for each direction
    const learned = Float32Array.from(from.flat());
    const along: Change = (rows, q) => tf.matMul(tf.matMul(rows, q, false, true), q);
    const vectors = (): number[][] =>
      Array.from({ length: count }, (_, i) => Array.from(learned.subarray(i * width, (i + 1) * width)));
    let last = from;
    await this.descend(site, along, learned, [count, width], steps, RATES.directions, random, {
      after: () => {
        const turned = upright(vectors());
        // one that falls into the others is lost, and the step with it
        if (turned.length === count) last = turned;
        learned.set(last.flat());
      },
    });
    return last;
  }

  /**
   * Which directions of a site to take from the source: of each a number, above 0 where it belongs to the variable.
   * @param directions unit vectors at right angles; undefined: the features themselves
   * @param from where it begins
   */
  async mask(
    site: Site,
    directions: Vectors | undefined,
    from: readonly number[],
    steps: number,
    random: Random,
  ): Promise<readonly number[]> {
    const width = site.shape[1]!;
    const count = from.length;
    const learned = Float32Array.from(from);
    const basis = directions && Float32Array.from(directions.flat());
    const masked: Change = (rows, theta) => {
      const share = tf.sigmoid(theta);
      if (basis === undefined) return tf.mul(rows, share);
      const turned = tf.tensor2d(basis, [count, width]);
      return tf.matMul(tf.mul(tf.matMul(rows, turned, false, true), share), turned);
    };
    await this.descend(site, masked, learned, [1, count], steps, RATES.mask, random, {
      // few directions rather than many: what the answers do not need leaves
      gradient: (g) =>
        learned.forEach((x, i) => {
          const share = 1 / (1 + Math.exp(-x));
          g[i]! += (SPARSE / count) * share * (1 - share);
        }),
    });
    return Array.from(learned);
  }
}
