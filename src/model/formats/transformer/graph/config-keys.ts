/** Keys of TransformerLens's config that this library does not compute with. */

/** Keys that TransformerLens saves and that do not change what a forward pass computes. */
export const harmless = [
  'model_name',
  'original_architecture',
  'from_checkpoint',
  'checkpoint_index',
  'checkpoint_label_type',
  'checkpoint_value',
  'tokenizer_name',
  'tokenizer_prepends_bos',
  'default_prepend_bos',
  'trust_remote_code',
  'device',
  'n_devices',
  'dtype',
  'seed',
  'init_mode',
  'init_weights',
  'initializer_range',
  'n_params',
  'decoder_start_token_id',
  // which hooks exist: here every site always does
  'use_attn_result',
  'use_attn_in',
  'use_split_qkv_input',
  'use_hook_mlp_in',
  'use_hook_tokens',
  // settings of features that are off (the switch itself is in `unsupported`)
  'window_size',
  'attn_types',
  'rotary_base_local',
  'experts_per_token',
  'norm_topk_prob',
  'relative_attention_max_distance',
  'relative_attention_num_buckets',
  'yarn_factor',
  'yarn_attention_factor',
  'yarn_beta_fast',
  'yarn_beta_slow',
  'yarn_original_max_position_embeddings',
] as const;

/** Keys that change the computation in a way this library does not follow, with the values under which they do not. */
export const unsupported: Readonly<Record<string, readonly unknown[]>> = {
  post_embedding_ln: [false],
  use_local_attn: [false],
  use_qk_norm: [false],
  use_normalization_before_and_after: [false],
  use_yarn_rope: [false],
  load_in_4bit: [false],
  num_experts: [null],
  ungroup_grouped_query_attention: [false],
  attn_scores_soft_cap: [-1, 0, null],
  output_logits_soft_cap: [-1, 0, null],
};

/** Architectures that TransformerLens computes in another way without any switch in the config: norms of whole queries and keys, norms after the layers. */
export const otherwise = ['OlmoeForCausalLM', 'Olmo2ForCausalLM', 'Olmo3ForCausalLM'];
