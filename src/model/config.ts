/** A transformer's config in TransformerLens's words (HookedTransformerConfig), as far as this library computes it. */
import { z } from 'zod';
import { ModelError } from '../errors.js';
import { nearest } from '../options.js';

export type ActivationFunction = 'relu' | 'gelu' | 'gelu_new' | 'gelu_fast';

/** A checked config: every field is there, and two configs that mean the same are equal. */
export interface TransformerConfig {
  readonly n_layers: number;
  readonly d_model: number;
  /** the longest input */
  readonly n_ctx: number;
  readonly d_head: number;
  readonly n_heads: number;
  /** 0 where attn_only */
  readonly d_mlp: number;
  readonly d_vocab: number;
  readonly d_vocab_out: number;
  /** undefined where attn_only */
  readonly act_fn: ActivationFunction | undefined;
  readonly normalization_type: 'LN' | 'LNPre' | null;
  readonly eps: number;
  readonly attention_dir: 'causal' | 'bidirectional';
  readonly positional_embedding_type: 'standard';
  readonly attn_only: boolean;
  /** what attention scores are divided by: sqrt(d_head) unless the config says otherwise */
  readonly attn_scale: number;
}

/** What users write, or TransformerLens saves. */
export type TransformerConfigInput = Readonly<Record<string, unknown>>;

/** Keys that TransformerLens saves and that do not change what a forward pass computes. */
const harmless = [
  'model_name', 'original_architecture', 'from_checkpoint', 'checkpoint_index', 'checkpoint_label_type', 'checkpoint_value',
  'tokenizer_name', 'tokenizer_prepends_bos', 'default_prepend_bos', 'trust_remote_code', 'device', 'n_devices', 'dtype', 'seed',
  'init_mode', 'init_weights', 'initializer_range', 'n_params', 'decoder_start_token_id',
  // which hooks exist: here every site always does
  'use_attn_result', 'use_attn_in', 'use_split_qkv_input', 'use_hook_mlp_in', 'use_hook_tokens',
  // settings of features that are off (the switch itself is in `unsupported`)
  'window_size', 'rotary_dim', 'rotary_base', 'rotary_base_local', 'rotary_scaling_factor', 'rotary_adjacent_pairs', 'experts_per_token', 'norm_topk_prob',
  'relative_attention_max_distance', 'relative_attention_num_buckets', 'NTK_by_parts_low_freq_factor', 'NTK_by_parts_high_freq_factor',
  'NTK_by_parts_factor', 'NTK_original_ctx_len', 'yarn_factor', 'yarn_attention_factor', 'yarn_beta_fast', 'yarn_beta_slow',
  'yarn_original_max_position_embeddings', 'ungroup_grouped_query_attention', 'tie_word_embeddings',
] as const;

/** Keys that change the computation in a way this library does not follow, with the values under which they do not. */
const unsupported: Readonly<Record<string, readonly unknown[]>> = {
  final_rms: [false],
  gated_mlp: [false],
  parallel_attn_mlp: [false],
  post_embedding_ln: [false],
  scale_attn_by_inverse_layer_idx: [false],
  use_local_attn: [false],
  attn_types: [null],
  use_qk_norm: [false],
  use_normalization_before_and_after: [false],
  use_NTK_by_parts_rope: [false],
  use_yarn_rope: [false],
  load_in_4bit: [false],
  num_experts: [null],
  n_key_value_heads: [null],
  attn_scores_soft_cap: [-1, 0, null],
  output_logits_soft_cap: [-1, 0, null],
};

/** Beyond this a size is a mistake or an attack. */
const size = z.int().min(1).max(2 ** 31 - 1);
/** TransformerLens writes -1 for "not set" */
const optionalSize = z.union([size, z.literal(-1), z.null()]).optional();

const shape = {
  n_layers: z.int().min(1).max(4096),
  d_model: size,
  n_ctx: size,
  d_head: size,
  n_heads: optionalSize,
  d_mlp: z.union([optionalSize, z.literal(0)]),
  d_vocab: size,
  d_vocab_out: optionalSize,
  act_fn: z.enum(['relu', 'gelu', 'gelu_new', 'gelu_fast']).nullish(),
  normalization_type: z.enum(['LN', 'LNPre']).nullable().default('LN'),
  eps: z.number().positive().max(1).default(1e-5),
  attention_dir: z.enum(['causal', 'bidirectional']).default('causal'),
  positional_embedding_type: z.literal('standard').default('standard'),
  attn_only: z.boolean().default(false),
  use_attn_scale: z.boolean().default(true),
  attn_scale: z.union([z.number().positive(), z.literal(-1)]).optional(),
};

const schema = z.object(shape);

const known = [...Object.keys(shape), ...harmless, ...Object.keys(unsupported)];

const set = (value: number | null | undefined): number | undefined => (value === -1 || value === null ? undefined : value);

/**
 * Checks a config and fills in TransformerLens's defaults.
 * @param where what messages call it
 * @throws ModelError for a value that is missing or wrong, an unknown key (the nearest known one is named), or an
 *   architecture that is not supported
 */
export function parseConfig(input: unknown, where = 'config'): TransformerConfig {
  const fail = (what: string, todo: string): never => {
    throw new ModelError({ what, where, todo });
  };
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return fail(`a transformer's config is an object, not ${JSON.stringify(input)}`, 'give TransformerLens names and values, e.g. { "n_layers": 1, "d_model": 128, ... }');
  }
  for (const [key, value] of Object.entries(input as object)) {
    if (!known.includes(key)) fail(`the config has the unknown key ${JSON.stringify(key)}; the nearest known one is ${nearest(key, known)}`, 'correct or remove it');
    if (Object.hasOwn(unsupported, key) && value !== undefined && !unsupported[key]!.includes(value)) {
      // as many key-value heads as heads is ordinary attention
      if (key === 'n_key_value_heads' && value === (input as TransformerConfigInput).n_heads) continue;
      fail(`${key} = ${JSON.stringify(value)} is not supported`, 'use a model without it');
    }
  }
  const own = Object.fromEntries(Object.entries(input as object).filter(([key]) => Object.hasOwn(shape, key)));
  const parsed = schema.safeParse(own);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue!.path.map(String).join('.');
    const value = (input as TransformerConfigInput)[key];
    return fail(
      value === undefined ? `the config lacks ${key}` : `${key} = ${JSON.stringify(value)} is not supported: ${issue!.message}`,
      `set ${key} as TransformerLens does`,
    );
  }
  const { n_layers, d_model, n_ctx, d_head, d_vocab, normalization_type, attention_dir, positional_embedding_type, attn_only } = parsed.data;
  const n_heads = set(parsed.data.n_heads) ?? Math.floor(d_model / d_head);
  if (n_heads < 1) fail(`d_head = ${d_head} is larger than d_model = ${d_model}, and n_heads is not given`, 'give n_heads');
  const act_fn = attn_only ? undefined : (parsed.data.act_fn ?? undefined);
  if (!attn_only && act_fn === undefined) fail('the config lacks act_fn', 'give act_fn, or attn_only: true for a model without MLPs');
  if (!attn_only && parsed.data.d_mlp === 0) fail('d_mlp = 0 in a model that is not attn_only', 'give the number of neurons, or attn_only: true');
  const given = parsed.data.attn_scale;
  return {
    n_layers,
    d_model,
    n_ctx,
    d_head,
    n_heads,
    d_mlp: attn_only ? 0 : (set(parsed.data.d_mlp) ?? 4 * d_model),
    d_vocab,
    d_vocab_out: set(parsed.data.d_vocab_out) ?? d_vocab,
    act_fn,
    normalization_type,
    // without normalisation eps means nothing
    eps: normalization_type === null ? 1e-5 : parsed.data.eps,
    attention_dir,
    positional_embedding_type,
    attn_only,
    attn_scale: !parsed.data.use_attn_scale ? 1 : given === undefined || given === -1 ? Math.sqrt(d_head) : given,
  };
}
