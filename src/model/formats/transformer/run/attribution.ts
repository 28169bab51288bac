/** What each component's output adds to a direction of the logits, for all components in one pass that is differentiated. */
import * as tf from '@tensorflow/tfjs-core';
import { attributing, withGradient, type AttributedSite } from '../../../../tensor/attributing.js';
import { registerGradients } from '../../../../tensor/gradients.js';
import type { TransformerConfig } from '../graph/config.js';
import { forward, type Padded } from './forward.js';
import { unembedBlocks, type Parameters } from './parameters.js';
import { affine, type Taps } from './pass.js';

/** Sums what the change of each component comes to, as the gradient passes. */
class AttributingTaps implements Taps {
  readonly found = new Map<string, tf.Tensor>();

  /** @param nothing zero: what is differentiated by, so that gradients pass all sites */
  constructor(
    private readonly sites: ReadonlyMap<string, AttributedSite>,
    private readonly nothing: tf.Tensor,
  ) {}

  changes(): boolean {
    return false;
  }
  touches(site: string): boolean {
    return site === 'hook_embed' || this.sites.has(site);
  }
  at(site: string, given: tf.Tensor): tf.Tensor {
    const x = site === 'hook_embed' ? tf.add(given, this.nothing) : given;
    const here = this.sites.get(site);
    if (!here) return x;
    return attributing(x, here, (each) => this.found.set(site, each));
  }
  done(): boolean {
    return false;
  }
}

/** From the logits of a row of the chunk, the direction. */
export type Direction = (logits: Float32Array, row: number) => Float32Array;

/** The scalar of which each row's logits get this direction as their gradient. */
function along(
  config: TransformerConfig,
  { tensors }: Parameters,
  final: tf.Tensor2D,
  direction: Direction,
): tf.Scalar {
  const rows = final.shape[0];
  const { d_vocab_out } = config;
  const blocks = unembedBlocks(config);
  return withGradient((x, save) => {
    const logits = new Float32Array(rows * d_vocab_out);
    for (const { from, width, weight, bias } of blocks) {
      const piece = affine(x as tf.Tensor2D, tensors.get(weight) as tf.Tensor2D, tensors.get(bias)).dataSync();
      for (let row = 0; row < rows; row++)
        logits.set(piece.subarray(row * width, (row + 1) * width) as Float32Array, row * d_vocab_out + from);
    }
    for (let row = 0; row < rows; row++) {
      const own = logits.subarray(row * d_vocab_out, (row + 1) * d_vocab_out);
      own.set(direction(own, row));
    }
    const back = blocks.map(({ from, width, weight }) => {
      const piece = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++)
        piece.set(logits.subarray(row * d_vocab_out + from, row * d_vocab_out + from + width), row * width);
      const turned = tf.transpose(tensors.get(weight) as tf.Tensor2D);
      return tf.matMul(tf.tensor2d(piece, [rows, width]), turned);
    });
    save([tf.addN(back)]);
    return { value: tf.sum(tf.slice(x, [0, 0], [1, 1])), gradFunc: (_dy, [gradient]) => gradient! };
  })(final) as tf.Scalar;
}

/**
 * To be called inside `Backend.within`. The caller disposes of what comes out.
 * @param at position of each row whose logits count
 * @returns by site, [rows, components]: how far replacing each would move the logits along their row's direction, to first order
 */
export function attributed(
  config: TransformerConfig,
  parameters: Parameters,
  padded: Padded,
  sites: ReadonlyMap<string, AttributedSite>,
  at: readonly number[],
  direction: Direction,
): ReadonlyMap<string, tf.Tensor> {
  registerGradients();
  const { rows, tokens } = padded;
  const positions = tokens.length / rows;
  let found: ReadonlyMap<string, tf.Tensor> = new Map();
  tf.tidy(() => {
    const picked = new Float32Array(tokens.length);
    at.forEach((position, row) => (picked[row * positions + position] = 1));
    const scale = tf.tensor(picked, [rows, positions, 1]);
    tf.grad((nothing) => {
      const taps = new AttributingTaps(sites, nothing);
      found = taps.found;
      const final = forward(config, parameters, padded, taps, true, { known: undefined, before: () => undefined })!;
      const read = tf.sum(tf.mul(tf.reshape(final, [rows, positions, config.d_model]), scale), 1) as tf.Tensor2D;
      return along(config, parameters, read, direction);
    })(tf.scalar(0));
  });
  return found;
}
