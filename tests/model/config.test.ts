import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ModelError, OptionError } from '../../src/errors.js';
import { parseConfig } from '../../src/model/config.js';
import { transformer } from '../../src/model/transformer.js';
import { fingerprint, weightShapes, type Weights } from '../../src/model/weights.js';
import { configs } from './arbitraries.js';
import { makeWeights, small } from './made.js';

const wrong = (config: unknown): ModelError => {
  try {
    parseConfig(config, 'a.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).where).toBe('a.json');
    return error as ModelError;
  }
  throw new Error('this config was accepted');
};

describe('config', () => {
  test("TransformerLens's defaults are filled in", () => {
    const { n_layers, d_model, n_ctx, d_head, d_vocab } = small;
    expect(parseConfig({ n_layers, d_model, n_ctx, d_head, d_vocab, act_fn: 'relu', n_heads: -1, d_vocab_out: -1, attn_scale: -1 })).toEqual({
      n_layers, d_model, n_ctx, d_head, d_vocab,
      n_heads: 2,
      d_mlp: 24,
      d_vocab_out: 5,
      act_fn: 'relu',
      normalization_type: 'LN',
      eps: 1e-5,
      attention_dir: 'causal',
      positional_embedding_type: 'standard',
      attn_only: false,
      attn_scale: Math.sqrt(3),
    });
  });

  test('a checked config checks to itself', () => fc.assert(fc.property(configs, (config) => expect(parseConfig(parseConfig(config))).toEqual(parseConfig(config)))));

  test('a whole config as TransformerLens saves it', () => {
    const saved = {
      ...small,
      model_name: 'custom', use_attn_result: false, use_attn_scale: true, use_split_qkv_input: false, use_hook_mlp_in: false, use_attn_in: false,
      use_qk_norm: false, use_local_attn: false, original_architecture: null, from_checkpoint: false, checkpoint_index: null, tokenizer_name: null,
      window_size: null, attn_types: null, init_mode: 'gpt2', device: 'cpu', n_devices: 1, seed: 7, initializer_range: 0.3, init_weights: true,
      scale_attn_by_inverse_layer_idx: false, final_rms: false, parallel_attn_mlp: false, rotary_dim: null, n_params: 100, use_hook_tokens: false,
      gated_mlp: false, default_prepend_bos: true, dtype: 'torch.float32', tokenizer_prepends_bos: null, n_key_value_heads: null,
      post_embedding_ln: false, rotary_base: 10000, load_in_4bit: false, num_experts: null, experts_per_token: null, attn_scores_soft_cap: -1.0,
      output_logits_soft_cap: -1.0, tie_word_embeddings: false, ungroup_grouped_query_attention: false, attn_scale: Math.sqrt(3), eps: 1e-5,
    };
    expect(parseConfig(saved)).toEqual(parseConfig(small));
  });

  test.each([
    [null, /is an object, not null/],
    [[], /is an object, not \[\]/],
    [{ ...small, n_layer: 1 }, /unknown key "n_layer"; the nearest known one is n_layers/],
    [{ ...small, n_layers: undefined }, /lacks n_layers/],
    [{ ...small, n_layers: 0 }, /n_layers = 0 is not supported/],
    [{ ...small, n_layers: 2 ** 60 }, /n_layers = 1152921504606847000 is not supported/],
    [{ ...small, d_model: 1.5 }, /d_model = 1.5 is not supported/],
    [{ ...small, d_model: '6' }, /d_model = "6" is not supported/],
    [{ ...small, act_fn: 'silu' }, /act_fn = "silu" is not supported/],
    [{ ...small, act_fn: undefined }, /lacks act_fn/],
    [{ ...small, d_mlp: 0 }, /d_mlp = 0 in a model that is not attn_only/],
    [{ ...small, n_heads: undefined, d_head: 7 }, /d_head = 7 is larger than d_model = 6/],
    [{ ...small, normalization_type: 'RMS' }, /normalization_type = "RMS" is not supported/],
    [{ ...small, positional_embedding_type: 'rotary' }, /positional_embedding_type = "rotary" is not supported/],
    [{ ...small, attention_dir: 'sideways' }, /attention_dir = "sideways" is not supported/],
    [{ ...small, eps: 0 }, /eps = 0 is not supported/],
    [{ ...small, final_rms: true }, /final_rms = true is not supported/],
    [{ ...small, gated_mlp: true }, /gated_mlp = true is not supported/],
    [{ ...small, parallel_attn_mlp: true }, /parallel_attn_mlp = true is not supported/],
    [{ ...small, n_key_value_heads: 1 }, /n_key_value_heads = 1 is not supported/],
    [{ ...small, attn_scores_soft_cap: 50 }, /attn_scores_soft_cap = 50 is not supported/],
  ])('%j is a ModelError', (config, message) => {
    expect(wrong(config).message).toMatch(message);
  });

  test('as many key-value heads as heads is ordinary attention', () => {
    expect(parseConfig({ ...small, n_key_value_heads: 2 })).toEqual(parseConfig(small));
  });
});

describe('weights', () => {
  const weights = makeWeights(small, 3);
  const build = (changed: Weights) => transformer(small, changed, { backend: 'cpu', where: 'a.safetensors' });
  const edited = (edit: (all: Map<string, { shape: readonly number[]; data: Float32Array }>) => void) => {
    const all = new Map(weights);
    edit(all);
    return build(all);
  };

  test.each([
    ['a missing tensor', edited((all) => all.delete('blocks.1.attn.b_K')), 'the weights lack blocks.1.attn.b_K of shape [2, 3]'],
    ['a wrong shape', edited((all) => all.set('unembed.W_U', { shape: [4, 6], data: new Float32Array(24) })), 'unembed.W_U has shape [4, 6], but the config calls for [6, 4]'],
    ['an unknown tensor', edited((all) => all.set('blocks.2.attn.b_K', { shape: [1], data: new Float32Array(1) })), '"blocks.2.attn.b_K", which the config does not call for; the nearest it does is blocks.0.attn.b_K'],
    ['too few values', edited((all) => all.set('unembed.b_U', { shape: [4], data: new Float32Array(3) })), 'unembed.b_U of shape [4] comes with 3 values'],
    ['NaN', edited((all) => all.set('unembed.b_U', { shape: [4], data: new Float32Array([0, 0, NaN, 0]) })), 'unembed.b_U holds NaN at 2'],
    ['a norm that is not there', transformer({ ...small, normalization_type: null }, weights, { backend: 'cpu', where: 'a.safetensors' }), '"blocks.0.ln1.w", which the config does not call for'],
  ])('%s is a ModelError', async (_, built, message) => {
    const error = await (built as Promise<unknown>).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).message).toContain(message);
    expect((error as ModelError).where).toBe('a.safetensors');
  });

  test("TransformerLens's constants are passed over", async () => {
    const model = await edited((all) => {
      all.set('blocks.0.attn.mask', { shape: [4, 4], data: new Float32Array(16) });
      all.set('blocks.1.attn.IGNORE', { shape: [], data: new Float32Array([-Infinity]) });
    });
    const plain = await build(weights);
    expect(model.fingerprint).toBe(plain.fingerprint);
    expect([...model.weights.keys()]).toEqual([...weightShapes(model.config).keys()]);
  });

  test('the weights are copied', async () => {
    const own = new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
    const model = await build(own);
    const before = (await model.run([[0, 1]])).logits.data;
    for (const { data } of own.values()) data.fill(0);
    expect((await model.run([[0, 1]])).logits.data).toEqual(before);
  });

  test('the fingerprint is of config and weights, whatever their order, and of nothing else', async () => {
    const config = parseConfig(small);
    const print = fingerprint(config, weights);
    expect(print).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprint(Object.fromEntries(Object.entries(config).toReversed()) as unknown as typeof config, new Map([...weights].toReversed()))).toBe(print);
    expect((await transformer({ ...small, seed: 3 }, weights, { name: 'other', backend: 'cpu' })).fingerprint).toBe(print);
    const [name, { shape, data }] = [...weights][5]!;
    expect(fingerprint(config, new Map(weights).set(name, { shape, data: data.map((v, i) => (i === 1 ? v + 1e-6 : v)) }))).not.toBe(print);
    expect(fingerprint({ ...config, attention_dir: 'bidirectional' }, weights)).not.toBe(print);
  });

  test('wrong options are OptionErrors', async () => {
    await expect(transformer(small, weights, { batchsize: 3 } as object)).rejects.toThrow(/unknown option "batchsize"; the nearest known one is batchSize/);
    await expect(transformer(small, weights, { batchSize: 0 })).rejects.toThrow(OptionError);
  });
});
