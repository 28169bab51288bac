/** The attention of a layer: every head its own keys and values, or groups of heads that share them. */
import * as tf from '@tensorflow/tfjs-core';
import { normalise } from './norm.js';
import { affine, type ForwardPass } from './pass.js';
import { rotate } from './rotary.js';
import { headInputs } from '../graph/sites.js';
import { projection } from '../file/weights.js';

const kinds = ['Q', 'K', 'V'] as const;
type Kind = (typeof kinds)[number];

/** Heads apart: what each reads, [rows, positions, heads, d_model], through its own columns of a projection. */
function projectApart(pass: ForwardPass, inputs: tf.Tensor, layer: number, kind: Kind): tf.Tensor2D {
  const { config, rows, positions } = pass;
  const { d_model, d_head } = config;
  const heads = inputs.shape[2]!;
  const normalised = normalise(
    pass,
    tf.reshape(inputs, [rows * positions * heads, d_model]) as tf.Tensor2D,
    `blocks.${layer}.ln1`,
    false,
  );
  const apart = tf.unstack(tf.reshape(normalised, [rows * positions, heads, d_model]), 1) as tf.Tensor2D[];
  const weight = pass.matrix(projection(config, layer, 'W', kind));
  const bias = pass.bias(projection(config, layer, 'b', kind));
  return tf.concat(
    apart.map((x, head) =>
      affine(
        x,
        tf.slice(weight, [0, head * d_head], [d_model, d_head]),
        bias && tf.slice(bias, [head * d_head], [d_head]),
      ),
    ),
    1,
  );
}

/** Queries, keys and values, [rows x positions, heads x d_head] each; undefined once nothing more is wanted. */
function queriesKeysValues(
  pass: ForwardPass,
  residual: tf.Tensor2D,
  layer: number,
): readonly tf.Tensor2D[] | undefined {
  const { config, rows, positions, taps, tap, stopped } = pass;
  const block = `blocks.${layer}`;
  const repeated = (heads: number) =>
    tf.reshape(tf.stack(Array<tf.Tensor2D>(heads).fill(residual), 1), [rows, positions, heads, config.d_model]);
  const [inSite, ...splitSites] = headInputs.map((name) => `${block}.${name}`) as [string, string, string, string];
  let input = taps.touches(inSite) ? taps.at(inSite, repeated(config.n_heads)) : undefined;
  if (!taps.changes(inSite)) input = undefined;
  const headsOf = (i: number) => (i === 0 ? config.n_heads : config.n_key_value_heads);
  const apart = splitSites.map((site, i) => {
    if (!taps.touches(site)) return input;
    const seen = taps.at(site, input ?? repeated(headsOf(i)));
    return taps.changes(site) ? seen : input;
  });
  if (stopped()) return undefined;
  const shared = apart.every((x) => x !== undefined)
    ? undefined
    : normalise(
        pass,
        residual,
        `${block}.ln1`,
        apart.every((x) => x === undefined),
      );
  if (stopped()) return undefined;
  const projected = kinds.map((kind, i) => {
    const own = apart[i];
    const x =
      own === undefined
        ? affine(
            shared!,
            pass.matrix(projection(config, layer, 'W', kind)),
            pass.bias(projection(config, layer, 'b', kind)),
          )
        : projectApart(pass, own, layer, kind);
    return tap(`${block}.attn.hook_${kind.toLowerCase()}`, x, [headsOf(i), config.d_head]);
  });
  return stopped() ? undefined : projected;
}

/** The softmax of TransformerLens, which gives a row of nothing but -Infinity a pattern of zeros. */
function softmaxOfChanged(scores: tf.Tensor): tf.Tensor {
  const pattern = tf.softmax(scores);
  return tf.where(tf.isNaN(pattern), tf.scalar(0), pattern);
}

/** [rows, heads, positions, positions]. */
function patternOf(pass: ForwardPass, q: tf.Tensor, k: tf.Tensor, layer: number): tf.Tensor {
  const { config, rows, positions, taps, visibility } = pass;
  const { n_heads, n_key_value_heads, d_head } = config;
  const full = [rows, n_heads, positions, positions];
  // heads that share keys lie side by side: to their keys they are one head with more queries
  const grouped = tf.reshape(q, [rows, n_key_value_heads, (n_heads / n_key_value_heads) * positions, d_head]);
  const scale = config.attn_scale * (config.scale_attn_by_inverse_layer_idx ? layer + 1 : 1);
  let scores = tf.reshape(tf.div(tf.matMul(grouped, k, false, true), scale), full);
  if (visibility.hidden !== undefined) scores = tf.add(scores, visibility.hidden);
  const scoresSite = `blocks.${layer}.attn.hook_attn_scores`;
  const patternSite = `blocks.${layer}.attn.hook_pattern`;
  if (taps.touches(scoresSite)) scores = taps.at(scoresSite, scores);
  /** where rows have their own lengths, no change may let a position see what lies beyond the end of its row */
  const fenced = (x: tf.Tensor, site: string, outside: number): tf.Tensor => {
    const { inside } = visibility;
    return inside !== undefined && taps.changes(site) ? tf.where(inside, x, tf.fill(x.shape, outside)) : x;
  };
  scores = fenced(scores, scoresSite, -Infinity);
  let pattern = taps.changes(scoresSite) ? softmaxOfChanged(scores) : tf.softmax(scores);
  if (taps.touches(patternSite)) pattern = taps.at(patternSite, pattern);
  return fenced(pattern, patternSite, 0);
}

/** What the heads write, [rows x positions, d_model]. */
function writeOut(pass: ForwardPass, z: tf.Tensor2D, block: string): tf.Tensor2D {
  const { config, rows, positions, taps } = pass;
  const { n_heads: heads, d_head, d_model } = config;
  const out = pass.matrix(`${block}.attn.W_O`);
  const bias = pass.bias(`${block}.attn.b_O`);
  const site = `${block}.attn.hook_result`;
  if (taps.touches(site)) {
    const results = tf
      .split(z, heads, 1)
      .map((own, head) => tf.matMul(own, tf.slice(out, [head * d_head, 0], [d_head, d_model])));
    const seen = taps.at(site, tf.reshape(tf.stack(results, 1), [rows, positions, heads, d_model]));
    // reading must not change the sum by a rounding
    if (taps.changes(site)) {
      const sum = tf.sum(tf.reshape(seen, [rows * positions, heads, d_model]), 1) as tf.Tensor2D;
      return bias === undefined ? sum : tf.add(sum, bias);
    }
  }
  return affine(z, out, bias);
}

/**
 * @param residual [rows x positions, d_model]
 * @returns what the layer adds to it; undefined once nothing more is wanted
 */
export function attention(pass: ForwardPass, residual: tf.Tensor2D, layer: number): tf.Tensor2D | undefined {
  const { config, rows, positions, rotation, tap, stopped } = pass;
  const { n_heads, n_key_value_heads, d_head, d_model } = config;
  const block = `blocks.${layer}`;
  const projected = queriesKeysValues(pass, residual, layer);
  if (projected === undefined) return undefined;
  let [q, k] = projected as [tf.Tensor2D, tf.Tensor2D];
  const v = projected[2]!;
  if (rotation !== undefined) {
    q = tap(`${block}.attn.hook_rot_q`, rotate(rotation, q), [n_heads, d_head]);
    k = tap(`${block}.attn.hook_rot_k`, rotate(rotation, k), [n_key_value_heads, d_head]);
    if (stopped()) return undefined;
  }
  const byHead = (x: tf.Tensor2D): tf.Tensor =>
    tf.transpose(tf.reshape(x, [rows, positions, x.shape[1] / d_head, d_head]), [0, 2, 1, 3]);
  const pattern = patternOf(pass, byHead(q), byHead(k), layer);
  if (stopped()) return undefined;
  const grouped = tf.reshape(pattern, [rows, n_key_value_heads, (n_heads / n_key_value_heads) * positions, positions]);
  const mixed = tf.transpose(
    tf.reshape(tf.matMul(grouped, byHead(v)), [rows, n_heads, positions, d_head]),
    [0, 2, 1, 3],
  );
  const z = tap(`${block}.attn.hook_z`, tf.reshape(mixed, [rows * positions, n_heads * d_head]) as tf.Tensor2D, [
    n_heads,
    d_head,
  ]);
  if (stopped()) return undefined;
  return tap(`${block}.hook_attn_out`, writeOut(pass, z, block), [d_model]);
}
