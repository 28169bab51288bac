/** The sizes of a transformer that is to be trained, and the config that they make with a program. */
import * as z from 'zod';
import { parseConfig, type TransformerConfig } from '../model/formats/transformer/graph/config.js';
import { checkOptions, type ShapeOf } from '../options.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';

/** What a transformer that is trained is like, in TransformerLens's names. What it reads and answers follows from the program. */
export interface Architecture {
  /** blocks */
  readonly n_layers: number;
  /** heads of a block */
  readonly n_heads: number;
  /** features of the residual stream */
  readonly d_model: number;
  /** dimensions of a head. @defaultValue d_model / n_heads, rounded up */
  readonly d_head?: number | undefined;
  /** neurons of a block. @defaultValue 4 d_model */
  readonly d_mlp?: number | undefined;
  /** of the neurons. @defaultValue 'gelu' */
  readonly act_fn?: 'relu' | 'gelu' | 'gelu_new' | 'silu' | undefined;
  /** null for no normalisation. @defaultValue null */
  readonly normalization_type?: 'LN' | 'RMS' | null | undefined;
  /** how a position is told. @defaultValue 'standard' */
  readonly positional_embedding_type?: 'standard' | 'rotary' | undefined;
}

const size = z.int().min(1).max(65_536);

export const architectureSchema = z.strictObject({
  n_layers: z.int().min(1).max(256),
  n_heads: size,
  d_model: size,
  d_head: size.optional(),
  d_mlp: size.optional(),
  act_fn: z.enum(['relu', 'gelu', 'gelu_new', 'silu']).default('gelu'),
  normalization_type: z.enum(['LN', 'RMS']).nullable().default(null),
  positional_embedding_type: z.enum(['standard', 'rotary']).default('standard'),
} satisfies ShapeOf<Architecture>);

/** @throws OptionError, ModelError */
export function configOf<T extends Value, O extends Value>(
  { name, vocabulary, maxLength, outputs, causal }: Program<T, O>,
  architecture: Architecture,
): TransformerConfig {
  const own = checkOptions(architectureSchema, architecture, 'architecture');
  return parseConfig(
    {
      ...own,
      d_head: own.d_head ?? Math.ceil(own.d_model / own.n_heads),
      d_mlp: own.d_mlp ?? 4 * own.d_model,
      n_ctx: maxLength + 1,
      d_vocab: vocabulary.length + 1,
      d_vocab_out: outputs.length,
      attention_dir: causal ? 'causal' : 'bidirectional',
    },
    `architecture for ${name}`,
  );
}
