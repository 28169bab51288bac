/** What an architecture is chosen from: for every field of a config its values, the simplest first. */
import { OptionError } from '../../../src/errors.js';
import { suggest } from '../../../src/options.js';

/** A whole number within these. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
}

type Value = string | number | boolean | null;

const numbers = {
  n_layers: [1, 3],
  d_model: [1, 12],
  n_heads: [1, 4],
  d_head: [1, 6],
  d_mlp: [1, 12],
  d_vocab: [2, 8],
  d_vocab_out: [1, 8],
  n_ctx: [1, 6],
} as const;

const lists = {
  attn_only: [true, false],
  attention_dir: ['bidirectional', 'causal'],
  normalization_type: [null, 'LNPre', 'LN', 'RMSPre', 'RMS'],
  final_rms: [false, true],
  eps: [0.01],
  act_fn: ['relu', 'gelu', 'gelu_new', 'silu'],
  gated_mlp: [false, true],
  parallel_attn_mlp: [false, true],
  positional_embedding_type: ['standard', 'rotary'],
  rotary_adjacent_pairs: [false, true],
  rotary_base: [10_000, 100],
  rotary_scaling_factor: [1, 2],
  use_NTK_by_parts_rope: [false, true],
  scale_attn_by_inverse_layer_idx: [false, true],
  tie_word_embeddings: [false, true],
} as const satisfies Record<string, readonly Value[]>;

export type NumberField = keyof typeof numbers | 'n_key_value_heads' | 'rotary_dim';
export type ListField = keyof typeof lists;
/** Which biases a model has: all, none, or those of queries, keys and values only (as in Qwen). */
export const biasChoices = ['all', 'none', 'attention inputs'] as const;
export type Biases = (typeof biasChoices)[number];

/** Each field of a config: one value, a list of them (the simplest first), or for sizes a range. */
export type ArchitecturesConstraints = {
  readonly [F in NumberField]?: number | readonly number[] | Range;
} & {
  readonly [F in ListField]?: Value | readonly Value[];
} & { readonly biases?: Biases | readonly Biases[] };

export interface Choices {
  readonly numbers: Readonly<Record<NumberField, readonly number[] | undefined>>;
  readonly lists: Readonly<Record<ListField, readonly Value[]>>;
  readonly biases: readonly Biases[];
}

const where = 'constraints of architectures';
const fail = (field: string, given: unknown): never => {
  throw new OptionError({
    what: `${field} is constrained to ${JSON.stringify(given)}`,
    where,
    hint: 'give a value, a list of values, or for a size { min, max } of positive integers',
  });
};

function sizes(
  field: string,
  given: unknown,
  standard: readonly [number, number] | undefined,
): readonly number[] | undefined {
  if (given === undefined && standard === undefined) return undefined;
  const isSize = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 1 && (n as number) <= 4096;
  if (isSize(given)) return [given];
  if (Array.isArray(given))
    return given.length > 0 && given.every(isSize)
      ? [...new Set(given as number[])].toSorted((a, b) => a - b)
      : fail(field, given);
  if (
    given !== undefined &&
    (typeof given !== 'object' ||
      given === null ||
      Object.entries(given).some(([key, value]) => value !== undefined && key !== 'min' && key !== 'max'))
  )
    return fail(field, given);
  const { min = standard?.[0] ?? 1, max = Math.max(min, standard?.[1] ?? 8) } = (given ?? {}) as Range;
  if (!isSize(min) || !isSize(max) || max < min) return fail(field, given);
  return Array.from({ length: max - min + 1 }, (_, i) => min + i);
}

/** @throws OptionError for an unknown field or an impossible constraint */
export function choicesOf(constraints: ArchitecturesConstraints): Choices {
  const known = [...Object.keys(numbers), 'n_key_value_heads', 'rotary_dim', ...Object.keys(lists), 'biases'];
  for (const key of Object.keys(constraints))
    if (!known.includes(key))
      throw new OptionError({ what: `unknown constraint "${key}"`, where, hint: suggest(key, known) });
  const given = constraints as Readonly<Record<string, unknown>>;
  const listed = <T>(field: string, standard: readonly T[]): readonly T[] => {
    const own = given[field];
    if (own === undefined) return standard;
    const list = (Array.isArray(own) ? own : [own]) as readonly T[];
    return list.length === 0 ? fail(field, own) : list;
  };
  return {
    numbers: Object.fromEntries(
      [...Object.keys(numbers), 'n_key_value_heads', 'rotary_dim'].map((field) => [
        field,
        sizes(field, given[field], (numbers as Record<string, readonly [number, number]>)[field]),
      ]),
    ) as Choices['numbers'],
    lists: Object.fromEntries(
      Object.entries(lists).map(([field, standard]) => [field, listed(field, standard as readonly Value[])]),
    ) as Choices['lists'],
    biases: listed('biases', biasChoices),
  };
}
