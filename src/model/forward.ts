/**
 * The forward pass of TransformerLens's HookedTransformer, on tfjs. Synchronous, to be called inside tf.tidy.
 * Activations are held as matrices [rows x positions, features] and get their full shape only at a site that somebody
 * looks at: products of two plain matrices are the ones that every backend does fast.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { TransformerConfig } from './config.js';
import { headInputs } from './sites.js';
import type { Weights } from './weights.js';

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

/** Weights laid out for plain products. */
export interface Parameters {
  /** on the host: [d_vocab, d_model] and [n_ctx, d_model] */
  readonly embed: Float32Array;
  readonly place: Float32Array;
  /** on the backend: everything else */
  readonly tensors: ReadonlyMap<string, tf.Tensor2D | tf.Tensor1D>;
}

/** Uploads weights: heads side by side, W_Q/K/V as [d_model, heads x d_head], W_O as [heads x d_head, d_model]. */
export function upload(config: TransformerConfig, weights: Weights): Parameters {
  const { n_heads: h, d_model: d, d_head: k } = config;
  const tensors = new Map<string, tf.Tensor2D | tf.Tensor1D>();
  for (const [name, { shape, data }] of weights) {
    if (name === 'embed.W_E' || name === 'pos_embed.W_pos') continue;
    if (/\.attn\.W_[QKV]$/.test(name)) {
      const flat = new Float32Array(data.length);
      for (let head = 0; head < h; head++)
        for (let row = 0; row < d; row++) flat.set(data.subarray((head * d + row) * k, (head * d + row + 1) * k), (row * h + head) * k);
      tensors.set(name, tf.tensor2d(flat, [d, h * k]));
    } else if (name.endsWith('.attn.W_O')) {
      tensors.set(name, tf.tensor2d(data, [h * k, d]));
    } else if (shape.length === 2 && !/\.attn\.b_/.test(name)) {
      tensors.set(name, tf.tensor2d(data, shape as [number, number]));
    } else {
      tensors.set(name, tf.tensor1d(data)); // biases of heads flattened like their weights
    }
  }
  return { embed: weights.get('embed.W_E')!.data, place: weights.get('pos_embed.W_pos')!.data, tensors };
}

/** x W + b of plain matrices. tfjs's fused product with bias is four times slower than the two apart on wasm. */
const affine = (x: tf.Tensor2D, w: tf.Tensor2D, bias: tf.Tensor): tf.Tensor2D => tf.add(tf.matMul(x, w), bias);

/** With the tanh approximation: `gelu_new` and `gelu_fast` differ in TransformerLens only in how they associate the same product. */
function geluTanh(x: tf.Tensor2D): tf.Tensor2D {
  const cubic = tf.mul(tf.mul(x, x), x);
  const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, cubic)));
  return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
}
const activations: Readonly<Record<string, (x: tf.Tensor2D) => tf.Tensor2D>> = {
  relu: (x) => tf.relu(x),
  gelu: (x) => tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(Math.SQRT1_2, x)))),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
};

/** The softmax of TransformerLens, which gives a row of nothing but -Infinity a pattern of zeros. */
function softmaxOfChanged(scores: tf.Tensor): tf.Tensor {
  const pattern = tf.softmax(scores);
  return tf.where(tf.isNaN(pattern), tf.scalar(0), pattern);
}

/**
 * @param tokens row-major [rows, positions]
 * @returns logits [rows x positions, d_vocab_out], or undefined where `logits` is false
 */
export function forward(
  config: TransformerConfig,
  parameters: Parameters,
  tokens: Int32Array,
  rows: number,
  taps: Taps,
  logits: boolean,
): tf.Tensor2D | undefined {
  const { n_heads: heads, d_head, d_model, d_mlp } = config;
  const positions = tokens.length / rows;
  const flatRows = rows * positions;
  const matrix = (name: string) => parameters.tensors.get(name) as tf.Tensor2D;
  const stopped = () => !logits && taps.done();

  /** Shows a matrix at a site under its full shape. */
  const tap = (site: string, x: tf.Tensor2D, shape: readonly number[]): tf.Tensor2D => {
    if (!taps.touches(site)) return x;
    return tf.reshape(taps.at(site, tf.reshape(x, [rows, positions, ...shape])), x.shape) as tf.Tensor2D;
  };

  /** @param x [any rows, d_model]; `named` is false where a layer normalises more than one thing */
  const normalise = (x: tf.Tensor2D, name: string, named: boolean): tf.Tensor2D => {
    if (config.normalization_type === null) return x;
    const centred = tf.sub(x, tf.mean(x, 1, true)) as tf.Tensor2D;
    let scale = tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), config.eps)) as tf.Tensor2D;
    if (named) scale = tap(`${name}.hook_scale`, scale, [1]);
    let normalised = tf.div(centred, scale) as tf.Tensor2D;
    if (config.normalization_type === 'LN') normalised = tf.add(tf.mul(normalised, matrix(`${name}.w`)), matrix(`${name}.b`));
    return named ? tap(`${name}.hook_normalized`, normalised, [d_model]) : normalised;
  };

  /** Heads apart: what each reads, [rows, positions, heads, d_model], through its own columns of a projection. */
  const projectApart = (inputs: tf.Tensor, block: string, kind: string): tf.Tensor2D => {
    const normalised = normalise(tf.reshape(inputs, [flatRows * heads, d_model]) as tf.Tensor2D, `${block}.ln1`, false);
    const apart = tf.unstack(tf.reshape(normalised, [flatRows, heads, d_model]), 1) as tf.Tensor2D[];
    const weight = matrix(`${block}.attn.W_${kind}`);
    const bias = parameters.tensors.get(`${block}.attn.b_${kind}`)!;
    return tf.concat(
      apart.map((x, head) =>
        affine(x, tf.slice(weight, [0, head * d_head], [d_model, d_head]), tf.slice(bias, [head * d_head], [d_head])),
      ),
      1,
    );
  };

  const attention = (residual: tf.Tensor2D, block: string): tf.Tensor2D | undefined => {
    const repeated = () => tf.reshape(tf.stack(Array<tf.Tensor2D>(heads).fill(residual), 1), [rows, positions, heads, d_model]);
    const [inSite, ...splitSites] = headInputs.map((name) => `${block}.${name}`) as [string, string, string, string];
    let input = taps.touches(inSite) ? taps.at(inSite, repeated()) : undefined;
    if (!taps.changes(inSite)) input = undefined;
    const apart = splitSites.map((site) => {
      if (!taps.touches(site)) return input;
      const seen = taps.at(site, input ?? repeated());
      return taps.changes(site) ? seen : input;
    });
    if (stopped()) return undefined;

    const shared = apart.every((x) => x !== undefined) ? undefined : normalise(residual, `${block}.ln1`, apart.every((x) => x === undefined));
    if (stopped()) return undefined;
    const [q, k, v] = ['Q', 'K', 'V'].map((kind, i) => {
      const own = apart[i];
      const x = own === undefined ? affine(shared!, matrix(`${block}.attn.W_${kind}`), parameters.tensors.get(`${block}.attn.b_${kind}`)!) : projectApart(own, block, kind);
      return tap(`${block}.attn.hook_${kind.toLowerCase()}`, x, [heads, d_head]);
    }) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    if (stopped()) return undefined;

    const byHead = (x: tf.Tensor2D): tf.Tensor => tf.transpose(tf.reshape(x, [rows, positions, heads, d_head]), [0, 2, 1, 3]);
    let scores: tf.Tensor = tf.div(tf.matMul(byHead(q), byHead(k), false, true), config.attn_scale);
    if (config.attention_dir === 'causal') {
      const hidden = Float32Array.from({ length: positions * positions }, (_, at) => (at % positions > Math.floor(at / positions) ? -Infinity : 0));
      scores = tf.add(scores, tf.tensor(hidden, [1, 1, positions, positions]));
    }
    const scoresSite = `${block}.attn.hook_attn_scores`;
    if (taps.touches(scoresSite)) scores = taps.at(scoresSite, scores);
    let pattern = taps.changes(scoresSite) ? softmaxOfChanged(scores) : tf.softmax(scores);
    if (taps.touches(`${block}.attn.hook_pattern`)) pattern = taps.at(`${block}.attn.hook_pattern`, pattern);
    if (stopped()) return undefined;

    const mixed = tf.transpose(tf.matMul(pattern, byHead(v)), [0, 2, 1, 3]);
    const z = tap(`${block}.attn.hook_z`, tf.reshape(mixed, [flatRows, heads * d_head]) as tf.Tensor2D, [heads, d_head]);
    if (stopped()) return undefined;

    const out = matrix(`${block}.attn.W_O`);
    const bias = parameters.tensors.get(`${block}.attn.b_O`)!;
    const resultSite = `${block}.attn.hook_result`;
    let sum: tf.Tensor2D | undefined;
    if (taps.touches(resultSite)) {
      const results = tf.split(z, heads, 1).map((own, head) => tf.matMul(own, tf.slice(out, [head * d_head, 0], [d_head, d_model])));
      const seen = taps.at(resultSite, tf.reshape(tf.stack(results, 1), [rows, positions, heads, d_model]));
      // reading must not change the sum by a rounding
      if (taps.changes(resultSite)) sum = tf.add(tf.sum(tf.reshape(seen, [flatRows, heads, d_model]), 1), bias) as tf.Tensor2D;
    }
    return tap(`${block}.hook_attn_out`, sum ?? affine(z, out, bias), [d_model]);
  };

  const mlp = (mid: tf.Tensor2D, block: string): tf.Tensor2D | undefined => {
    const input = normalise(tap(`${block}.hook_mlp_in`, mid, [d_model]), `${block}.ln2`, true);
    if (stopped()) return undefined;
    const pre = tap(`${block}.mlp.hook_pre`, affine(input, matrix(`${block}.mlp.W_in`), parameters.tensors.get(`${block}.mlp.b_in`)!), [d_mlp]);
    if (stopped()) return undefined;
    const post = tap(`${block}.mlp.hook_post`, activations[config.act_fn!]!(pre), [d_mlp]);
    if (stopped()) return undefined;
    return tap(`${block}.hook_mlp_out`, affine(post, matrix(`${block}.mlp.W_out`), parameters.tensors.get(`${block}.mlp.b_out`)!), [d_model]);
  };

  const block = (x: tf.Tensor2D, layer: number): tf.Tensor2D | undefined => {
    const name = `blocks.${layer}`;
    const pre = tap(`${name}.hook_resid_pre`, x, [d_model]);
    if (stopped()) return undefined;
    const attended = attention(pre, name);
    if (attended === undefined || stopped()) return undefined;
    const mid = tf.add(pre, attended) as tf.Tensor2D;
    if (config.attn_only) return tap(`${name}.hook_resid_post`, mid, [d_model]);
    const midSeen = tap(`${name}.hook_resid_mid`, mid, [d_model]);
    if (stopped()) return undefined;
    const out = mlp(midSeen, name);
    if (out === undefined || stopped()) return undefined;
    return tap(`${name}.hook_resid_post`, tf.add(midSeen, out) as tf.Tensor2D, [d_model]);
  };

  // looked up on the host: gather and tile are slow on wasm, and a copy of rows is cheap everywhere
  const lookUp = (table: Float32Array, index: (at: number) => number): tf.Tensor2D => {
    const found = new Float32Array(flatRows * d_model);
    for (let at = 0; at < flatRows; at++) found.set(table.subarray(index(at) * d_model, (index(at) + 1) * d_model), at * d_model);
    return tf.tensor2d(found, [flatRows, d_model]);
  };
  const { embed, place } = parameters;
  const embedded = tap('hook_embed', lookUp(embed, (at) => tokens[at]!), [d_model]);
  let x: tf.Tensor2D | undefined = tf.add(embedded, tap('hook_pos_embed', lookUp(place, (at) => at % positions), [d_model]));
  for (let layer = 0; layer < config.n_layers && !stopped(); layer++) {
    const before: tf.Tensor2D = x;
    x = tf.tidy(() => block(before, layer));
    if (x === undefined) return undefined;
  }
  if (stopped()) return undefined;
  const final = normalise(x, 'ln_final', true);
  return logits ? affine(final, matrix('unembed.W_U'), parameters.tensors.get('unembed.b_U')!) : undefined;
}
