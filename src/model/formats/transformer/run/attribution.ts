/** What each component's output adds to a direction of the logits, for all components in one pass that is differentiated. */
import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from '../../../../tensor/gradients.js';
import type { TransformerConfig } from '../graph/config.js';
import { forward, type Padded } from './forward.js';
import { unembedBlocks, type Parameters } from './parameters.js';
import { affine, type Taps } from './pass.js';

type Unary = (
  x: tf.Tensor,
  save: tf.GradSaveFunc,
) => { value: tf.Tensor; gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor };
const withGradient = (rule: Unary): ((x: tf.Tensor) => tf.Tensor) =>
  tf.customGrad((x, save) => rule(x as tf.Tensor, save as tf.GradSaveFunc));

/** A site at which components lie along an axis, counted with the batch; undefined: the site is one component. */
export interface AttributedSite {
  readonly axis: number | undefined;
  /** what would be put in, [rows, ...site] */
  readonly towards: tf.Tensor;
}

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
    return withGradient((activation, save) => {
      save([activation]);
      return {
        value: tf.clone(activation),
        gradFunc: (dy, [own]) => {
          const each = tf.tidy(() => {
            const { axis, towards } = here;
            const moved = tf.mul(dy, tf.sub(towards, own!));
            return tf.sum(
              moved,
              moved.shape.map((_, i) => i).filter((i) => i > 0 && i !== axis),
            );
          });
          this.found.set(site, tf.keep(each));
          return dy;
        },
      };
    })(x);
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
