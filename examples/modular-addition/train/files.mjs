// From training's matrices to the file's names and shapes (TransformerLens's), and back.
import { writeFileSync } from 'node:fs';
import { read, write } from './safetensors.mjs';

const attentionNames = { W_Q: 'blocks.0.attn.W_Q', W_K: 'blocks.0.attn.W_K', W_V: 'blocks.0.attn.W_V' };
const plainNames = {
  W_E: 'embed.W_E',
  W_pos: 'pos_embed.W_pos',
  W_U: 'unembed.W_U',
  W_O: 'blocks.0.attn.W_O',
  W_in: 'blocks.0.mlp.W_in',
  b_in: 'blocks.0.mlp.b_in',
  W_out: 'blocks.0.mlp.W_out',
  b_out: 'blocks.0.mlp.b_out',
};

/** [dModel, heads * dHead] -> [heads, dModel, dHead] */
function apart({ dModel, heads, dHead }, data) {
  const out = new Float32Array(data.length);
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < dModel; i++)
      for (let j = 0; j < dHead; j++) out[(h * dModel + i) * dHead + j] = data[i * heads * dHead + h * dHead + j];
  return out;
}

/** [heads, dModel, dHead] -> [dModel, heads * dHead] */
function together({ dModel, heads, dHead }, data) {
  const out = new Float32Array(data.length);
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < dModel; i++)
      for (let j = 0; j < dHead; j++) out[i * heads * dHead + h * dHead + j] = data[(h * dModel + i) * dHead + j];
  return out;
}

/** Tensors by TransformerLens's names; what the recipe does not train is there, and zero. */
export function toTensors(size, weights) {
  const { p, dModel, heads, dHead, dMlp } = size;
  const zeros = (...shape) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)) });
  const tensors = {
    'embed.W_E': zeros(p, dModel),
    'pos_embed.W_pos': zeros(2, dModel),
    'unembed.W_U': zeros(dModel, p),
    'unembed.b_U': zeros(p),
    'blocks.0.attn.W_Q': zeros(heads, dModel, dHead),
    'blocks.0.attn.W_K': zeros(heads, dModel, dHead),
    'blocks.0.attn.W_V': zeros(heads, dModel, dHead),
    'blocks.0.attn.W_O': zeros(heads, dHead, dModel),
    'blocks.0.attn.b_Q': zeros(heads, dHead),
    'blocks.0.attn.b_K': zeros(heads, dHead),
    'blocks.0.attn.b_V': zeros(heads, dHead),
    'blocks.0.attn.b_O': zeros(dModel),
    'blocks.0.mlp.W_in': zeros(dModel, dMlp),
    'blocks.0.mlp.b_in': zeros(dMlp),
    'blocks.0.mlp.W_out': zeros(dMlp, dModel),
    'blocks.0.mlp.b_out': zeros(dModel),
  };
  for (const [name, data] of Object.entries(weights)) {
    if (name in attentionNames) tensors[attentionNames[name]].data = apart(size, data);
    else tensors[plainNames[name]].data = Float32Array.from(data);
  }
  return tensors;
}

/** Training's matrices from a file's tensors. */
export function fromTensors(size, tensors) {
  const weights = {};
  for (const [name, full] of Object.entries(plainNames)) weights[name] = Float32Array.from(tensors[full].data);
  for (const [name, full] of Object.entries(attentionNames)) {
    if (size.attention !== 'constant' || name === 'W_V') weights[name] = together(size, tensors[full].data);
  }
  return weights;
}

/** The config beside the weights, in TransformerLens's names. */
export function toConfig({ p, dModel, heads, dHead, dMlp }) {
  return {
    n_layers: 1,
    d_model: dModel,
    n_ctx: 2,
    d_head: dHead,
    n_heads: heads,
    d_mlp: dMlp,
    d_vocab: p,
    d_vocab_out: p,
    act_fn: 'relu',
    normalization_type: null,
    attention_dir: 'bidirectional',
    positional_embedding_type: 'standard',
  };
}

/** Writes `<base>.safetensors` and `<base>.json`. */
export function save(base, size, tensors, metadata) {
  write(`${base}.safetensors`, tensors, metadata);
  writeFileSync(`${base}.json`, `${JSON.stringify(toConfig(size), null, 2)}\n`);
}

export const load = (base) => read(`${base}.safetensors`);
