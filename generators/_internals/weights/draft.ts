/** A transformer's config and weights while they are being changed: copied where touched, in float64, and rounded once at the end. */
import { ModelError } from '../../../src/errors.js';
import { requireModel } from '../../../src/model/is-model.js';
import type { Model } from '../../../src/model/model.js';
import type { TransformerConfig } from '../../../src/model/formats/transformer/graph/config.js';
import type { Transformer } from '../../../src/model/formats/transformer/run/model.js';
import { weightShapes, type Weights } from '../../../src/model/formats/transformer/file/weights.js';
import { entriesOf } from '../../../src/shape.js';

/** What a transformer is made of. */
export interface Weighted {
  readonly config: TransformerConfig;
  readonly weights: Weights;
}

/** Every key of a config whose meaning is known here. One that is not could make a change of weights mean something else. */
const understood: readonly string[] = [
  'n_layers',
  'd_model',
  'n_ctx',
  'd_head',
  'n_heads',
  'n_key_value_heads',
  'd_mlp',
  'd_vocab',
  'd_vocab_out',
  'act_fn',
  'normalization_type',
  'final_rms',
  'eps',
  'attention_dir',
  'positional_embedding_type',
  'rotary_dim',
  'rotary_base',
  'rotary_adjacent_pairs',
  'rotary_scaling_factor',
  'use_NTK_by_parts_rope',
  'NTK_by_parts_factor',
  'NTK_by_parts_low_freq_factor',
  'NTK_by_parts_high_freq_factor',
  'NTK_original_ctx_len',
  'attn_only',
  'gated_mlp',
  'parallel_attn_mlp',
  'attn_scale',
  'scale_attn_by_inverse_layer_idx',
  'tie_word_embeddings',
];

/**
 * The model, if it is a transformer of which everything is known here.
 * @param what what is to be made of it, for the message: `symmetries`
 * @throws ModelError; OptionError for what is no model
 */
export function asTransformer(model: Model, what: string): Transformer {
  if (typeof (model as Partial<Model> | null | undefined)?.kind !== 'string')
    requireModel(model, 'what is to be changed', what);
  const given = model as Partial<Transformer>;
  if (model.kind !== 'transformer' || given.config === undefined || given.weights === undefined)
    throw new ModelError({
      what: `${what} change the weights of a transformer, and ${model.name} is of kind ${model.kind}`,
      where: what,
      hint: 'give a transformer with TransformerLens names',
    });
  const strange = Object.keys(given.config).find((key) => !understood.includes(key));
  if (strange !== undefined)
    throw new ModelError({
      what: `${what} do not know what ${strange} in the config of ${model.name} means for its weights`,
      where: what,
      hint: 'use a model without it',
    });
  return given as Transformer;
}

interface Cells {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

export class Draft {
  private current: TransformerConfig;
  private readonly cells: Map<string, Cells>;
  private readonly own = new Set<string>();

  constructor(from: Weighted) {
    this.current = from.config;
    this.cells = new Map(from.weights);
  }

  get config(): TransformerConfig {
    return this.current;
  }

  /** Changes sizes in the config; the weights must follow. */
  resize(sizes: Partial<Pick<TransformerConfig, 'n_heads' | 'n_key_value_heads' | 'd_mlp'>>): void {
    this.current = { ...this.current, ...sizes };
  }

  has(name: string): boolean {
    return this.cells.has(name);
  }

  shape(name: string): readonly number[] {
    return this.cells.get(name)!.shape;
  }

  read(name: string): Float32Array | Float64Array {
    return this.cells.get(name)!.data;
  }

  /** The values, to be written to. */
  edit(name: string): Float64Array {
    const { shape, data } = this.cells.get(name)!;
    if (this.own.has(name)) return data as Float64Array;
    const copy = Float64Array.from(data);
    this.cells.set(name, { shape, data: copy });
    this.own.add(name);
    return copy;
  }

  put(name: string, shape: readonly number[], data: Float64Array): void {
    this.cells.set(name, { shape, data });
    this.own.add(name);
  }

  /** Makes sure that a weight the config allows is there in every layer: biases left out are zeros, a tied unembedding becomes one of its own. */
  materialise(name: string): void {
    if (name === 'unembed.W_U' && !this.has(name)) {
      const embed = this.read('embed.W_E');
      const { d_model, d_vocab } = this.current;
      this.put(
        name,
        [d_model, d_vocab],
        Float64Array.from(
          { length: d_model * d_vocab },
          (_, at) => embed[(at % d_vocab) * d_model + Math.floor(at / d_vocab)]!,
        ),
      );
      return;
    }
    const everywhere = name.replace(/^blocks\.\d+\./, '');
    for (const [other, shape] of weightShapes(this.current))
      if (other.replace(/^blocks\.\d+\./, '') === everywhere && !this.has(other))
        this.put(other, shape, new Float64Array(entriesOf(shape)));
  }

  done(): Weighted {
    return {
      config: this.current,
      weights: new Map(
        [...this.cells].map(([name, { shape, data }]) => [
          name,
          { shape, data: this.own.has(name) ? Float32Array.from(data) : (data as Float32Array) },
        ]),
      ),
    };
  }
}
