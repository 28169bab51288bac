/** Weights on the backend, laid out for plain products. */
import * as tf from '@tensorflow/tfjs-core';
import type { TransformerConfig } from '../graph/config.js';
import type { Weights } from '../file/weights.js';

export interface Parameters {
  /** on the host: [d_vocab, d_model] */
  readonly embed: Float32Array;
  /** on the host: [n_ctx, d_model]; undefined with rotary */
  readonly place: Float32Array | undefined;
  /** on the backend: everything else; of the unembedding its blocks of columns, see `unembedBlocks` */
  readonly tensors: ReadonlyMap<string, tf.Tensor2D | tf.Tensor1D>;
}

/** A run of columns of the unembedding. */
export interface LayerParameters {
  readonly from: number;
  readonly width: number;
  /** names of the weight, [d_model, width], and the bias, [width], which may not be there */
  readonly weight: string;
  readonly bias: string;
}

/** Entries of a block: 4 MiB. Wider matrices fall out of the cache: a product with fifty thousand columns takes twice as long on wasm. */
const blockEntries = 2 ** 20;

export function unembedBlocks({ d_model, d_vocab_out }: TransformerConfig): readonly LayerParameters[] {
  const most = Math.max(64, Math.floor(blockEntries / d_model / 64) * 64);
  return Array.from({ length: Math.ceil(d_vocab_out / most) }, (_, i) => {
    const from = i * most;
    return {
      from,
      width: Math.min(most, d_vocab_out - from),
      weight: `unembed.W_U from ${from}`,
      bias: `unembed.b_U from ${from}`,
    };
  });
}

/** Matrices of heads, [heads, rows, columns], side by side: [rows, heads x columns]. */
function sideBySide(data: Float32Array, heads: number, rows: number, columns: number): Float32Array {
  const flat = new Float32Array(data.length);
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < rows; row++) {
      const from = (head * rows + row) * columns;
      flat.set(data.subarray(from, from + columns), (row * heads + head) * columns);
    }
  return flat;
}

/** Some columns of a matrix [rows, columns]. */
function columnsOf(data: Float32Array, columns: number, { from, width }: LayerParameters): Float32Array {
  if (width === columns) return data;
  const rows = data.length / columns;
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++)
    out.set(data.subarray(row * columns + from, row * columns + from + width), row * width);
  return out;
}

/** [rows, columns] as [columns, rows], in tiles that stay in the cache. */
function turned(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  const tile = 32;
  for (let r = 0; r < rows; r += tile)
    for (let c = 0; c < columns; c += tile) {
      const [lastRow, lastColumn] = [r + tile < rows ? r + tile : rows, c + tile < columns ? c + tile : columns];
      for (let row = r; row < lastRow; row++)
        for (let column = c; column < lastColumn; column++) out[column * rows + row] = data[row * columns + column]!;
    }
  return out;
}

/**
 * Uploads weights one by one: heads side by side, W_Q/K/V as [d_model, heads x d_head], W_O as [heads x d_head, d_model]. The embeddings stay
 * on the host, where they are looked up; a tied unembedding is the embedding transposed.
 */
export function upload(config: TransformerConfig, weights: Weights): Parameters {
  const { n_heads: h, d_model: d, d_head: k } = config;
  const tensors = new Map<string, tf.Tensor2D | tf.Tensor1D>();
  const embed = weights.get('embed.W_E')!.data;
  try {
    for (const [name, { shape, data }] of weights) {
      if (/^(embed|pos_embed|unembed)\./.test(name)) continue;
      if (/\.attn\._?W_[QKV]$/.test(name))
        tensors.set(name, tf.tensor2d(sideBySide(data, shape[0]!, d, k), [d, shape[0]! * k]));
      else if (name.endsWith('.attn.W_O')) tensors.set(name, tf.tensor2d(data, [h * k, d]));
      else if (shape.length === 2 && !/\.attn\._?b_/.test(name))
        tensors.set(name, tf.tensor2d(data, shape as [number, number]));
      else tensors.set(name, tf.tensor1d(data)); // biases of heads flattened like their weights
    }
    const [unembed, bias] = [weights.get('unembed.W_U')?.data, weights.get('unembed.b_U')?.data];
    for (const block of unembedBlocks(config)) {
      const { from, width } = block;
      const columns =
        unembed === undefined
          ? turned(embed.subarray(from * d, (from + width) * d), width, d)
          : columnsOf(unembed, config.d_vocab_out, block);
      tensors.set(block.weight, tf.tensor2d(columns, [d, width]));
      if (bias !== undefined) tensors.set(block.bias, tf.tensor1d(bias.slice(from, from + width)));
    }
  } catch (error) {
    for (const tensor of tensors.values()) tensor.dispose();
    throw error;
  }
  return { embed, place: weights.get('pos_embed.W_pos')?.data, tensors };
}
