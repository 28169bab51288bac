/** The fields of an architecture: what they may be next to each other, how they are drawn, and how they shrink. */
import { OptionError } from '../../src/errors.js';
import { parseConfig } from '../../src/model/formats/transformer/graph/config.js';
import { halves, lower, type Dice } from './weights/arbitrary.js';
import { choicesOf, type Biases, type Choices, type ListField, type NumberField } from './weights/choices.js';
import type { PlainArchitecture } from '../architecture.js';

/** Fields in the order in which shrinking simplifies them. */
const order: readonly (NumberField | ListField)[] = [
  'n_layers',
  'attn_only',
  'normalization_type',
  'positional_embedding_type',
  'n_heads',
  'n_key_value_heads',
  'd_mlp',
  'gated_mlp',
  'act_fn',
  'parallel_attn_mlp',
  'final_rms',
  'attention_dir',
  'use_NTK_by_parts_rope',
  'rotary_scaling_factor',
  'rotary_base',
  'rotary_adjacent_pairs',
  'rotary_dim',
  'scale_attn_by_inverse_layer_idx',
  'tie_word_embeddings',
  'd_model',
  'd_head',
  'd_vocab',
  'd_vocab_out',
  'n_ctx',
  'eps',
];
type Fields = Record<string, unknown>;

/** Whether a field matters next to the others. */
function matters(
  field: NumberField | ListField,
  { attn_only, normalization_type, positional_embedding_type, tie_word_embeddings }: Fields,
): boolean {
  if (['d_mlp', 'act_fn', 'gated_mlp', 'parallel_attn_mlp'].includes(field)) return attn_only !== true;
  if (field === 'eps') return normalization_type !== null;
  if (field === 'final_rms') return normalization_type === 'LN' || normalization_type === 'LNPre';
  if (field.startsWith('rotary') || field === 'use_NTK_by_parts_rope') return positional_embedding_type === 'rotary';
  if (field === 'd_vocab_out') return tie_word_embeddings !== true;
  return true;
}

/** What a field may be next to the others, the simplest first. */
function candidates(field: NumberField | ListField, fields: Fields, choices: Choices): readonly unknown[] {
  const divides = (n: number, by: number): boolean => n % by === 0;
  const own = choices.numbers[field as NumberField];
  // every head its own keys and values, then ever fewer
  if (field === 'n_key_value_heads')
    return Array.from({ length: fields.n_heads as number }, (_, i) => (fields.n_heads as number) - i).filter(
      (n) => divides(fields.n_heads as number, n) && (own?.includes(n) ?? true),
    );
  if (field === 'rotary_dim') {
    // all features turn, then ever fewer
    const all = fields.d_head as number;
    return Array.from({ length: all >> 1 }, (_, i) => all - (all % 2) - 2 * i).filter((n) => own?.includes(n) ?? true);
  }
  if (field === 'rotary_scaling_factor' && fields.use_NTK_by_parts_rope === true) return [1];
  return own ?? choices.lists[field as ListField];
}

/** Fields whose values depend on others. */
const hanging: readonly string[] = ['n_key_value_heads', 'rotary_dim', 'rotary_scaling_factor'];
const drawing = [...order].toSorted((a, b) => Number(hanging.includes(a)) - Number(hanging.includes(b)));

/** A context so short that Llama 3's scaling bends the frequencies of positions that small models have. */
const NTK = {
  NTK_by_parts_factor: 4,
  NTK_by_parts_low_freq_factor: 1,
  NTK_by_parts_high_freq_factor: 4,
  NTK_original_ctx_len: 16,
};

export function draw(dice: Dice, choices: Choices): PlainArchitecture {
  for (let tries = 0; tries < 1000; tries++) {
    const fields: Fields = {};
    let possible = true;
    // a switch decides whether other fields matter
    for (const field of drawing) {
      const of = candidates(field, fields, choices);
      if (of.length === 0) possible = !matters(field, fields);
      else fields[field] = dice.pick(of);
      if (!possible) break;
    }
    if (!possible) continue;
    const plain = plainOf(fields, dice.between(0, 999_999), dice.pick(choices.biases));
    if (valid(plain, choices)) return plain;
  }
  throw new OptionError({
    what: 'no architecture was found that meets the constraints',
    where: 'constraints of architectures',
    hint: 'check that they can hold together: key-value heads divide heads, rotary features are at most d_head',
  });
}

function plainOf(fields: Fields, seed: number, biases: Biases): PlainArchitecture {
  const kept = Object.fromEntries(
    order
      .filter((field) => matters(field, fields) && fields[field] !== undefined)
      .map((field) => [field, fields[field]]),
  );
  return { config: { ...kept, ...(kept.use_NTK_by_parts_rope === true ? NTK : {}) }, seed, biases };
}
const fieldsOf = ({ config }: PlainArchitecture): Fields => ({ ...config });

/** How far a field is from its simplest value; -1 where it is none of the values it may have. */
const rank = (field: NumberField | ListField, fields: Fields, choices: Choices): number =>
  matters(field, fields) ? candidates(field, fields, choices).indexOf(fields[field]) : 0;
export function valid(plain: PlainArchitecture, choices: Choices): boolean {
  const fields = fieldsOf(plain);
  // with fewer features a normalisation leaves little more than signs
  const narrow =
    fields.normalization_type !== null && (fields.d_model as number) < Math.min(4, choices.numbers.d_model!.at(-1)!);
  if (narrow || !choices.biases.includes(plain.biases) || order.some((field) => rank(field, fields, choices) < 0))
    return false;
  try {
    parseConfig(plain.config);
    return true;
  } catch {
    return false;
  }
}

export function* simpler(plain: PlainArchitecture, choices: Choices): Generator<PlainArchitecture> {
  const fields = fieldsOf(plain);
  const { seed, biases } = plain;
  for (const field of order) {
    for (const at of lower(rank(field, fields, choices), 0)) {
      const changed: Fields = { ...fields, [field]: candidates(field, fields, choices)[at] };
      // what hangs on it keeps its value, or its place among the values there are, or becomes the simplest
      for (const keep of ['value', 'place'] as const) {
        const next = { ...changed };
        for (const other of order) {
          if (other === field || !matters(other, next)) continue;
          const of = candidates(other, next, choices);
          if (keep === 'place' && hanging.includes(other) && matters(other, fields))
            next[other] = of[rank(other, fields, choices)] ?? of[0];
          else if (!of.includes(next[other])) next[other] = of[0];
        }
        yield plainOf(next, seed, biases);
      }
    }
  }
  for (const at of lower(choices.biases.indexOf(biases), 0)) yield { ...plain, biases: choices.biases[at]! };
  for (const less of halves(seed, 0)) yield { ...plain, seed: less };
}

/** What shrinking makes smaller: how far all fields together are from their simplest values, then the seed. */
export function size(plain: PlainArchitecture, choices: Choices = choicesOf({})): number[] {
  const fields = fieldsOf(plain);
  return [
    order.reduce((sum, field) => sum + rank(field, fields, choices), choices.biases.indexOf(plain.biases)),
    plain.seed,
  ];
}
