/**
 * The forward pass of TransformerLens's HookedTransformer, on tfjs. Synchronous, to be called inside tf.tidy.
 * Activations are held as matrices [rows x positions, features] and get their full shape only at a site that somebody
 * looks at: products of two plain matrices are the ones that every backend does fast.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attention } from './attention.js';
import type { TransformerConfig } from '../graph/config.js';
import { mlp } from './mlp.js';
import { normalise } from './norm.js';
import type { Parameters } from './parameters.js';
import { visibilityOf, type ForwardPass, type Taps } from './pass.js';
import type { Prefix } from './prefixes.js';
import { rotation } from './rotary.js';

/** A batch as the forward pass takes it: shorter rows are padded at their end. */
export interface Padded {
  /** row-major [rows, positions] */
  readonly tokens: Int32Array;
  readonly rows: number;
  /** length of each row, where they differ */
  readonly lengths: readonly number[] | undefined;
}

function block(pass: ForwardPass, x: tf.Tensor2D, layer: number): tf.Tensor2D | undefined {
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

/** Where a pass begins and what it tells on its way, to share layers with other passes. */
export interface Shared {
  /** what comes before a layer, where that is known: the pass begins there */
  readonly known: Prefix | undefined;
  /** shown the stream before each layer that is computed */
  readonly before: (layer: number, x: tf.Tensor2D) => void;
}

/** The sum of the embeddings, [rows x positions, d_model]. */
function embedding(pass: ForwardPass, tokens: Int32Array): tf.Tensor2D {
  const { config, parameters, positions, taps, tap } = pass;
  const { d_model } = config;
  const { embed, place } = parameters;
  // looked up on the host: gather and tile are slow on wasm, and a copy of rows is cheap everywhere
  const rowsOf = (table: Float32Array, index: (at: number) => number): Float32Array => {
    const found = new Float32Array(tokens.length * d_model);
    for (let at = 0; at < tokens.length; at++)
      found.set(table.subarray(index(at) * d_model, (index(at) + 1) * d_model), at * d_model);
    return found;
  };
  const put = (site: string, values: Float32Array): tf.Tensor2D =>
    tap(site, tf.tensor2d(values, [tokens.length, d_model]), [d_model]);
  const embedded = rowsOf(embed, (at) => tokens[at]!);
  if (place === undefined) return put('hook_embed', embedded);
  if (taps.touches('hook_embed') || taps.touches('hook_pos_embed'))
    return tf.add(
      put('hook_embed', embedded),
      put(
        'hook_pos_embed',
        rowsOf(place, (at) => at % positions),
      ),
    ) as tf.Tensor2D;
  // nobody looks at the parts: one upload, of sums that are rounded as float32 are
  const size = positions * d_model;
  for (let i = 0; i < embedded.length; i++) embedded[i]! += place[i % size]!;
  return tf.tensor2d(embedded, [tokens.length, d_model]);
}

/**
 * @param logits whether they will be wanted
 * @returns what the unembedding reads, [rows x positions, d_model]; undefined where nobody wants it
 */
export function forward(
  config: TransformerConfig,
  parameters: Parameters,
  { tokens, rows, lengths }: Padded,
  taps: Taps,
  logits: boolean,
  { known, before: show }: Shared,
): tf.Tensor2D | undefined {
  const positions = tokens.length / rows;
  const changesAttention = Array.from({ length: config.n_layers }, (_, layer) => `blocks.${layer}.attn`).some(
    (name) => taps.changes(`${name}.hook_attn_scores`) || taps.changes(`${name}.hook_pattern`),
  );
  const pass: ForwardPass = {
    config,
    parameters,
    rows,
    positions,
    taps,
    visibility: visibilityOf(config, rows, positions, lengths, changesAttention),
    rotation: rotation(config, positions),
    stopped: () => !logits && taps.done(),
    tap: (site, x, shape) =>
      taps.touches(site) ? tf.reshape(taps.at(site, tf.reshape(x, [rows, positions, ...shape])), x.shape) : x,
    matrix: (name) => parameters.tensors.get(name) as tf.Tensor2D,
    bias: (name) => parameters.tensors.get(name) as tf.Tensor1D | undefined,
  };
  let x: tf.Tensor2D | undefined = known
    ? tf.tensor2d(known.values, [tokens.length, config.d_model])
    : embedding(pass, tokens);
  for (let layer = known?.layer ?? 0; layer < config.n_layers && !pass.stopped(); layer++) {
    const before: tf.Tensor2D = x;
    if (layer !== known?.layer) show(layer, before);
    x = tf.tidy(() => block(pass, before, layer));
    before.dispose(); // captures hold on to what they need
    if (x === undefined) return undefined;
  }
  if (pass.stopped()) return undefined;
  const final = normalise(pass, x, 'ln_final', true);
  return logits ? final : undefined;
}
