/** The config.json of well-known checkpoints, as they are published: keys and values. All of them load; what differs is what changes the computation. */
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../../../src/io/json.js';
import { parseConfig } from '../../../../../src/model/formats/transformer/graph/config.js';
import { huggingFaceConfig, type ConfigOptions } from '../../../../../src/model/formats/transformer/file/hf/config.js';

const gpt2 = {
  activation_function: 'gelu_new',
  architectures: ['GPT2LMHeadModel'],
  attn_pdrop: 0.1,
  bos_token_id: 50256,
  embd_pdrop: 0.1,
  eos_token_id: 50256,
  initializer_range: 0.02,
  layer_norm_epsilon: 1e-5,
  model_type: 'gpt2',
  n_ctx: 1024,
  n_embd: 768,
  n_head: 12,
  n_layer: 12,
  n_positions: 1024,
  resid_pdrop: 0.1,
  summary_activation: null,
  summary_first_dropout: 0.1,
  summary_proj_to_labels: true,
  summary_type: 'cls_index',
  summary_use_proj: true,
  task_specific_params: { 'text-generation': { do_sample: true, max_length: 50 } },
  vocab_size: 50257,
};
const pythia = {
  architectures: ['GPTNeoXForCausalLM'],
  bos_token_id: 0,
  eos_token_id: 0,
  hidden_act: 'gelu',
  hidden_size: 512,
  initializer_range: 0.02,
  intermediate_size: 2048,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 2048,
  model_type: 'gpt_neox',
  num_attention_heads: 8,
  num_hidden_layers: 6,
  rotary_emb_base: 10000,
  rotary_pct: 0.25,
  tie_word_embeddings: false,
  torch_dtype: 'float16',
  transformers_version: '4.24.0',
  use_cache: true,
  use_parallel_residual: true,
  vocab_size: 50304,
};
const llama = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 128000,
  eos_token_id: 128001,
  hidden_act: 'silu',
  hidden_size: 2048,
  initializer_range: 0.02,
  intermediate_size: 8192,
  max_position_embeddings: 131072,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 32,
  num_hidden_layers: 16,
  num_key_value_heads: 8,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_theta: 500000.0,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.45.0.dev0',
  use_cache: true,
  vocab_size: 128256,
};
const stretched = {
  factor: 32.0,
  high_freq_factor: 4.0,
  low_freq_factor: 1.0,
  original_max_position_embeddings: 8192,
  rope_type: 'llama3',
};
const qwen2 = {
  architectures: ['Qwen2ForCausalLM'],
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151643,
  hidden_act: 'silu',
  hidden_size: 896,
  initializer_range: 0.02,
  intermediate_size: 4864,
  max_position_embeddings: 32768,
  max_window_layers: 24,
  model_type: 'qwen2',
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000.0,
  sliding_window: 32768,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.40.1',
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151936,
};
const mistral = {
  architectures: ['MistralForCausalLM'],
  attention_dropout: 0.0,
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: 'silu',
  hidden_size: 4096,
  initializer_range: 0.02,
  intermediate_size: 14336,
  max_position_embeddings: 32768,
  model_type: 'mistral',
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 1000000.0,
  sliding_window: null,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  transformers_version: '4.42.0.dev0',
  use_cache: true,
  vocab_size: 32768,
};
const without = (config: object, ...keys: string[]) =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
// tables of positions are not made here, but their size is checked
const short = { contextLength: 1024 };

const published: readonly (readonly [name: string, config: object, expected: object, options?: ConfigOptions])[] = [
  ['openai-community/gpt2', gpt2, { d_model: 768, act_fn: 'gelu_new', n_ctx: 1024 }],
  [
    'distilgpt2',
    { ...gpt2, _num_labels: 1, id2label: { 0: 'LABEL_0' }, label2id: { LABEL_0: 0 }, n_layer: 6, output_past: true },
    { n_layers: 6 },
  ],
  [
    'gpt2-medium',
    { ...gpt2, n_embd: 1024, n_head: 16, n_layer: 24, n_special: 0, predict_special_tokens: true },
    { n_layers: 24 },
  ],
  [
    'stanford-crfm',
    {
      ...gpt2,
      gradient_checkpointing: false,
      n_inner: null,
      reorder_and_upcast_attn: true,
      scale_attn_by_inverse_layer_idx: true,
      scale_attn_weights: true,
      use_cache: false,
    },
    { scale_attn_by_inverse_layer_idx: true },
  ],
  ['EleutherAI/pythia-70m', pythia, { d_model: 512, rotary_dim: 16, parallel_attn_mlp: true }],
  [
    'EleutherAI/gpt-neox-20b',
    {
      ...pythia,
      attention_probs_dropout_prob: 0,
      hidden_act: 'gelu_fast',
      hidden_dropout_prob: 0,
      hidden_size: 6144,
      intermediate_size: 24576,
      num_attention_heads: 64,
      num_hidden_layers: 44,
      vocab_size: 50432,
    },
    { act_fn: 'gelu_fast', d_head: 96 },
  ],
  [
    'databricks/dolly-v2',
    {
      ...pythia,
      custom_pipelines: {
        'text-generation': { impl: 'instruct_pipeline.X', pt: 'AutoModelForCausalLM', tf: 'TFAutoModelForCausalLM' },
      },
    },
    { d_model: 512 },
  ],
  [
    'meta-llama/Llama-2-7b',
    {
      ...without(llama, 'attention_bias', 'attention_dropout', 'mlp_bias', 'rope_theta'),
      hidden_size: 4096,
      intermediate_size: 11008,
      max_position_embeddings: 4096,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 32,
      rope_scaling: null,
      tie_word_embeddings: false,
      vocab_size: 32000,
      _name_or_path: 'meta-llama/Llama-2-7b-hf',
    },
    { rotary_base: 10000, n_ctx: 4096 },
  ],
  [
    'huggyllama/llama-7b',
    {
      ...without(llama, 'num_key_value_heads', 'rope_theta', 'pretraining_tp'),
      max_sequence_length: 2048,
      max_position_embeddings: 2048,
      pad_token_id: 0,
    },
    { n_ctx: 2048 },
  ],
  [
    'meta-llama/Llama-3.2-1B',
    { ...llama, head_dim: 64, rope_scaling: stretched, eos_token_id: [128001, 128008] },
    { n_key_value_heads: 8, NTK_by_parts_factor: 32 },
    short,
  ],
  [
    'unsloth/Llama-3.2-1B',
    {
      ...llama,
      head_dim: 64,
      rope_scaling: stretched,
      pad_token_id: 128004,
      unsloth_fixed: true,
      unsloth_version: '2024.9',
    },
    { NTK_by_parts_factor: 32 },
    short,
  ],
  [
    'TinyLlama',
    {
      ...without(llama, 'rope_theta', 'mlp_bias'),
      max_position_embeddings: 2048,
      num_hidden_layers: 22,
      num_key_value_heads: 4,
      intermediate_size: 5632,
      rope_scaling: null,
      tie_word_embeddings: false,
      vocab_size: 32000,
    },
    { n_key_value_heads: 4 },
  ],
  [
    '01-ai/Yi-6B',
    {
      ...without(llama, 'mlp_bias', 'attention_bias', 'attention_dropout'),
      hidden_size: 4096,
      num_key_value_heads: 4,
      rope_theta: 5000000.0,
      vocab_size: 64000,
      tie_word_embeddings: false,
      pad_token_id: 0,
      rope_scaling: null,
      max_position_embeddings: 4096,
    },
    { rotary_base: 5000000 },
  ],
  [
    'SmolLM2-135M',
    {
      ...without(llama, 'mlp_bias'),
      hidden_size: 576,
      initializer_range: 0.041666666666666664,
      intermediate_size: 1536,
      is_llama_config: true,
      max_position_embeddings: 8192,
      num_attention_heads: 9,
      num_hidden_layers: 30,
      num_key_value_heads: 3,
      rope_interleaved: false,
      rope_scaling: null,
      rope_theta: 100000,
      vocab_size: 49152,
      'transformers.js_config': { kv_cache_dtype: { q4f16: 'float16' } },
    },
    { d_head: 64, rotary_adjacent_pairs: false },
  ],
  [
    'DeepSeek-R1-Distill-Llama-8B',
    {
      ...llama,
      hidden_size: 4096,
      intermediate_size: 14336,
      num_hidden_layers: 32,
      rope_scaling: { ...stretched, factor: 8 },
      tie_word_embeddings: false,
    },
    { NTK_by_parts_factor: 8 },
    short,
  ],
  [
    'deepseek-coder',
    {
      ...without(llama, 'mlp_bias'),
      max_position_embeddings: 16384,
      rope_scaling: { factor: 4.0, type: 'linear' },
      rope_theta: 100000,
    },
    { rotary_scaling_factor: 4 },
    short,
  ],
  [
    'Falcon3-1B',
    {
      ...llama,
      activation: 'swiglu',
      head_dim: 256,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      rope_scaling: null,
      rope_theta: 1000042,
      max_position_embeddings: 4096,
    },
    { d_head: 256 },
  ],
  [
    'Qwen/Qwen2-0.5B',
    { ...qwen2, max_position_embeddings: 131072, sliding_window: 131072 },
    { n_key_value_heads: 2 },
    short,
  ],
  ['Qwen/Qwen2.5-0.5B', { ...qwen2, use_mrope: false }, { d_model: 896 }, short],
  [
    'Qwen/Qwen2.5, saved by transformers 5',
    {
      ...without(qwen2, 'rope_theta', 'torch_dtype', 'sliding_window'),
      dtype: 'bfloat16',
      layer_types: Array.from({ length: 24 }, () => 'full_attention'),
      rope_parameters: { rope_theta: 1000000.0, rope_type: 'default' },
      sliding_window: null,
      use_mrope: false,
      pad_token_id: null,
    },
    { rotary_base: 1000000 },
    short,
  ],
  [
    'DeepSeek-R1-Distill-Qwen-1.5B',
    {
      ...qwen2,
      hidden_size: 1536,
      intermediate_size: 8960,
      max_position_embeddings: 131072,
      max_window_layers: 21,
      num_attention_heads: 12,
      num_hidden_layers: 28,
      rope_theta: 10000,
      sliding_window: 4096,
      tie_word_embeddings: false,
      use_mrope: false,
    },
    { rotary_base: 10000 },
    short,
  ],
  ['mistralai/Mistral-7B-v0.3', mistral, { n_key_value_heads: 8 }, short],
  [
    'mistralai/Mistral-7B-v0.1, within its window',
    { ...mistral, sliding_window: 4096, rope_theta: 10000.0, vocab_size: 32000 },
    { n_ctx: 4096 },
    { contextLength: 4096 },
  ],
];

test.each(published)('%s', (_, config, expected, options = {}) => {
  const parsed = huggingFaceConfig(config as JsonObject, options);
  expect(parsed.config).toMatchObject(expected);
  parseConfig(parsed.config);
});

describe('keys that are not known', () => {
  const message = (config: object, options: ConfigOptions = short): string => {
    try {
      huggingFaceConfig(config as JsonObject, options);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('this config was accepted');
  };

  test('are named all at once, with a hint that works', () => {
    const config = { ...qwen2, logit_bias_scale: 2, use_extra_gate: true, use_lora: false, dual_chunk: { chunk: 3 } };
    const said = message(config);
    expect(said).toMatch(
      /logit_bias_scale = 2, use_extra_gate = true, dual_chunk = \{"chunk":3\} are not supported: qwen2 models are not known to have these keys/,
    );
    const passOver = JSON.parse(/passOver: (\[.*\])/.exec(said)![1]!) as string[];
    expect(passOver).toEqual(['logit_bias_scale', 'use_extra_gate', 'dual_chunk']);
    expect(huggingFaceConfig(config as JsonObject, { ...short, passOver })).toEqual(
      huggingFaceConfig(qwen2 as JsonObject, short),
    );
  });

  test.each([
    { use_mrope: true },
    { rope_interleaved: true },
    { is_llama_config: false },
    { activation: 'geglu' },
    { logit_scale: 0.5 },
    // switched off, but of something that every model here does
    { use_rope: false },
    { is_causal: false },
    { scale_attention: false },
    { use_residual: false },
    { pre_norm: false },
    { use_gate: false },
    { rotary: false },
    { qkv_bias: false },
    { use_post_norm: true },
    { window: 4 },
    { extra: '' },
    { extra: [] },
    { extra: 0 },
  ])('that change what is computed, or may, are refused: %j', (keys) => {
    expect(message({ ...llama, ...keys })).toMatch(new RegExp(`${Object.keys(keys)[0]!} = .* is not supported`));
  });

  test.each<Record<string, unknown>>([
    { use_mup: false },
    { tensorboard: false },
    { do_something: false },
    { use_qk_norm: false },
    { logit_scale: 1 },
    { anything: null },
  ])('that are switched off, or say what is so anyway, are not: %j', (keys) => {
    expect(huggingFaceConfig({ ...llama, ...keys } as JsonObject, short)).toEqual(
      huggingFaceConfig(llama as JsonObject, short),
    );
  });

  test('in a group of keys are named all at once, too', () => {
    expect(message({ ...llama, rope_scaling: { ...stretched, beta_fast: 32, beta_slow: 1 } })).toMatch(
      /rope_scaling\.beta_fast = 32, rope_scaling\.beta_slow = 1 are not supported/,
    );
  });
});
