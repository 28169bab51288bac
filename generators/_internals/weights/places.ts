/** Where in a transformer's weights its residual stream, heads and neurons are. */
import type { TransformerConfig } from '../../../src/model/formats/transformer/graph/config.js';
import { projection } from '../../../src/model/formats/transformer/file/weights.js';
import type { View } from './axis.js';
import type { Draft } from './draft.js';

export const layersOf = ({ n_layers }: TransformerConfig): number[] =>
  Array.from({ length: n_layers }, (_, layer) => layer);

/** The existing ones of some names. */
const there = (draft: Draft, names: readonly string[]): string[] => names.filter((name) => draft.has(name));

/** A tensor whose first axis is `size`, seen as [1, size, the rest]. */
export function firstAxis(draft: Draft, name: string): View {
  const data = draft.edit(name);
  const size = draft.shape(name)[0]!;
  return { data, outer: 1, size, inner: data.length / size };
}

/** A tensor seen along its last axis. */
export function lastAxis(draft: Draft, name: string): View {
  const data = draft.edit(name);
  const size = draft.shape(name).at(-1)!;
  return { data, outer: data.length / size, size, inner: 1 };
}

/** One head's (or key-value head's) matrix [rows, columns] of a tensor [heads, rows, columns], along its rows or its columns. */
export function ofHead(draft: Draft, name: string, head: number, along: 'rows' | 'columns'): View {
  const shape = draft.shape(name);
  const [rows, columns] = shape.length === 3 ? [shape[1]!, shape[2]!] : [1, shape[1]!];
  const data = draft.edit(name).subarray(head * rows * columns, (head + 1) * rows * columns);
  return along === 'rows'
    ? { data, outer: 1, size: rows, inner: columns }
    : { data, outer: rows, size: columns, inner: 1 };
}

export const heads = (group: number, { n_heads, n_key_value_heads }: TransformerConfig): number[] => {
  const size = n_heads / n_key_value_heads;
  return Array.from({ length: size }, (_, i) => group * size + i);
};

export const groupOf = (head: number, { n_heads, n_key_value_heads }: TransformerConfig): number =>
  Math.floor(head / (n_heads / n_key_value_heads));

/** Names of a projection's weight and, where there is one, its bias. */
export const projected = (draft: Draft, layer: number, kind: 'Q' | 'K' | 'V'): string[] =>
  there(draft, [projection(draft.config, layer, 'W', kind), projection(draft.config, layer, 'b', kind)]);

export const output = (layer: number): string => `blocks.${layer}.attn.W_O`;

/** Tensors with one entry, row or column per neuron, along that axis. */
export const intoNeurons = (draft: Draft, layer: number): string[] =>
  there(
    draft,
    ['W_gate', 'W_in', 'b_in'].map((name) => `blocks.${layer}.mlp.${name}`),
  );
export const outOfNeurons = (layer: number): string => `blocks.${layer}.mlp.W_out`;

/** What reads the residual stream through a normalisation: `blocks.0.ln1`, `blocks.0.ln2`, `ln_final`. Matrices only. */
export function readersOf(draft: Draft, norm: string): string[] {
  if (norm === 'ln_final') return there(draft, ['unembed.W_U']);
  const layer = Number(norm.split('.')[1]);
  if (norm.endsWith('ln1')) return (['Q', 'K', 'V'] as const).map((kind) => projection(draft.config, layer, 'W', kind));
  return there(
    draft,
    ['W_gate', 'W_in'].map((name) => `blocks.${layer}.mlp.${name}`),
  );
}

export const norms = (config: TransformerConfig): string[] => [
  ...layersOf(config).flatMap((layer) => [`blocks.${layer}.ln1`, ...(config.attn_only ? [] : [`blocks.${layer}.ln2`])]),
  'ln_final',
];

/** A matrix that reads the residual stream, along it: [heads, d_model, d_head] or [d_model, columns]. */
export function reader(draft: Draft, name: string): View {
  const shape = draft.shape(name);
  const data = draft.edit(name);
  return shape.length === 3
    ? { data, outer: shape[0]!, size: shape[1]!, inner: shape[2]! }
    : { data, outer: 1, size: shape[0]!, inner: shape[1]! };
}

/** Everything that writes to the residual stream, [..., d_model]. */
export const writers = (draft: Draft): string[] =>
  there(draft, [
    'embed.W_E',
    'pos_embed.W_pos',
    ...layersOf(draft.config).flatMap((layer) =>
      ['attn.W_O', 'attn.b_O', 'mlp.W_out', 'mlp.b_out'].map((name) => `blocks.${layer}.${name}`),
    ),
  ]);

/** Everything with an axis of the residual stream's features, along it. Weights of normalisations (`.w`) apart: they scale features, and do not turn with them. */
export function alongResidual(draft: Draft): { readonly vectors: View[]; readonly scales: View[] } {
  const all = norms(draft.config);
  return {
    vectors: [
      ...writers(draft).map((name) => lastAxis(draft, name)),
      ...all.flatMap((norm) => readersOf(draft, norm)).map((name) => reader(draft, name)),
      ...there(
        draft,
        all.map((norm) => `${norm}.b`),
      ).map((name) => lastAxis(draft, name)),
    ],
    scales: there(
      draft,
      all.map((norm) => `${norm}.w`),
    ).map((name) => lastAxis(draft, name)),
  };
}
