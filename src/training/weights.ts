/** Weights at the start, and gradients in the layout of weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { TransformerConfig } from '../model/formats/transformer/graph/config.js';
import { isBias, weightShapes, type Weights } from '../model/formats/transformer/file/weights.js';
import { unembedBlocks, upload, type Parameters } from '../model/formats/transformer/run/parameters.js';
import { random } from '../random.js';
import { entriesOf } from '../shape.js';

/** From this d_model on, places begin as large as tokens. In few dimensions they would hide them. */
const WIDE = 64;

/**
 * Normal with a standard deviation of 0.8 / sqrt(d_model), as TransformerLens draws them where nothing is said, those of tokens with 1, of places as well in wide models, biases 0. Keys begin as queries. So attention first looks at
 * tokens that are like a position's own (the product of keys and queries is near the identity, as Trockman and Kolter 2023 have it, arXiv 2305.09828). Small and apart, they stay even for thousands of
 * steps: then each position holds what follows from the numbers of all tokens, which answers as well while a variable is exchanged at all positions, and is wrong at some.
 */
export function initialWeights(config: TransformerConfig, seed: number): Weights {
  const deviation = 0.8 / Math.sqrt(config.d_model);
  return new Map(
    [...weightShapes(config)].map(([name, shape]) => {
      const { normal } = random(seed, `initial ${name.replace('W_K', 'W_Q')}`);
      const isLarge = name === 'embed.W_E' || (name === 'pos_embed.W_pos' && config.d_model >= WIDE);
      const scale = isLarge ? 1 : deviation;
      const value = isBias(name) ? () => 0 : /\.ln\w+\.w$|^ln_final\.w$/.test(name) ? () => 1 : () => scale * normal();
      return [name, { shape, data: Float32Array.from({ length: entriesOf(shape) }, value) }];
    }),
  );
}

/** Weights on the backend: the embeddings as well, which a run that learns nothing keeps on the host. */
export function uploadAll(config: TransformerConfig, weights: Weights): Parameters & { dispose(): void } {
  const parameters = upload(config, weights);
  const tensors = new Map(parameters.tensors);
  for (const name of ['embed.W_E', 'pos_embed.W_pos']) {
    const weight = weights.get(name);
    if (weight !== undefined) tensors.set(name, tf.tensor2d(weight.data, weight.shape as [number, number]));
  }
  return { ...parameters, tensors, dispose: () => tensors.forEach((tensor) => tensor.dispose()) };
}

/** Side by side as `upload` puts heads, and back: [rows, heads x columns] as [heads, rows, columns]. */
function apart(data: Float32Array, [heads, rows, columns]: readonly [number, number, number]): Float32Array {
  const found = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let head = 0; head < heads; head++) {
      const from = (row * heads + head) * columns;
      found.set(data.subarray(from, from + columns), (head * rows + row) * columns);
    }
  return found;
}

/**
 * Values by the names and layout of `uploadAll`, by the names and layout of weights.
 * @param values of each tensor
 */
export function asWeights(
  config: TransformerConfig,
  weights: Weights,
  values: ReadonlyMap<string, Float32Array>,
): ReadonlyMap<string, Float32Array> {
  const blocks = unembedBlocks(config);
  const gathered = (whole: Float32Array, part: 'weight' | 'bias'): Float32Array => {
    if (blocks.length === 1) return values.get(blocks[0]![part])!;
    const found = new Float32Array(whole.length);
    const rows = whole.length / config.d_vocab_out;
    for (const block of blocks) {
      const own = values.get(block[part])!;
      for (let row = 0; row < rows; row++)
        found.set(own.subarray(row * block.width, (row + 1) * block.width), row * config.d_vocab_out + block.from);
    }
    return found;
  };
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      if (name === 'unembed.W_U') return [name, gathered(data, 'weight')];
      if (name === 'unembed.b_U') return [name, gathered(data, 'bias')];
      const own = values.get(name)!;
      return [name, /\.attn\._?W_[QKV]$/.test(name) ? apart(own, shape as [number, number, number]) : own];
    }),
  );
}
