/** Config and weights of what has been wired. */
import { CompilationError } from '../../errors.js';
import { parseConfig, type TransformerConfig } from '../../model/formats/transformer/graph/config.js';
import { weightShapes, type Weights } from '../../model/formats/transformer/file/weights.js';
import { entriesOf } from '../../shape.js';
import type { Layout } from './layout.js';
import { dimensionsOf, type Wiring } from './wiring.js';

/** What the model answers with, class by class: these features of the last residual stream, larger by this. */
const CONFIDENCE = 16;

const longest = (lists: readonly (readonly unknown[] | undefined)[]): number =>
  lists.reduce((most, list) => Math.max(most, list?.length ?? 0), 0);

/** @param classes of the output */
export function configOf(
  wiring: Wiring,
  {
    vocabulary,
    positions,
    classes,
    causal,
  }: { vocabulary: number; positions: number; classes: number; causal: boolean },
): TransformerConfig {
  return parseConfig({
    n_layers: Math.max(1, wiring.blocks),
    d_model: wiring.features,
    n_ctx: positions + 1,
    d_head: wiring.heads.flat().reduce((most, head) => Math.max(most, dimensionsOf(head)), 1),
    n_heads: Math.max(1, longest(wiring.heads)),
    d_mlp: Math.max(1, longest(wiring.neurons)),
    d_vocab: vocabulary + 1,
    d_vocab_out: classes,
    act_fn: 'relu',
    normalization_type: null,
    attention_dir: causal ? 'causal' : 'bidirectional',
    positional_embedding_type: 'standard',
    use_attn_scale: false,
  });
}

/** @param output the features that say which class it is, in order */
export function weightsOf(
  wiring: Wiring,
  config: TransformerConfig,
  tokens: readonly (readonly (readonly [number, number])[])[],
  positions: readonly (readonly (readonly [number, number])[])[],
  output: readonly number[],
  { featureAt, unitOf, noiseOf, headAt, neuronAt }: Layout,
): Weights {
  const weights = new Map(
    [...weightShapes(config)].map(([name, shape]) => [name, { shape, data: new Float32Array(entriesOf(shape)) }]),
  );
  /** adds, as an entry may be named more than once */
  const add = (name: string, at: readonly number[], value: number): void => {
    const { shape, data } = weights.get(name)!;
    const index = at.reduce((sum, i, axis) => sum * shape[axis]! + i, 0);
    data[index] = data[index]! + value;
    if (!Number.isFinite(data[index]))
      throw new CompilationError({
        what: `a weight of ${value} is beyond what float32 holds`,
        where: name,
        hint: 'let the program have smaller numbers',
      });
  };
  // what writes a feature multiplies by its unit, what reads it divides: by powers of two, which is exact. Of noise only what writes knows
  const written = (feature: number, value: number): (readonly [at: number, value: number])[] =>
    wiring
      .termsOf(feature)
      .map(([real, weight]) => [featureAt[real]!, value * weight * unitOf[real]! * noiseOf[real]!] as const);
  const read = (feature: number, value: number): (readonly [at: number, value: number])[] =>
    wiring.termsOf(feature).map(([real, weight]) => [featureAt[real]!, (value * weight) / unitOf[real]!] as const);
  const embed = (name: string, row: number, feature: number, value: number): void => {
    for (const [at, own] of written(feature, value)) add(name, [row, at], own);
  };
  embed('embed.W_E', tokens.length, wiring.beginning, 1);
  tokens.forEach((terms, token) => terms.forEach(([feature, value]) => embed('embed.W_E', token, feature, value)));
  positions.forEach((terms, position) =>
    terms.forEach(([feature, value]) => embed('pos_embed.W_pos', position + 1, feature, value)),
  );
  wiring.heads.forEach((heads, block) =>
    heads?.forEach(({ query, queryBias, key, value, out }, index) => {
      const name = (what: string): string => `blocks.${block}.attn.${what}`;
      const head = headAt[block]![index]!;
      for (const [what, entries] of [
        ['W_Q', query],
        ['W_K', key],
        ['W_V', value],
      ] as const)
        for (const [feature, dimension, weight] of entries)
          for (const [at, own] of read(feature, weight)) add(name(what), [head, at, dimension], own);
      for (const [dimension, weight] of queryBias) add(name('b_Q'), [head, dimension], weight);
      for (const [dimension, feature, weight] of out)
        for (const [at, own] of written(feature, weight)) add(name('W_O'), [head, dimension, at], own);
    }),
  );
  wiring.neurons.forEach((neurons, block) =>
    neurons?.forEach(({ reads, bias, writes }, index) => {
      const name = (what: string): string => `blocks.${block}.mlp.${what}`;
      const neuron = neuronAt[block]![index]!;
      for (const [feature, weight] of reads)
        for (const [at, own] of read(feature, weight)) add(name('W_in'), [at, neuron], own);
      add(name('b_in'), [neuron], bias);
      for (const [feature, weight] of writes)
        for (const [at, own] of written(feature, weight)) add(name('W_out'), [neuron, at], own);
    }),
  );
  output.forEach((feature, of) => {
    for (const [at, own] of read(feature, CONFIDENCE)) add('unembed.W_U', [at, of], own);
  });
  return weights;
}
