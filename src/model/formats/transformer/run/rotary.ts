/** Rotary position embedding (Su et al., 2021): pairs of features turn by an angle proportional to the position. */
import * as tf from '@tensorflow/tfjs-core';
import type { RotaryConfig, TransformerConfig } from '../graph/config.js';

/** Made once for all layers. */
export interface Rotation {
  /** [1, positions, 1, d_head] */
  readonly cos: tf.Tensor4D;
  readonly sin: tf.Tensor4D;
  /** [d_head, d_head]: x times it is (-x2, x1) for every pair (x1, x2), 0 for features that do not turn */
  readonly quarter: tf.Tensor2D;
}

/** Radians per position of every pair. */
function frequencies(config: RotaryConfig): Float64Array {
  const { rotary_dim, rotary_base, rotary_scaling_factor } = config;
  return Float64Array.from({ length: rotary_dim / 2 }, (_, pair) => {
    const frequency = rotary_base ** (-pair / (rotary_dim / 2)) / rotary_scaling_factor;
    if (!config.use_NTK_by_parts_rope) return frequency;
    const factor = config.NTK_by_parts_factor!;
    const [low, high] = [config.NTK_by_parts_low_freq_factor!, config.NTK_by_parts_high_freq_factor!];
    // how often a pair turns round within the context that the model was first trained on
    const turns = (config.NTK_original_ctx_len! * frequency) / (2 * Math.PI);
    if (turns > high) return frequency;
    if (turns < low) return frequency / factor;
    const share = (turns - low) / (high - low);
    return (1 - share) * (frequency / factor) + share * frequency;
  });
}

/** The features of pair `pair`. */
const features = ({ rotary_dim, rotary_adjacent_pairs }: RotaryConfig, pair: number): readonly [number, number] =>
  rotary_adjacent_pairs ? [2 * pair, 2 * pair + 1] : [pair, pair + rotary_dim / 2];

export function rotation(config: TransformerConfig, positions: number): Rotation | undefined {
  if (config.positional_embedding_type !== 'rotary') return undefined;
  const { d_head } = config;
  const own = config as RotaryConfig;
  const cos = new Float32Array(positions * d_head).fill(1);
  const sin = new Float32Array(positions * d_head);
  const quarter = new Float32Array(d_head * d_head);
  frequencies(own).forEach((frequency, pair) => {
    const [first, second] = features(own, pair);
    quarter[second * d_head + first] = -1;
    quarter[first * d_head + second] = 1;
    for (let position = 0; position < positions; position++) {
      const angle = position * frequency;
      for (const feature of [first, second]) {
        cos[position * d_head + feature] = Math.cos(angle);
        sin[position * d_head + feature] = Math.sin(angle);
      }
    }
  });
  const shape: [number, number, number, number] = [1, positions, 1, d_head];
  return {
    cos: tf.tensor4d(cos, shape),
    sin: tf.tensor4d(sin, shape),
    quarter: tf.tensor2d(quarter, [d_head, d_head]),
  };
}

/**
 * Turns every head's features.
 * @param x [rows x positions, heads x d_head]
 */
export function rotate({ cos, sin, quarter }: Rotation, x: tf.Tensor2D): tf.Tensor2D {
  const [, positions, , d_head] = cos.shape;
  const heads = x.shape[1] / d_head;
  const full = [x.shape[0] / positions, positions, heads, d_head];
  // a product with a signed permutation is exact, and the fastest way to exchange features on wasm
  const exchanged = tf.matMul(tf.reshape(x, [x.shape[0] * heads, d_head]) as tf.Tensor2D, quarter);
  return tf.reshape(tf.add(tf.mul(tf.reshape(x, full), cos), tf.mul(tf.reshape(exchanged, full), sin)), x.shape);
}
