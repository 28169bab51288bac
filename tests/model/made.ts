/** Models made from a seed, the same as tests/parity/transformer.py makes them. */
import type { BackendName } from '../../src/tensor/backend-names.js';
import { parseConfig } from '../../src/model/formats/transformer/graph/config.js';
import type { Intervention } from '../../src/model/model.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import { isBias, weightShapes, type Weights } from '../../src/model/formats/transformer/file/weights.js';

export type Config = Readonly<Record<string, unknown>>;

export interface Case {
  readonly name?: string;
  readonly config: Config;
  readonly seed: number;
  readonly zeroBiases?: boolean;
  /** the weights leave all biases out */
  readonly noBiases?: boolean;
  readonly inputs: readonly (readonly number[])[];
  readonly interventions?: readonly Intervention[];
}

/** ANSI C's linear congruential generator modulo 2^31, as numbers of [-1, 1). */
function numbers(seed: number): () => number {
  // the low 31 bits of a product follow from those of its factors
  let state = seed & 0x7fffffff;
  return () => {
    state = (Math.imul(1103515245, state) + 12345) & 0x7fffffff;
    return state / 2 ** 30 - 1;
  };
}

/** What a tied unembedding is, and biases that are to be absent, are drawn like the others and then left out. */
export function makeWeights(
  config: Config,
  seed: number,
  { zeroBiases = false, noBiases = false }: Pick<Case, 'zeroBiases' | 'noBiases'> = {},
): Weights {
  const next = numbers(seed);
  const all = [...weightShapes(parseConfig(config))].map(([name, shape]) => {
    const last = name.split('.').at(-1)!;
    const [offset, scale] = last === 'w' ? [1, 0.5] : last === 'W_E' || last === 'W_pos' ? [0, 1.5] : [0, 0.5];
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = offset + scale * next();
    if (zeroBiases && isBias(name)) data.fill(0);
    return [name, { shape, data }] as const;
  });
  return new Map(
    all.filter(
      ([name]) => !(noBiases && isBias(name)) && !(config.tie_word_embeddings === true && name === 'unembed.W_U'),
    ),
  );
}

export const make = (
  { config, seed, ...biases }: Pick<Case, 'config' | 'seed' | 'zeroBiases' | 'noBiases'>,
  on: BackendName,
  batchSize?: number,
): Promise<Transformer> => transformer(config, makeWeights(config, seed, biases), { backend: on, batchSize });

export const small: Config = {
  n_layers: 2,
  d_model: 6,
  n_ctx: 4,
  d_head: 3,
  n_heads: 2,
  d_mlp: 8,
  d_vocab: 5,
  d_vocab_out: 4,
  act_fn: 'gelu_new',
  normalization_type: 'LN',
  attention_dir: 'causal',
};
