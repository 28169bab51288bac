import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ModelError, OptionError } from '../../../../src/errors.js';
import { parseConfig } from '../../../../src/model/formats/transformer/graph/config.js';
import { transformer } from '../../../../src/model/formats/transformer/run/transformer.js';
import { fingerprint, weightShapes, type Weights } from '../../../../src/model/formats/transformer/file/weights.js';
import { configs } from '../../arbitraries.js';
import { makeWeights, small } from '../../made.js';
import { errorOf } from '../../../helpers/error-of.js';

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
    expect(
      parseConfig({
        n_layers,
        d_model,
        n_ctx,
        d_head,
        d_vocab,
        act_fn: 'relu',
        n_heads: -1,
        d_vocab_out: -1,
        attn_scale: -1,
      }),
    ).toEqual({
      n_layers,
      d_model,
      n_ctx,
      d_head,
      d_vocab,
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
      n_key_value_heads: 2,
      final_rms: false,
      gated_mlp: false,
      parallel_attn_mlp: false,
      scale_attn_by_inverse_layer_idx: false,
      tie_word_embeddings: false,
    });
  });

  test('with rotary, its own defaults; without, its settings mean nothing', () => {
    const rotary = { ...small, d_head: 4, positional_embedding_type: 'rotary' };
    const expected = {
      rotary_dim: 4,
      rotary_base: 10_000,
      rotary_adjacent_pairs: false,
      rotary_scaling_factor: 1,
      use_NTK_by_parts_rope: false,
    };
    expect(parseConfig(rotary)).toMatchObject(expected);
    expect(parseConfig({ ...rotary, rotary_dim: null, NTK_by_parts_factor: 32 })).toEqual(parseConfig(rotary));
    expect(parseConfig({ ...rotary, use_NTK_by_parts_rope: true, NTK_by_parts_factor: 32 })).toEqual({
      ...parseConfig(rotary),
      use_NTK_by_parts_rope: true,
      NTK_by_parts_factor: 32,
      NTK_by_parts_low_freq_factor: 1,
      NTK_by_parts_high_freq_factor: 4,
      NTK_original_ctx_len: 8192,
    });
    expect(parseConfig({ ...small, rotary_dim: 64, rotary_base: 3 })).toEqual(parseConfig(small));
  });

  test('settings of parts that are not there mean nothing', () => {
    expect(parseConfig({ ...small, normalization_type: 'RMS', final_rms: true })).toEqual(
      parseConfig({ ...small, normalization_type: 'RMS' }),
    );
    const bare = { ...small, attn_only: true };
    expect(parseConfig({ ...bare, gated_mlp: true, parallel_attn_mlp: true })).toEqual(parseConfig(bare));
  });

  test('a checked config checks to itself', () =>
    fc.assert(fc.property(configs, (config) => expect(parseConfig(parseConfig(config))).toEqual(parseConfig(config)))));

  test('a whole config as TransformerLens saves it', () => {
    const saved = {
      ...small,
      model_name: 'custom',
      use_attn_result: false,
      use_attn_scale: true,
      use_split_qkv_input: false,
      use_hook_mlp_in: false,
      use_attn_in: false,
      use_qk_norm: false,
      use_local_attn: false,
      original_architecture: null,
      from_checkpoint: false,
      checkpoint_index: null,
      tokenizer_name: null,
      window_size: null,
      attn_types: null,
      init_mode: 'gpt2',
      device: 'cpu',
      n_devices: 1,
      seed: 7,
      initializer_range: 0.3,
      init_weights: true,
      scale_attn_by_inverse_layer_idx: false,
      final_rms: false,
      parallel_attn_mlp: false,
      rotary_dim: null,
      n_params: 100,
      use_hook_tokens: false,
      gated_mlp: false,
      default_prepend_bos: true,
      dtype: 'torch.float32',
      tokenizer_prepends_bos: null,
      n_key_value_heads: null,
      post_embedding_ln: false,
      rotary_base: 10000,
      load_in_4bit: false,
      num_experts: null,
      experts_per_token: null,
      attn_scores_soft_cap: -1.0,
      output_logits_soft_cap: -1.0,
      tie_word_embeddings: false,
      ungroup_grouped_query_attention: false,
      attn_scale: Math.sqrt(3),
      eps: 1e-5,
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
    [{ ...small, act_fn: 'solu_ln' }, /act_fn = "solu_ln" is not supported/],
    [{ ...small, act_fn: undefined }, /lacks act_fn/],
    [{ ...small, d_mlp: 0 }, /d_mlp = 0 in a model that is not attn_only/],
    [{ ...small, n_heads: undefined, d_head: 7 }, /d_head = 7 is larger than d_model = 6/],
    [{ ...small, normalization_type: 'BN' }, /normalization_type = "BN" is not supported/],
    [{ ...small, positional_embedding_type: 'alibi' }, /positional_embedding_type = "alibi" is not supported/],
    [{ ...small, positional_embedding_type: 'rotary' }, /rotary_dim = 3 is odd/],
    [{ ...small, positional_embedding_type: 'rotary', rotary_dim: 4 }, /rotary_dim = 4 is larger than d_head = 3/],
    [
      { ...small, positional_embedding_type: 'rotary', rotary_dim: 2, rotary_base: 0 },
      /rotary_base = 0 is not supported/,
    ],
    [
      {
        ...small,
        positional_embedding_type: 'rotary',
        rotary_dim: 2,
        use_NTK_by_parts_rope: true,
        NTK_by_parts_low_freq_factor: 4,
      },
      /NTK_by_parts_high_freq_factor = 4 is not above/,
    ],
    [
      { ...small, positional_embedding_type: 'rotary', rotary_dim: 2, use_yarn_rope: true },
      /use_yarn_rope = true is not supported/,
    ],
    [{ ...small, attention_dir: 'sideways' }, /attention_dir = "sideways" is not supported/],
    [{ ...small, eps: 0 }, /eps = 0 is not supported/],
    [{ ...small, final_rms: 1 }, /final_rms = 1 is not supported/],
    [{ ...small, n_key_value_heads: 3 }, /n_key_value_heads = 3 does not divide n_heads = 2/],
    [{ ...small, n_key_value_heads: 0 }, /n_key_value_heads = 0 is not supported/],
    [{ ...small, ungroup_grouped_query_attention: true }, /ungroup_grouped_query_attention = true is not supported/],
    [{ ...small, tie_word_embeddings: true }, /tie_word_embeddings with d_vocab_out = 4 and d_vocab = 5/],
    [{ ...small, use_local_attn: true, window_size: 256 }, /use_local_attn = true is not supported/],
    [{ ...small, use_qk_norm: true }, /use_qk_norm = true is not supported/],
    [{ ...small, num_experts: 8 }, /num_experts = 8 is not supported/],
    [
      { ...small, original_architecture: 'Olmo2ForCausalLM' },
      /original_architecture = "Olmo2ForCausalLM" is not supported/,
    ],
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
    [
      'a missing tensor',
      edited((all) => all.delete('blocks.1.attn.b_K')),
      'the weights lack blocks.1.attn.b_K of shape [2, 3]',
    ],
    [
      'a wrong shape',
      edited((all) => all.set('unembed.W_U', { shape: [4, 6], data: new Float32Array(24) })),
      'unembed.W_U has shape [4, 6], but the config calls for [6, 4]',
    ],
    [
      'an unknown tensor',
      edited((all) => all.set('blocks.2.attn.b_K', { shape: [1], data: new Float32Array(1) })),
      '"blocks.2.attn.b_K", which the config does not call for; the nearest it does is blocks.0.attn.b_K',
    ],
    [
      'too few values',
      edited((all) => all.set('unembed.b_U', { shape: [4], data: new Float32Array(3) })),
      'unembed.b_U of shape [4] comes with 3 values',
    ],
    [
      'NaN',
      edited((all) => all.set('unembed.b_U', { shape: [4], data: new Float32Array([0, 0, NaN, 0]) })),
      'unembed.b_U holds NaN at 2',
    ],
    [
      'a norm that is not there',
      transformer({ ...small, normalization_type: null }, weights, { backend: 'cpu', where: 'a.safetensors' }),
      '"blocks.0.ln1.w", which the config does not call for',
    ],
  ])('%s is a ModelError', async (_, built, message) => {
    const error = await (built as Promise<unknown>).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).message).toContain(message);
    expect((error as ModelError).where).toBe('a.safetensors');
  });

  test('a bias may be left out of all layers, and is then zero', async () => {
    const without = [
      'blocks.0.attn.b_K',
      'blocks.1.attn.b_K',
      'blocks.0.mlp.b_out',
      'blocks.1.mlp.b_out',
      'blocks.0.ln2.b',
      'blocks.1.ln2.b',
      'ln_final.b',
      'unembed.b_U',
    ];
    const zero = await edited((all) =>
      without.forEach((name) =>
        all.set(name, { shape: weights.get(name)!.shape, data: new Float32Array(weights.get(name)!.data.length) }),
      ),
    );
    const absent = await edited((all) => without.forEach((name) => all.delete(name)));
    const [a, b] = [await zero.run([[0, 1, 3]]), await absent.run([[0, 1, 3]])];
    expect(b.logits).toEqual(a.logits);
    for (const name of without) expect(absent.weights.has(name)).toBe(false);
  });

  test('a tied unembedding is the embedding transposed, unless there is one', async () => {
    const config = { ...small, d_vocab_out: 5, tie_word_embeddings: true };
    const tied = makeWeights(config, 5);
    expect(tied.has('unembed.W_U')).toBe(false);
    const { data } = tied.get('embed.W_E')!;
    const turned = Float32Array.from({ length: 30 }, (_, i) => data[(i % 5) * 6 + Math.floor(i / 5)]!);
    const spelt = new Map([...tied, ['unembed.W_U', { shape: [6, 5], data: turned }]]);
    const run = async (given: object, all: Weights) =>
      (await (await transformer(given as typeof config, all, { backend: 'cpu' })).run([[0, 1, 3]])).logits.data;
    const expected = await run({ ...config, tie_word_embeddings: false }, spelt);
    expect(await run(config, tied)).toEqual(expected);
    const doubled = new Map(spelt).set('unembed.W_U', { shape: [6, 5], data: turned.map((v) => 2 * v) });
    expect(await run(config, doubled)).not.toEqual(expected);
    await expect(transformer({ ...config, tie_word_embeddings: false }, tied, { backend: 'cpu' })).rejects.toThrow(
      errorOf(ModelError, 'the weights lack unembed.W_U of shape [6, 5], which the config calls for'),
    );
  });

  test("TransformerLens's names of grouped-query attention serve where every head has its own keys", async () => {
    const renamed = new Map(
      [...weights].map(([name, tensor]) => [name.replace(/\.attn\.([Wb]_[KV])$/, '.attn._$1'), tensor]),
    );
    expect(renamed.has('blocks.0.attn._W_K')).toBe(true);
    expect((await build(renamed)).fingerprint).toBe((await build(weights)).fingerprint);
    await expect(
      build(new Map([...renamed, ['blocks.0.attn.W_K', weights.get('blocks.0.attn.W_K')!]])),
    ).rejects.toThrow(errorOf(ModelError, '"blocks.0.attn._W_K", which the config does not call for'));
    const grouped = makeWeights({ ...small, n_key_value_heads: 1 }, 3);
    expect(grouped.get('blocks.1.attn._W_V')!.shape).toEqual([1, 6, 3]);
    await expect(transformer({ ...small, n_key_value_heads: 1 }, weights, { backend: 'cpu' })).rejects.toThrow(
      errorOf(ModelError, 'the weights lack blocks.0.attn._W_K of shape [1, 6, 3]'),
    );
  });

  test("TransformerLens's constants are passed over", async () => {
    const model = await edited((all) => {
      all.set('blocks.0.attn.mask', { shape: [4, 4], data: new Float32Array(16) });
      all.set('blocks.1.attn.IGNORE', { shape: [], data: new Float32Array([-Infinity]) });
      all.set('blocks.1.attn.rotary_sin', { shape: [1, 1], data: new Float32Array(1) });
    });
    const plain = await build(weights);
    expect(model.fingerprint).toBe(plain.fingerprint);
    expect([...model.weights.keys()]).toEqual([...weightShapes(model.config).keys()]);
  });

  test('with copy: false the arrays are the ones given', async () => {
    const own = new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
    const model = await transformer(small, own, { backend: 'wasm', copy: false });
    for (const [name, { data }] of model.weights) expect(data).toBe(own.get(name)!.data);
    expect(model.fingerprint).toBe((await build(weights)).fingerprint);
    model.dispose();
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
    expect(
      fingerprint(
        Object.fromEntries(Object.entries(config).toReversed()) as unknown as typeof config,
        new Map([...weights].toReversed()),
      ),
    ).toBe(print);
    expect((await transformer({ ...small, seed: 3 }, weights, { name: 'other', backend: 'cpu' })).fingerprint).toBe(
      print,
    );
    const [name, { shape, data }] = [...weights][5]!;
    expect(
      fingerprint(config, new Map(weights).set(name, { shape, data: data.map((v, i) => (i === 1 ? v + 1e-6 : v)) })),
    ).not.toBe(print);
    expect(fingerprint({ ...config, attention_dir: 'bidirectional' }, weights)).not.toBe(print);
  });

  test('wrong options are OptionErrors', async () => {
    await expect(transformer(small, weights, { batchsize: 3 } as object)).rejects.toThrow(
      errorOf(OptionError, /unknown option "batchsize"[^]*did you mean "batchSize"/),
    );
    await expect(transformer(small, weights, { batchSize: 0 })).rejects.toThrow(OptionError);
  });
});
