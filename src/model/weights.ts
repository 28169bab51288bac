/** The tensors a config calls for, in TransformerLens's names and shapes. */
import { createHash } from 'node:crypto';
import { ModelError } from '../errors.js';
import type { TransformerConfig } from './config.js';
import type { Tensor } from './safetensors.js';
import { nearest } from '../options.js';

export type Weights = ReadonlyMap<string, Tensor>;

/** Constants that TransformerLens keeps in a state dict beside the weights. */
const buffer = /^blocks\.\d+\.attn\.(mask|IGNORE)$/;

/** Every weight of a model, with its shape. */
export function weightShapes(config: TransformerConfig): ReadonlyMap<string, readonly number[]> {
  const { n_layers, n_heads: h, d_head: k, d_model: d, d_mlp: m } = config;
  const shapes = new Map<string, readonly number[]>();
  const norm = (name: string) => {
    if (config.normalization_type !== 'LN') return;
    shapes.set(`${name}.w`, [d]);
    shapes.set(`${name}.b`, [d]);
  };
  shapes.set('embed.W_E', [config.d_vocab, d]);
  shapes.set('pos_embed.W_pos', [config.n_ctx, d]);
  for (let layer = 0; layer < n_layers; layer++) {
    const block = `blocks.${layer}`;
    norm(`${block}.ln1`);
    for (const kind of ['Q', 'K', 'V']) {
      shapes.set(`${block}.attn.W_${kind}`, [h, d, k]);
      shapes.set(`${block}.attn.b_${kind}`, [h, k]);
    }
    shapes.set(`${block}.attn.W_O`, [h, k, d]);
    shapes.set(`${block}.attn.b_O`, [d]);
    if (config.attn_only) continue;
    norm(`${block}.ln2`);
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

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Copies the weights a config calls for, in its order, without TransformerLens's constants.
 * @throws ModelError for a missing, unknown, misshapen or non-finite tensor
 */
export function checkWeights(config: TransformerConfig, weights: Weights, where: string): Weights {
  const shapes = weightShapes(config);
  const fail = (what: string, todo = 'the config and the weights must be of the same model'): never => {
    throw new ModelError({ what, where, todo });
  };
  const checked = new Map<string, Tensor>();
  for (const [name, shape] of shapes) {
    const tensor = weights.get(name);
    if (tensor === undefined) return fail(`the weights lack ${name} of shape [${shape.join(', ')}], which the config calls for`);
    if (tensor.shape.length !== shape.length || tensor.shape.some((count, axis) => count !== shape[axis])) {
      fail(`${name} has shape [${tensor.shape.join(', ')}], but the config calls for [${shape.join(', ')}]`);
    }
    if (tensor.data.length !== product(shape)) fail(`${name} of shape [${shape.join(', ')}] comes with ${tensor.data.length} values`);
    const data = Float32Array.from(tensor.data);
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) fail(`${name} holds ${data[bad]} at ${bad}`, 'the weights are damaged, or training diverged');
    checked.set(name, { shape, data });
  }
  for (const name of weights.keys()) {
    if (!shapes.has(name) && !buffer.test(name)) {
      fail(`the weights hold ${JSON.stringify(name)}, which the config does not call for; the nearest it does is ${nearest(name, [...shapes.keys()])}`);
    }
  }
  return checked;
}

/** SHA-256 over config and weights, in hex. The order of the weights and of the config's keys does not matter. */
export function fingerprint(config: TransformerConfig, weights: Weights): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1))));
  for (const name of [...weights.keys()].toSorted((a, b) => (a < b ? -1 : 1))) {
    const { shape, data } = weights.get(name)!;
    hash.update(`\n${name} ${shape.join(',')}\n`);
    const bytes = new DataView(new ArrayBuffer(data.length * 4));
    for (let i = 0; i < data.length; i++) bytes.setFloat32(4 * i, data[i]!, true);
    hash.update(new Uint8Array(bytes.buffer));
  }
  return hash.digest('hex');
}
