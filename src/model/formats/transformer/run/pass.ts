/** What the parts of a forward pass share. */
import * as tf from '@tensorflow/tfjs-core';
import type { TransformerConfig } from '../graph/config.js';
import type { Parameters } from './parameters.js';
import type { Rotation } from './rotary.js';

/** Where a run looks into the forward pass. */
export interface Taps {
  /** true where the site is captured or changed: only then is it computed if the forward pass itself does not need it */
  touches(site: string): boolean;
  changes(site: string): boolean;
  /** applies changes, records captures, returns what the pass goes on with */
  at(site: string, activation: tf.Tensor): tf.Tensor;
  /** true once nothing more is wanted of this pass */
  done(): boolean;
}

/** Which keys a query may see. Made once for all layers. */
export interface Visibility {
  /** added to scores: -Infinity where a key is hidden; broadcasts to [rows, heads, positions, positions] */
  readonly hidden: tf.Tensor | undefined;
  /** in a batch of several lengths, true where query and key are within their row, [rows, heads, positions, positions] */
  readonly inside: tf.Tensor | undefined;
}

export interface ForwardPass {
  readonly config: TransformerConfig;
  readonly parameters: Parameters;
  readonly rows: number;
  readonly positions: number;
  readonly taps: Taps;
  readonly visibility: Visibility;
  /** with rotary */
  readonly rotation: Rotation | undefined;
  /** true once nothing more is wanted */
  stopped(): boolean;
  /** Shows a matrix [rows x positions, ...] at a site under its full shape [rows, positions, ...shape]. */
  tap(site: string, x: tf.Tensor2D, shape: readonly number[]): tf.Tensor2D;
  matrix(name: string): tf.Tensor2D;
  /** undefined where the model has no such bias */
  bias(name: string): tf.Tensor1D | undefined;
}

/** x W + b of plain matrices. tfjs's fused product with bias is four times slower than the two apart on wasm. */
export function affine(x: tf.Tensor2D, w: tf.Tensor2D, bias: tf.Tensor | undefined): tf.Tensor2D {
  return bias === undefined ? tf.matMul(x, w) : tf.tidy(() => tf.add(tf.matMul(x, w), bias));
}

/** @param inside whether `inside` will be asked for */
export function visibilityOf(
  { attention_dir, n_heads }: TransformerConfig,
  rows: number,
  positions: number,
  lengths: readonly number[] | undefined,
  inside: boolean,
): Visibility {
  let hidden: tf.Tensor | undefined;
  if (attention_dir === 'causal') {
    // padding comes after every position of its row: it is hidden from them already
    const later = Float32Array.from({ length: positions * positions }, (_, at) =>
      at % positions > Math.floor(at / positions) ? -Infinity : 0,
    );
    hidden = tf.tensor(later, [1, 1, positions, positions]);
  } else if (lengths !== undefined) {
    const padding = Float32Array.from({ length: rows * positions }, (_, at) =>
      at % positions >= lengths[Math.floor(at / positions)]! ? -Infinity : 0,
    );
    hidden = tf.tensor(padding, [rows, 1, 1, positions]);
  }
  if (lengths === undefined || !inside) return { hidden, inside: undefined };
  const size = positions * positions;
  const mask = new Uint8Array(rows * n_heads * size);
  lengths.forEach((length, row) => {
    const from = row * n_heads * size;
    for (let query = 0; query < length; query++)
      mask.fill(1, from + query * positions, from + query * positions + length);
    for (let head = 1; head < n_heads; head++) mask.copyWithin(from + head * size, from, from + size);
  });
  return { hidden, inside: tf.tensor(mask, [rows, n_heads, positions, positions], 'bool') };
}
