/** A transformer's config in TransformerLens's words (HookedTransformerConfig), as far as this library computes it. */
import * as z from 'zod';
import { ModelError } from '../../../../errors.js';
import { nearest } from '../../../../options.js';
import { harmless, otherwise, unsupported } from './config-keys.js';

const activationFunctions = ['relu', 'gelu', 'gelu_new', 'gelu_fast', 'gelu_pytorch_tanh', 'silu'] as const;
export type ActivationFunction = (typeof activationFunctions)[number];

/** Rotary position embedding: pairs of a head's features turn by an angle that grows with the position. */
export interface RotaryConfig {
  /** how many of a head's features turn, the first ones; the rest stay as they are */
  readonly rotary_dim: number;
  readonly rotary_base: number;
  /** true: pairs are neighbours (GPT-J); false: feature i with feature i + rotary_dim / 2 (GPT-NeoX, Llama) */
  readonly rotary_adjacent_pairs: boolean;
  /** every wavelength is this much longer (linear scaling); 1 for none */
  readonly rotary_scaling_factor: number;
  /** Llama 3's scaling, "NTK by parts": long wavelengths are stretched by the factor, short ones are not */
  readonly use_NTK_by_parts_rope: boolean;
  readonly NTK_by_parts_factor?: number;
  readonly NTK_by_parts_low_freq_factor?: number;
  readonly NTK_by_parts_high_freq_factor?: number;
  readonly NTK_original_ctx_len?: number;
}

/** A checked config: every field that has a meaning is there, and two configs that mean the same are equal. */
export interface TransformerConfig extends Partial<RotaryConfig> {
  readonly n_layers: number;
  readonly d_model: number;
  /** the longest input */
  readonly n_ctx: number;
  readonly d_head: number;
  readonly n_heads: number;
  /** heads of keys and values: fewer than n_heads in grouped-query attention, where neighbouring heads share one */
  readonly n_key_value_heads: number;
  /** 0 where attn_only */
  readonly d_mlp: number;
  readonly d_vocab: number;
  readonly d_vocab_out: number;
  /** undefined where attn_only */
  readonly act_fn: ActivationFunction | undefined;
  readonly normalization_type: 'LN' | 'LNPre' | 'RMS' | 'RMSPre' | null;
  /** the last normalisation is of root mean square, in a model whose others are LayerNorms */
  readonly final_rms: boolean;
  readonly eps: number;
  readonly attention_dir: 'causal' | 'bidirectional';
  /** with rotary the fields of RotaryConfig are there */
  readonly positional_embedding_type: 'standard' | 'rotary';
  readonly attn_only: boolean;
  /** mlp(x) = (act(x W_gate) * x W_in + b_in) W_out + b_out */
  readonly gated_mlp: boolean;
  /** attention and MLP of a layer read the same residual stream */
  readonly parallel_attn_mlp: boolean;
  /** what attention scores are divided by: sqrt(d_head) unless the config says otherwise */
  readonly attn_scale: number;
  /** layer n divides its scores by n + 1 besides */
  readonly scale_attn_by_inverse_layer_idx: boolean;
  /** the weights may leave out unembed.W_U, which is then embed.W_E transposed */
  readonly tie_word_embeddings: boolean;
}

/** What users write, or TransformerLens saves. */
export type TransformerConfigInput = Readonly<Record<string, unknown>>;

/** Beyond this a size is a mistake or an attack. */
const size = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);
/** TransformerLens writes -1 for "not set" */
const optionalSize = z.union([size, z.literal(-1), z.null()]).optional();
const positive = z.number().positive();
const off = z.boolean().default(false);

const shape = {
  n_layers: z.int().min(1).max(4096),
  d_model: size,
  n_ctx: size,
  d_head: size,
  n_heads: optionalSize,
  n_key_value_heads: optionalSize,
  d_mlp: z.union([optionalSize, z.literal(0)]),
  d_vocab: size,
  d_vocab_out: optionalSize,
  act_fn: z.enum(activationFunctions).nullish(),
  normalization_type: z.enum(['LN', 'LNPre', 'RMS', 'RMSPre']).nullable().default('LN'),
  final_rms: off,
  eps: z.number().positive().max(1).default(1e-5),
  attention_dir: z.enum(['causal', 'bidirectional']).default('causal'),
  positional_embedding_type: z.enum(['standard', 'rotary']).default('standard'),
  rotary_dim: optionalSize,
  rotary_base: positive.default(10_000),
  rotary_adjacent_pairs: off,
  rotary_scaling_factor: positive.default(1),
  use_NTK_by_parts_rope: off,
  NTK_by_parts_factor: positive.default(8),
  NTK_by_parts_low_freq_factor: positive.default(1),
  NTK_by_parts_high_freq_factor: positive.default(4),
  NTK_original_ctx_len: size.default(8192),
  attn_only: off,
  gated_mlp: off,
  parallel_attn_mlp: off,
  use_attn_scale: z.boolean().default(true),
  attn_scale: z.union([positive, z.literal(-1)]).optional(),
  scale_attn_by_inverse_layer_idx: off,
  tie_word_embeddings: off,
};

const schema = z.object(shape);
type Parsed = z.infer<typeof schema>;

const known = [...Object.keys(shape), ...harmless, ...Object.keys(unsupported)];

const set = (value: number | null | undefined): number | undefined =>
  value === -1 || value === null ? undefined : value;

type Fail = (what: string, hint: string) => never;

function rotary(given: Parsed, fail: Fail): RotaryConfig {
  const { d_head, rotary_base, rotary_adjacent_pairs, rotary_scaling_factor, use_NTK_by_parts_rope } = given;
  const rotary_dim = set(given.rotary_dim) ?? d_head;
  if (rotary_dim > d_head) fail(`rotary_dim = ${rotary_dim} is larger than d_head = ${d_head}`, 'give at most d_head');
  if (rotary_dim % 2 !== 0)
    fail(`rotary_dim = ${rotary_dim} is odd, but features turn in pairs`, 'give an even number');
  const common = { rotary_dim, rotary_base, rotary_adjacent_pairs, rotary_scaling_factor, use_NTK_by_parts_rope };
  if (!use_NTK_by_parts_rope) return common;
  const { NTK_by_parts_factor, NTK_by_parts_low_freq_factor, NTK_by_parts_high_freq_factor, NTK_original_ctx_len } =
    given;
  if (NTK_by_parts_high_freq_factor <= NTK_by_parts_low_freq_factor)
    fail(
      `NTK_by_parts_high_freq_factor = ${NTK_by_parts_high_freq_factor} is not above NTK_by_parts_low_freq_factor = ${NTK_by_parts_low_freq_factor}`,
      'exchange them',
    );
  // TransformerLens computes one of the two
  return {
    ...common,
    rotary_scaling_factor: 1,
    NTK_by_parts_factor,
    NTK_by_parts_low_freq_factor,
    NTK_by_parts_high_freq_factor,
    NTK_original_ctx_len,
  };
}

/** Heads of keys and values. */
function keyValueHeads(given: Parsed, n_heads: number, fail: Fail): number {
  const heads = set(given.n_key_value_heads) ?? n_heads;
  if (n_heads % heads !== 0)
    fail(
      `n_key_value_heads = ${heads} does not divide n_heads = ${n_heads}`,
      'every key-value head serves equally many heads',
    );
  return heads;
}

/**
 * Checks a config and fills in TransformerLens's defaults.
 * @param where what messages call it
 * @throws ModelError for a value that is missing or wrong, an unknown key (the nearest known one is named), or an
 *   architecture that is not supported
 */
export function parseConfig(input: unknown, where = 'config'): TransformerConfig {
  const fail: Fail = (what, hint) => {
    throw new ModelError({ what, where, hint });
  };
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return fail(
      `a transformer's config is an object, not ${JSON.stringify(input)}`,
      'give TransformerLens names and values, e.g. { "n_layers": 1, "d_model": 128, ... }',
    );
  }
  const given = input as TransformerConfigInput;
  for (const [key, value] of Object.entries(given)) {
    if (!known.includes(key))
      fail(
        `the config has the unknown key ${JSON.stringify(key)}; the nearest known one is ${nearest(key, known)}`,
        'correct or remove it',
      );
    const refused = Object.hasOwn(unsupported, key) && value !== undefined && !unsupported[key]!.includes(value);
    if (refused || (key === 'original_architecture' && otherwise.includes(value as string)))
      fail(`${key} = ${JSON.stringify(value)} is not supported`, 'use a model without it');
  }
  const parsed = schema.safeParse(
    Object.fromEntries(Object.entries(given).filter(([key]) => Object.hasOwn(shape, key))),
  );
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue!.path.map(String).join('.');
    const value = given[key];
    return fail(
      value === undefined
        ? `the config lacks ${key}`
        : `${key} = ${JSON.stringify(value)} is not supported: ${issue!.message}`,
      `set ${key} as TransformerLens does`,
    );
  }
  const own = parsed.data;
  const {
    n_layers,
    d_model,
    n_ctx,
    d_head,
    d_vocab,
    normalization_type,
    attention_dir,
    positional_embedding_type,
    attn_only,
  } = own;
  const n_heads = set(own.n_heads) ?? Math.floor(d_model / d_head);
  if (n_heads < 1)
    fail(`d_head = ${d_head} is larger than d_model = ${d_model}, and n_heads is not given`, 'give n_heads');
  const act_fn = attn_only ? undefined : (own.act_fn ?? undefined);
  if (!attn_only && act_fn === undefined)
    fail('the config lacks act_fn', 'give act_fn, or attn_only: true for a model without MLPs');
  if (!attn_only && own.d_mlp === 0)
    fail('d_mlp = 0 in a model that is not attn_only', 'give the number of neurons, or attn_only: true');
  const d_vocab_out = set(own.d_vocab_out) ?? d_vocab;
  if (own.tie_word_embeddings && d_vocab_out !== d_vocab)
    fail(
      `tie_word_embeddings with d_vocab_out = ${d_vocab_out} and d_vocab = ${d_vocab}: one table cannot serve both`,
      'set tie_word_embeddings to false, or leave d_vocab_out out',
    );
  return {
    n_layers,
    d_model,
    n_ctx,
    d_head,
    n_heads,
    n_key_value_heads: keyValueHeads(own, n_heads, fail),
    d_mlp: attn_only ? 0 : (set(own.d_mlp) ?? 4 * d_model),
    d_vocab,
    d_vocab_out,
    act_fn,
    normalization_type,
    final_rms: own.final_rms && (normalization_type === 'LN' || normalization_type === 'LNPre'),
    // without normalisation eps means nothing
    eps: normalization_type === null ? 1e-5 : own.eps,
    attention_dir,
    positional_embedding_type,
    ...(positional_embedding_type === 'rotary' ? rotary(own, fail) : {}),
    attn_only,
    gated_mlp: own.gated_mlp && !attn_only,
    parallel_attn_mlp: own.parallel_attn_mlp && !attn_only,
    attn_scale: !own.use_attn_scale
      ? 1
      : own.attn_scale === undefined || own.attn_scale === -1
        ? Math.sqrt(d_head)
        : own.attn_scale,
    scale_attn_by_inverse_layer_idx: own.scale_attn_by_inverse_layer_idx,
    tie_word_embeddings: own.tie_word_embeddings,
  };
}
