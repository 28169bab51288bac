/** What config.json may say, and what is refused by name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isCongruityError, ModelError } from '../../../../../src/errors.js';
import { parseJson, type JsonObject } from '../../../../../src/io/json.js';
import { parseConfig } from '../../../../../src/model/formats/transformer/graph/config.js';
import { huggingFaceConfig, isHuggingFaceConfig } from '../../../../../src/model/formats/transformer/file/hf/config.js';
import { cases, folder, texts } from './fixtures.js';

const config = (name: string): JsonObject =>
  parseJson(readFileSync(join(folder, name, 'config.json'), 'utf8')) as JsonObject;
const changed = (name: string, changes: Record<string, unknown>): JsonObject =>
  Object.assign(Object.create(null) as object, config(name), changes) as JsonObject;
const without = (name: string, ...keys: string[]): JsonObject =>
  Object.fromEntries(Object.entries(config(name)).filter(([key]) => !keys.includes(key))) as JsonObject;
const refusal = (json: JsonObject, options = {}): string => {
  try {
    huggingFaceConfig(json, options, 'a/config.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).where).toBe('a/config.json');
    return (error as ModelError).message;
  }
  throw new Error('this config was accepted');
};

test.each([...cases, ...texts].map(({ name }) => name))('%s gives a config that the transformer takes', (name) => {
  const parsed = huggingFaceConfig(config(name), name === 'mistral-window' ? { contextLength: 6 } : {});
  expect(isHuggingFaceConfig(config(name))).toBe(true);
  expect(parseConfig(parsed.config)).toMatchObject({ n_layers: 2, d_model: 16, attention_dir: 'causal' });
});

test('the words of TransformerLens', () => {
  expect(huggingFaceConfig(config('neox')).config).toMatchObject({
    n_heads: 2,
    d_head: 8,
    d_mlp: 24,
    d_vocab: 40,
    n_ctx: 12,
    normalization_type: 'LN',
    eps: 1e-5,
    act_fn: 'gelu',
    positional_embedding_type: 'rotary',
    rotary_dim: 2,
    rotary_base: 10000,
    rotary_adjacent_pairs: false,
    parallel_attn_mlp: true,
    tie_word_embeddings: false,
  });
  expect(huggingFaceConfig(config('llama-3')).config).toMatchObject({
    normalization_type: 'RMS',
    gated_mlp: true,
    n_key_value_heads: 2,
    d_head: 8,
    act_fn: 'silu',
    rotary_dim: 8,
    rotary_base: 100,
    use_NTK_by_parts_rope: true,
    NTK_by_parts_factor: 4,
    NTK_by_parts_low_freq_factor: 1,
    NTK_by_parts_high_freq_factor: 4,
    NTK_original_ctx_len: 8,
  });
  expect(huggingFaceConfig(config('gpt2-inverse'), { contextLength: 5 }).config).toMatchObject({
    n_ctx: 5,
    scale_attn_by_inverse_layer_idx: true,
    positional_embedding_type: 'standard',
    act_fn: 'gelu',
  });
  expect(huggingFaceConfig(config('gpt2'), { contextLength: 500 }).config).toMatchObject({ n_ctx: 12 });
});

test('the defaults of transformers, where a key is left out', () => {
  const neox = huggingFaceConfig(
    without(
      'neox',
      'rope_parameters',
      'use_parallel_residual',
      'layer_norm_eps',
      'hidden_act',
      'tie_word_embeddings',
      'attention_bias',
    ),
  );
  expect(neox).toEqual(huggingFaceConfig(config('neox')));
  const gpt2 = huggingFaceConfig(
    without(
      'gpt2',
      'tie_word_embeddings',
      'layer_norm_epsilon',
      'activation_function',
      'scale_attn_weights',
      'scale_attn_by_inverse_layer_idx',
    ),
  );
  expect(gpt2).toEqual(huggingFaceConfig(config('gpt2')));
  const llama = huggingFaceConfig(
    without(
      'llama',
      'rope_theta',
      'rms_norm_eps',
      'hidden_act',
      'tie_word_embeddings',
      'attention_bias',
      'mlp_bias',
      'num_key_value_heads',
      'head_dim',
    ),
  );
  expect(llama).toEqual(huggingFaceConfig(config('llama')));
});

// [what, changed keys, what the message names]
const refused: readonly (readonly [string, string, Record<string, unknown>, RegExp])[] = [
  [
    'another kind of model',
    'llama',
    { model_type: 'gemma2' },
    /model_type = "gemma2" is not supported: known are gpt2, gpt_neox, llama, mistral, qwen2/,
  ],
  ['a prototype’s name', 'llama', { model_type: 'constructor' }, /model_type = "constructor"/],
  [
    'another head',
    'gpt2',
    { architectures: ['GPT2ForSequenceClassification'] },
    /architectures = \["GPT2ForSequenceClassification"\]/,
  ],
  ['code of its own', 'llama', { auto_map: { AutoModel: 'modeling.X' } }, /auto_map/],
  ['quantised weights', 'llama', { quantization_config: { bits: 4 } }, /quantization_config/],
  ['an encoder', 'gpt2', { is_encoder_decoder: true }, /is_encoder_decoder/],
  ['cross attention', 'gpt2', { add_cross_attention: true }, /add_cross_attention/],
  ['pruned heads', 'gpt2', { pruned_heads: { 0: [1] } }, /pruned_heads/],
  ['an unknown activation', 'gpt2', { activation_function: 'quick_gelu' }, /activation_function = "quick_gelu"/],
  ['an activation that every object has', 'llama', { hidden_act: 'toString' }, /hidden_act = "toString"/],
  ['biases of gated MLPs', 'llama', { mlp_bias: true }, /mlp_bias = true/],
  ['biases that mistral has not', 'mistral', { attention_bias: true }, /attention_bias = true/],
  [
    'dynamic scaling',
    'llama',
    { rope_scaling: { type: 'dynamic', factor: 2 } },
    /rope_scaling = \{"type":"dynamic","factor":2\}/,
  ],
  [
    'yarn, as transformers 5 has it',
    'qwen2',
    { rope_parameters: { rope_type: 'yarn', rope_theta: 10000, factor: 4 } },
    /rope_parameters = \{"rope_type":"yarn"/,
  ],
  [
    'a scaling setting that is not known',
    'llama',
    { rope_scaling: { type: 'linear', factor: 2, attention_factor: 1.2 } },
    /rope_scaling\.attention_factor = 1\.2/,
  ],
  [
    'a llama3 scaling without its length',
    'llama',
    { rope_scaling: { rope_type: 'llama3', factor: 2, low_freq_factor: 1, high_freq_factor: 4 } },
    /lacks rope_scaling\.original_max_position_embeddings/,
  ],
  ['two bases', 'neox-sequential', { rope_theta: 10 }, /base of the rotary embedding as 10 and as 100/],
  ['two scalings', 'llama-3', { rope_scaling: { type: 'linear', factor: 2 } }, /rope_scaling .* rope_parameters too/],
  ['part of a head in llama', 'llama', { partial_rotary_factor: 0.5 }, /rotating 0\.5 of a head/],
  ['an odd rotation', 'neox-sequential', { rotary_pct: 0.4 }, /0\.4 of a head of width 8 are 3 features/],
  ['a window', 'mistral-window', {}, /sliding_window = 6 is not supported.*\n.*\n.*contextLength: 6/],
  ['a window that qwen2 uses', 'qwen2', { use_sliding_window: true, sliding_window: 4 }, /sliding_window = 4/],
  ['layers with windows', 'qwen2', { layer_types: ['full_attention', 'sliding_attention'] }, /layer_types/],
  ['heads that cannot share', 'llama', { num_key_value_heads: 3 }, /num_key_value_heads = 3/],
  ['a width that heads do not divide', 'neox', { num_attention_heads: 3 }, /16 is not a multiple of 3 heads/],
  [
    'an unknown key',
    'llama',
    { logit_scale: 0.5 },
    /logit_scale = 0\.5 is not supported.*\n.*\n.*passOver: \["logit_scale"\]/,
  ],
  ['a misspelt key', 'llama', { rms_norm_epsilon: 1e-5 }, /rms_norm_epsilon.*nearest known one is rms_norm_eps/],
  ['a missing size', 'gpt2', { n_layer: null }, /n_layer = null is not an integer|lacks n_layer/],
  ['a size that is none', 'gpt2', { n_head: 2.5 }, /n_head = 2\.5 is not an integer/],
  ['a flag that is none', 'llama', { attention_bias: 'no' }, /attention_bias = "no" is not true or false/],
  ['an epsilon below zero', 'llama', { rms_norm_eps: -1 }, /rms_norm_eps = -1 is not a positive number/],
];

describe('refused by name', () => {
  test.each(refused)('%s', (_, name, changes, message) => {
    expect(refusal(changed(name, changes))).toMatch(message);
  });
  test('no model_type', () => expect(refusal(without('gpt2', 'model_type'))).toMatch(/lacks model_type/));
});

test('a key that the caller vouches for is passed over, and those of training and generation always', () => {
  const other = changed('llama', {
    logit_scale: 1,
    _name_or_path: 'x',
    temperature: 0.7,
    attention_dropout: 0.5,
    unset: null,
  });
  expect(huggingFaceConfig(other, { passOver: ['logit_scale'] })).toEqual(huggingFaceConfig(config('llama')));
});

test('a window no shorter than the context is plain attention', () => {
  const unsaid = { ...without('mistral', 'sliding_window'), max_position_embeddings: 8192 } as JsonObject;
  expect(refusal(unsaid)).toMatch(/the window is 4096 tokens/);
  expect(huggingFaceConfig(unsaid, { contextLength: 4096 }).config).toMatchObject({ n_ctx: 4096 });
  for (const contextLength of [1, 6])
    expect(huggingFaceConfig(config('mistral-window'), { contextLength }).config).toMatchObject({
      n_ctx: contextLength,
    });
  expect(refusal(config('mistral-window'), { contextLength: 7 })).toMatch(/sliding_window = 6/);
});

test('anything in any key is understood or refused with an error of ours', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.integer(),
    fc.double(),
    fc.constantFrom(true, false, null, '', 'default', 'llama3', 'silu', 0, -1, 2 ** 31, 1e308, [], {}),
  );
  fc.assert(
    fc.property(
      fc
        .constantFrom('gpt2', 'neox', 'neox-sequential', 'llama', 'llama-3', 'mistral-window', 'qwen2')
        .chain((name) =>
          fc.tuple(
            fc.constant(name),
            fc.dictionary(
              fc.constantFrom(...Object.keys(config(name)), 'rope_scaling', 'rope_theta', 'head_dim', 'x'),
              value,
              { maxKeys: 3 },
            ),
          ),
        ),
      ([name, changes]) => {
        try {
          parseConfig(huggingFaceConfig(changed(name, changes)).config);
        } catch (error) {
          expect(isCongruityError(error)).toBe(true);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('what is no config of Hugging Face', () => {
  for (const other of [null, [], 'x', {}, { n_layers: 1, d_model: 8 }, { model_type: 3 }])
    expect(isHuggingFaceConfig(other)).toBe(false);
});
