/** The tensors a config calls for, in TransformerLens's names and shapes. */
import { createHash } from 'node:crypto';
import { ModelError } from '../../../../errors.js';
import type { TransformerConfig } from '../graph/config.js';
import type { StoredTensor } from '../../../../io/safetensors.js';
import { nearest } from '../../../../options.js';
import { entriesOf } from '../../../../shape.js';

/** Tensors by name. */
export type Weights = ReadonlyMap<string, StoredTensor>;

/** Constants that TransformerLens keeps in a state dict beside the weights. */
const buffer = /^blocks\.\d+\.attn\.(mask|IGNORE|rotary_sin|rotary_cos)$/;

/** Biases by the last part of their name: of projections (b_Q, _b_K, b_in, ...) and of LayerNorm. */
export const isBias = (name: string): boolean => /\.(b|_?b_\w+)$/.test(name);

/** Where heads share keys and values TransformerLens stores what is shared, as `_W_K`, and computes `W_K` from it. */
const shared = ({ n_heads, n_key_value_heads }: TransformerConfig): string => (n_key_value_heads < n_heads ? '_' : '');

/** The name of a projection to keys or values: `blocks.0.attn.W_K`, or `blocks.0.attn._W_K` in grouped-query attention. */
export const projection = (config: TransformerConfig, layer: number, what: 'W' | 'b', kind: 'Q' | 'K' | 'V'): string =>
  `blocks.${layer}.attn.${kind === 'Q' ? '' : shared(config)}${what}_${kind}`;

/** Whether a normalisation is of root mean square: no mean is taken off, and there is no bias. */
export const isRms = (config: TransformerConfig, name: string): boolean =>
  config.normalization_type?.startsWith('RMS') === true || (config.final_rms && name === 'ln_final');

/** Every weight a model can have, with its shape. Which of them may be left out, `checkWeights` says. */
export function weightShapes(config: TransformerConfig): ReadonlyMap<string, readonly number[]> {
  const { n_layers, n_heads: h, n_key_value_heads: g, d_head: k, d_model: d, d_mlp: m } = config;
  const shapes = new Map<string, readonly number[]>();
  const norm = (name: string) => {
    if (config.normalization_type !== 'LN' && config.normalization_type !== 'RMS') return;
    shapes.set(`${name}.w`, [d]);
    if (!isRms(config, name)) shapes.set(`${name}.b`, [d]);
  };
  shapes.set('embed.W_E', [config.d_vocab, d]);
  if (config.positional_embedding_type === 'standard') shapes.set('pos_embed.W_pos', [config.n_ctx, d]);
  for (let layer = 0; layer < n_layers; layer++) {
    const block = `blocks.${layer}`;
    norm(`${block}.ln1`);
    for (const kind of ['Q', 'K', 'V'] as const) {
      const heads = kind === 'Q' ? h : g;
      shapes.set(projection(config, layer, 'W', kind), [heads, d, k]);
      shapes.set(projection(config, layer, 'b', kind), [heads, k]);
    }
    shapes.set(`${block}.attn.W_O`, [h, k, d]);
    shapes.set(`${block}.attn.b_O`, [d]);
    if (config.attn_only) continue;
    norm(`${block}.ln2`);
    if (config.gated_mlp) shapes.set(`${block}.mlp.W_gate`, [d, m]);
    shapes.set(`${block}.mlp.W_in`, [d, m]);
    shapes.set(`${block}.mlp.b_in`, [m]);
    shapes.set(`${block}.mlp.W_out`, [m, d]);
    shapes.set(`${block}.mlp.b_out`, [d]);
  }
  norm('ln_final');
  shapes.set('unembed.W_U', [d, config.d_vocab_out]);
  shapes.set('unembed.b_U', [config.d_vocab_out]);
  return shapes;
}

/** The same name in every layer. */
const everywhere = (name: string): string => name.replace(/^blocks\.\d+\./, 'blocks.N.');

/** Index of the first entry that is infinite or not a number; -1 where there is none. */
function firstNotFinite(data: ArrayLike<number>): number {
  for (let i = 0; i < data.length; i++) if (data[i]! - data[i]! !== 0) return i;
  return -1;
}

/**
 * The weights a config calls for, in its order, without TransformerLens's constants.
 *
 * A bias may be left out of every layer: then there is none, as in architectures without it. Left out of some layers only, it is missing.
 * `unembed.W_U` may be left out with `tie_word_embeddings`. Keys and values may carry TransformerLens's names of grouped-query attention
 * (`_W_K`) also where every head has its own.
 * @param copy false: the arrays become the model's own, and must not be changed any more
 * @throws ModelError for a missing, unknown, misshapen or non-finite tensor
 */
export function checkWeights(config: TransformerConfig, weights: Weights, where: string, copy = true): Weights {
  const shapes = weightShapes(config);
  const fail = (what: string, hint = 'the config and the weights must be of the same model'): never => {
    throw new ModelError({ what, where, hint });
  };
  /** `_W_K` for `W_K`, where the file has that */
  const named = (name: string): string => {
    const other = name.replace(/\.attn\.([Wb]_[KV])$/, '.attn._$1');
    return other !== name && !weights.has(name) && weights.has(other) ? other : name;
  };
  const present = new Set([...shapes.keys()].filter((name) => weights.has(named(name))).map(everywhere));
  const used = new Set<string>();
  const checked = new Map<string, StoredTensor>();
  for (const [name, shape] of shapes) {
    const tensor = weights.get(named(name));
    if (tensor === undefined) {
      if (isBias(name) && !present.has(everywhere(name))) continue;
      if (name === 'unembed.W_U' && config.tie_word_embeddings) continue;
      return fail(
        `the weights lack ${name} of shape [${shape.join(', ')}], which ${isBias(name) ? 'they have in other layers' : 'the config calls for'}`,
      );
    }
    used.add(named(name));
    if (tensor.shape.length !== shape.length || tensor.shape.some((count, axis) => count !== shape[axis])) {
      fail(`${name} has shape [${tensor.shape.join(', ')}], but the config calls for [${shape.join(', ')}]`);
    }
    if (tensor.data.length !== entriesOf(shape))
      fail(`${name} of shape [${shape.join(', ')}] comes with ${tensor.data.length} values`);
    // tfjs wants an array of this realm, and an array of another is copied into one
    const data = !copy && tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data);
    const bad = firstNotFinite(data);
    if (bad >= 0) fail(`${name} holds ${data[bad]} at ${bad}`, 'the weights are damaged, or training diverged');
    checked.set(name, { shape, data });
  }
  for (const name of weights.keys()) {
    if (!used.has(name) && !buffer.test(name)) {
      fail(
        `the weights hold ${JSON.stringify(name)}, which the config does not call for; the nearest it does is ${nearest(name, [...shapes.keys()])}`,
      );
    }
  }
  return checked;
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Float32 values as little-endian bytes: a view of the values themselves where the machine has them so. */
function bytesOf(data: Float32Array): Uint8Array {
  if (littleEndian) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const view = new DataView(new ArrayBuffer(data.length * 4));
  for (let i = 0; i < data.length; i++) view.setFloat32(4 * i, data[i]!, true);
  return new Uint8Array(view.buffer);
}

/** SHA-256 over config and weights, in hex. The order of the weights and of the config's keys does not matter. */
export function fingerprint(config: TransformerConfig, weights: Weights): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1))));
  for (const name of [...weights.keys()].toSorted((a, b) => (a < b ? -1 : 1))) {
    const { shape, data } = weights.get(name)!;
    hash.update(`\n${name} ${shape.join(',')}\n`);
    hash.update(bytesOf(data));
  }
  return hash.digest('hex');
}
