/** Which tensors a Hugging Face checkpoint holds, in which shapes, and what becomes of each in TransformerLens's names and shapes. */
import type { StoredTensor } from '../../../../../io/safetensors.js';
import type { Dimensions, ModelFamily } from './families.js';

export interface Rule {
  readonly shape: readonly number[];
  /** @param data of the tensor; may be kept */
  to(data: Float32Array): readonly (readonly [name: string, tensor: StoredTensor])[];
}

export interface Checkpoint {
  /** what a checkpoint may put before every name but the head's */
  readonly prefix: string;
  /** tensors by name, without the prefix */
  readonly rules: ReadonlyMap<string, Rule>;
  /** names of the unembedding, of which a checkpoint that does not tie it has one */
  readonly heads: readonly string[];
  readonly embedding: string;
  /** constants that older versions saved beside the weights */
  readonly buffers: RegExp;
}

/** [rows, columns] to [columns, rows]. In blocks, so that neither side strides through memory. */
export function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  const block = 32;
  for (let r0 = 0; r0 < rows; r0 += block) {
    const r1 = r0 + block < rows ? r0 + block : rows;
    for (let c0 = 0; c0 < columns; c0 += block) {
      const c1 = c0 + block < columns ? c0 + block : columns;
      for (let r = r0; r < r1; r++) for (let c = c0; c < c1; c++) out[c * rows + r] = data[r * columns + c]!;
    }
  }
  return out;
}

const whole =
  (name: string, shape: readonly number[]): Rule['to'] =>
  (data) => [[name, { shape, data }]];

/** torch's Linear stores [out, in]. */
const linear = (name: string, inputs: number, outputs: number, shape: readonly number[] = [inputs, outputs]): Rule => ({
  shape: [outputs, inputs],
  to: (data) => [[name, { shape, data: transpose(data, outputs, inputs) }]],
});

const vector = (name: string, length: number, shape: readonly number[] = [length]): Rule => ({
  shape: [length],
  to: whole(name, shape),
});

/** [heads x width, d] of one projection, torch's way, to [heads, d, width]. */
export function perHead(data: Float32Array, heads: number, width: number, d: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let head = 0; head < heads; head++) {
    const size = width * d;
    out.set(transpose(data.subarray(head * size, (head + 1) * size), width, d), head * size);
  }
  return out;
}

const kinds = ['Q', 'K', 'V'] as const;

function gpt2({ layers, width: d, heads, headWidth, neurons, positions, context }: Dimensions): Map<string, Rule> {
  const rules = new Map<string, Rule>([
    [
      'wpe.weight',
      {
        shape: [positions, d],
        to: (data) => [
          ['pos_embed.W_pos', { shape: [context, d], data: context === positions ? data : data.slice(0, context * d) }],
        ],
      },
    ],
    ['ln_f.weight', vector('ln_final.w', d)],
    ['ln_f.bias', vector('ln_final.b', d)],
  ]);
  for (let layer = 0; layer < layers; layer++) {
    const [from, block] = [`h.${layer}`, `blocks.${layer}`];
    const set = (name: string, rule: Rule) => rules.set(`${from}.${name}`, rule);
    for (const n of [1, 2]) {
      set(`ln_${n}.weight`, vector(`${block}.ln${n}.w`, d));
      set(`ln_${n}.bias`, vector(`${block}.ln${n}.b`, d));
    }
    // Conv1D stores [in, out]; the columns are all queries, all keys, all values, each head by head
    set('attn.c_attn.weight', {
      shape: [d, 3 * d],
      to: (data) =>
        kinds.map((kind, part) => {
          const out = new Float32Array(d * d);
          for (let row = 0; row < d; row++)
            for (let head = 0; head < heads; head++) {
              const at = row * 3 * d + part * d + head * headWidth;
              out.set(data.subarray(at, at + headWidth), (head * d + row) * headWidth);
            }
          return [`${block}.attn.W_${kind}`, { shape: [heads, d, headWidth], data: out }];
        }),
    });
    set('attn.c_attn.bias', {
      shape: [3 * d],
      to: (data) =>
        kinds.map((kind, part) => [
          `${block}.attn.b_${kind}`,
          { shape: [heads, headWidth], data: data.slice(part * d, (part + 1) * d) },
        ]),
    });
    set('attn.c_proj.weight', { shape: [d, d], to: whole(`${block}.attn.W_O`, [heads, headWidth, d]) });
    set('attn.c_proj.bias', vector(`${block}.attn.b_O`, d));
    set('mlp.c_fc.weight', { shape: [d, neurons], to: whole(`${block}.mlp.W_in`, [d, neurons]) });
    set('mlp.c_fc.bias', vector(`${block}.mlp.b_in`, neurons));
    set('mlp.c_proj.weight', { shape: [neurons, d], to: whole(`${block}.mlp.W_out`, [neurons, d]) });
    set('mlp.c_proj.bias', vector(`${block}.mlp.b_out`, d));
  }
  return rules;
}

function gptNeox({
  layers,
  width: d,
  heads,
  headWidth,
  neurons,
  queryKeyValueBias,
  outputBias,
}: Dimensions): Map<string, Rule> {
  const rules = new Map<string, Rule>([
    ['final_layer_norm.weight', vector('ln_final.w', d)],
    ['final_layer_norm.bias', vector('ln_final.b', d)],
  ]);
  for (let layer = 0; layer < layers; layer++) {
    const [from, block] = [`layers.${layer}`, `blocks.${layer}`];
    const set = (name: string, rule: Rule) => rules.set(`${from}.${name}`, rule);
    for (const [name, ln] of [
      ['input_layernorm', 'ln1'],
      ['post_attention_layernorm', 'ln2'],
    ] as const) {
      set(`${name}.weight`, vector(`${block}.${ln}.w`, d));
      set(`${name}.bias`, vector(`${block}.${ln}.b`, d));
    }
    // the rows are head by head: its query, its key, its value
    set('attention.query_key_value.weight', {
      shape: [3 * d, d],
      to: (data) =>
        kinds.map((kind, part) => {
          const out = new Float32Array(d * d);
          const size = headWidth * d;
          for (let head = 0; head < heads; head++) {
            const at = (3 * head + part) * size;
            out.set(transpose(data.subarray(at, at + size), headWidth, d), head * size);
          }
          return [`${block}.attn.W_${kind}`, { shape: [heads, d, headWidth], data: out }];
        }),
    });
    if (queryKeyValueBias)
      set('attention.query_key_value.bias', {
        shape: [3 * d],
        to: (data) =>
          kinds.map((kind, part) => {
            const out = new Float32Array(d);
            for (let head = 0; head < heads; head++) {
              const at = (3 * head + part) * headWidth;
              out.set(data.subarray(at, at + headWidth), head * headWidth);
            }
            return [`${block}.attn.b_${kind}`, { shape: [heads, headWidth], data: out }];
          }),
      });
    set('attention.dense.weight', linear(`${block}.attn.W_O`, d, d, [heads, headWidth, d]));
    if (outputBias) set('attention.dense.bias', vector(`${block}.attn.b_O`, d));
    set('mlp.dense_h_to_4h.weight', linear(`${block}.mlp.W_in`, d, neurons));
    set('mlp.dense_h_to_4h.bias', vector(`${block}.mlp.b_in`, neurons));
    set('mlp.dense_4h_to_h.weight', linear(`${block}.mlp.W_out`, neurons, d));
    set('mlp.dense_4h_to_h.bias', vector(`${block}.mlp.b_out`, d));
  }
  return rules;
}

function llama({
  layers,
  width: d,
  heads,
  keyValueHeads,
  headWidth: k,
  neurons,
  queryKeyValueBias,
  outputBias,
}: Dimensions): Map<string, Rule> {
  const rules = new Map<string, Rule>([['norm.weight', vector('ln_final.w', d)]]);
  // TransformerLens keeps what several heads share under names of its own
  const shared = keyValueHeads < heads ? '_' : '';
  for (let layer = 0; layer < layers; layer++) {
    const [from, block] = [`layers.${layer}`, `blocks.${layer}`];
    const set = (name: string, rule: Rule) => rules.set(`${from}.${name}`, rule);
    set('input_layernorm.weight', vector(`${block}.ln1.w`, d));
    set('post_attention_layernorm.weight', vector(`${block}.ln2.w`, d));
    for (const kind of kinds) {
      const [count, mark] = kind === 'Q' ? [heads, ''] : [keyValueHeads, shared];
      const name = `self_attn.${kind.toLowerCase()}_proj`;
      set(`${name}.weight`, {
        shape: [count * k, d],
        to: (data) => [[`${block}.attn.${mark}W_${kind}`, { shape: [count, d, k], data: perHead(data, count, k, d) }]],
      });
      if (queryKeyValueBias) set(`${name}.bias`, vector(`${block}.attn.${mark}b_${kind}`, count * k, [count, k]));
    }
    set('self_attn.o_proj.weight', linear(`${block}.attn.W_O`, heads * k, d, [heads, k, d]));
    if (outputBias) set('self_attn.o_proj.bias', vector(`${block}.attn.b_O`, d));
    set('mlp.gate_proj.weight', linear(`${block}.mlp.W_gate`, d, neurons));
    set('mlp.up_proj.weight', linear(`${block}.mlp.W_in`, d, neurons));
    set('mlp.down_proj.weight', linear(`${block}.mlp.W_out`, neurons, d));
  }
  return rules;
}

const layouts = {
  gpt2: {
    prefix: 'transformer.',
    rules: gpt2,
    embedding: 'wte.weight',
    heads: ['lm_head.weight'],
    buffers: /^h\.\d+\.attn\.(bias|masked_bias)$/,
  },
  gpt_neox: {
    prefix: 'gpt_neox.',
    rules: gptNeox,
    embedding: 'embed_in.weight',
    heads: ['embed_out.weight', 'lm_head.weight'],
    buffers: /^(layers\.\d+\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)|rotary_emb\.inv_freq)$/,
  },
  llama: {
    prefix: 'model.',
    rules: llama,
    embedding: 'embed_tokens.weight',
    heads: ['lm_head.weight'],
    buffers: /^(layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq$/,
  },
} as const;

/** The tensors that a checkpoint of these dimensions has. */
export function checkpoint(layout: ModelFamily, dimensions: Dimensions): Checkpoint {
  const { rules, prefix, embedding, heads, buffers } = layouts[layout];
  const { width, vocabulary, labels } = dimensions;
  const all = rules(dimensions);
  all.set(embedding, { shape: [vocabulary, width], to: whole('embed.W_E', [vocabulary, width]) });
  if (labels !== undefined) {
    all.set('classifier.weight', linear('unembed.W_U', width, labels));
    all.set('classifier.bias', vector('unembed.b_U', labels));
    return { prefix, rules: all, heads: ['classifier.weight'], embedding, buffers };
  }
  for (const head of heads) all.set(head, linear('unembed.W_U', width, vocabulary));
  return { prefix, rules: all, heads, embedding, buffers };
}
