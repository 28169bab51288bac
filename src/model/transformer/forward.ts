/**
 * The forward pass of TransformerLens's HookedTransformer, on tfjs. Synchronous, to be called inside tf.tidy.
 * Activations are held as matrices [rows x positions, features] and get their full shape only at a site that somebody
 * looks at: products of two plain matrices are the ones that every backend does fast.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attention } from './attention.js';
import type { TransformerConfig } from './config.js';
import { mlp } from './mlp.js';
import { normalise } from './norm.js';
import type { Parameters } from './parameters.js';
import { visibilityOf, type Pass, type Taps } from './pass.js';
import { rotation } from './rotary.js';

/** A batch as the forward pass takes it: shorter rows are padded at their end. */
export interface Padded {
  /** row-major [rows, positions] */
  readonly tokens: Int32Array;
  readonly rows: number;
  /** length of each row, where they differ */
  readonly lengths: readonly number[] | undefined;
}

function block(pass: Pass, x: tf.Tensor2D, layer: number): tf.Tensor2D | undefined {
  const { config, tap, stopped } = pass;
  const name = `blocks.${layer}`;
  const width = [config.d_model];
  const pre = tap(`${name}.hook_resid_pre`, x, width);
  if (stopped()) return undefined;
  const attended = attention(pass, pre, layer);
  if (attended === undefined || stopped()) return undefined;
  let mid = tf.add(pre, attended) as tf.Tensor2D;
  if (config.attn_only) return tap(`${name}.hook_resid_post`, mid, width);
  if (!config.parallel_attn_mlp) mid = tap(`${name}.hook_resid_mid`, mid, width);
  if (stopped()) return undefined;
  const out = mlp(pass, config.parallel_attn_mlp ? pre : mid, name);
  if (out === undefined || stopped()) return undefined;
  return tap(`${name}.hook_resid_post`, tf.add(mid, out) as tf.Tensor2D, width);
}

/**
 * @param logits whether they will be wanted
 * @returns what the unembedding reads, [rows x positions, d_model]; undefined where nobody wants it
 */
export function forward(config: TransformerConfig, parameters: Parameters, { tokens, rows, lengths }: Padded, taps: Taps, logits: boolean): tf.Tensor2D | undefined {
  const { d_model } = config;
  const positions = tokens.length / rows;
  const changesAttention = Array.from({ length: config.n_layers }, (_, layer) => `blocks.${layer}.attn`).some((name) => taps.changes(`${name}.hook_attn_scores`) || taps.changes(`${name}.hook_pattern`));
  const pass: Pass = {
    config,
    parameters,
    rows,
    positions,
    taps,
    visibility: visibilityOf(config, rows, positions, lengths, changesAttention),
    rotation: rotation(config, positions),
    stopped: () => !logits && taps.done(),
    tap: (site, x, shape) => (taps.touches(site) ? tf.reshape(taps.at(site, tf.reshape(x, [rows, positions, ...shape])), x.shape) : x),
    matrix: (name) => parameters.tensors.get(name) as tf.Tensor2D,
    bias: (name) => parameters.tensors.get(name) as tf.Tensor1D | undefined,
  };
  // looked up on the host: gather and tile are slow on wasm, and a copy of rows is cheap everywhere
  const lookUp = (...from: readonly (readonly [table: Float32Array, index: (at: number) => number])[]): tf.Tensor2D => {
    const found = new Float32Array(tokens.length * d_model);
    for (const [i, [table, index]] of from.entries())
      for (let at = 0; at < tokens.length; at++) {
        const row = table.subarray(index(at) * d_model, (index(at) + 1) * d_model);
        if (i === 0) found.set(row, at * d_model);
        // rounded as a sum of float32 is
        else for (let j = 0, to = at * d_model; j < d_model; j++) found[to + j]! += row[j]!;
      }
    return tf.tensor2d(found, [tokens.length, d_model]);
  };
  const token = [parameters.embed, (at: number) => tokens[at]!] as const;
  const place = parameters.place && ([parameters.place, (at: number) => at % positions] as const);
  let x: tf.Tensor2D | undefined;
  if (place === undefined) x = pass.tap('hook_embed', lookUp(token), [d_model]);
  else if (!taps.touches('hook_embed') && !taps.touches('hook_pos_embed')) x = lookUp(token, place);
  else x = tf.add(pass.tap('hook_embed', lookUp(token), [d_model]), pass.tap('hook_pos_embed', lookUp(place), [d_model])) as tf.Tensor2D;
  for (let layer = 0; layer < config.n_layers && !pass.stopped(); layer++) {
    const before: tf.Tensor2D = x;
    x = tf.tidy(() => block(pass, before, layer));
    before.dispose(); // captures hold on to what they need
    if (x === undefined) return undefined;
  }
  if (pass.stopped()) return undefined;
  const final = normalise(pass, x, 'ln_final', true);
  return logits ? final : undefined;
}
