/** Normalisation: LayerNorm and root mean square, with weights or with what was folded into the weights after it. */
import * as tf from '@tensorflow/tfjs-core';
import type { ForwardPass } from './pass.js';
import { isRms } from '../file/weights.js';
import { normalisedRows } from '../../../../tensor/backends/wasm-normalise.js';

/**
 * As in TransformerLens since version 3, `hook_normalized` shows what the weights of the normalisation are applied to.
 * @param x [any rows, d_model]
 * @param named false where a layer normalises more than one thing: then there are no hooks
 */
export function normalise(pass: ForwardPass, x: tf.Tensor2D, name: string, named: boolean): tf.Tensor2D {
  const { config, tap, taps } = pass;
  if (config.normalization_type === null) return x;
  const { eps } = config;
  const centre = !isRms(config, name);
  const folded = config.normalization_type.endsWith('Pre');
  const [weight, bias] = folded ? [] : [pass.matrix(`${name}.w`), pass.bias(`${name}.b`)];
  const seen = (hook: string): boolean => named && taps.touches(`${name}.${hook}`);
  const whole =
    seen('hook_scale') || seen('hook_normalized') ? undefined : normalisedRows(x, eps, centre, { weight, bias });
  if (whole !== undefined) return whole;
  const centred = centre ? (tf.sub(x, tf.mean(x, 1, true)) as tf.Tensor2D) : x;
  let scale = tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), eps)) as tf.Tensor2D;
  if (named) scale = tap(`${name}.hook_scale`, scale, [1]);
  let normalised = tf.div(centred, scale) as tf.Tensor2D;
  if (named) normalised = tap(`${name}.hook_normalized`, normalised, [config.d_model]);
  if (weight === undefined) return normalised;
  normalised = tf.mul(normalised, weight);
  return bias === undefined ? normalised : tf.add(normalised, bias);
}
