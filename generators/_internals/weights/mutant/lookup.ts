/** A transformer that does a task by heart: one neuron for every input, which writes the answer. */
import { parseConfig } from '../../../../src/model/formats/transformer/graph/config.js';
import type { Tokens } from '../../../../src/model/input.js';
import { weightShapes } from '../../../../src/model/formats/transformer/file/weights.js';
import type { Weighted } from '../draft.js';
import { entriesOf } from '../../../../src/shape.js';

/** Weights beyond this are more than a test wants to hold. */
export const MOST_CELLS = 2 ** 23;

export interface Lookup {
  /** all of one length */
  readonly inputs: readonly Tokens[];
  /** logits at the last position */
  readonly answers: readonly Float32Array[];
  readonly attention_dir: 'causal' | 'bidirectional';
  readonly d_vocab: number;
}

/** Weights in the largest matrices of the table. */
export function cellsOf(inputs: readonly Tokens[], classes: number): number {
  const length = inputs[0]!.length;
  const used = new Set(inputs.flat()).size;
  const width = used + length + length * used + classes;
  return width * (inputs.length + length * used);
}

/**
 * The residual stream holds the token, the position, a copy of the token of each position, and the answer. Head t sees position t only (other scores are 200 lower, and exp(-200) is 0
 * in float32), and copies its token. Neuron i is relu(copies that fit input i - (length - 1)): 1 on input i, 0 on all others. The logits on the inputs are exactly those given.
 */
export function lookupTable({ inputs, answers, attention_dir, d_vocab }: Lookup): Weighted {
  const length = inputs[0]!.length;
  const used = [...new Set(inputs.flat())].toSorted((a, b) => a - b);
  const index = new Map(used.map((token, i) => [token, i]));
  const classes = answers[0]!.length;
  const k = used.length;
  const [place, copies, answer] = [k, k + length, k + length + length * k];
  const config = parseConfig({
    n_layers: 1,
    d_model: answer + classes,
    n_ctx: length,
    d_head: k,
    n_heads: length,
    d_mlp: inputs.length,
    d_vocab,
    d_vocab_out: classes,
    act_fn: 'relu',
    normalization_type: null,
    attention_dir,
    attn_scale: 1,
  });
  const d = config.d_model;
  const weights = new Map(
    [...weightShapes(config)].map(([name, shape]) => [name, { shape, data: new Float32Array(entriesOf(shape)) }]),
  );
  const cells = (name: string): Float32Array => weights.get(name)!.data;
  used.forEach((token, i) => (cells('embed.W_E')[token * d + i] = 1));
  for (let t = 0; t < length; t++) {
    cells('pos_embed.W_pos')[t * d + place + t] = 1;
    cells('blocks.0.attn.b_Q')[t * k] = 200;
    cells('blocks.0.attn.W_K')[(t * d + place + t) * k] = 1;
    for (let i = 0; i < k; i++) {
      cells('blocks.0.attn.W_V')[(t * d + i) * k + i] = 1;
      cells('blocks.0.attn.W_O')[(t * k + i) * d + copies + t * k + i] = 1;
    }
  }
  const [into, bias, out] = [cells('blocks.0.mlp.W_in'), cells('blocks.0.mlp.b_in'), cells('blocks.0.mlp.W_out')];
  inputs.forEach((input, neuron) => {
    bias[neuron] = 1 - length;
    input.forEach((token, t) => (into[(copies + t * k + index.get(token)!) * inputs.length + neuron] = 1));
    out.set(answers[neuron]!, neuron * d + answer);
  });
  for (let c = 0; c < classes; c++) cells('unembed.W_U')[(answer + c) * classes + c] = 1;
  return { config, weights };
}
