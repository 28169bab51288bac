/** Fewer heads and neurons, where the weights show that one does nothing or that two do the same. One from every layer, as a config has as many everywhere. */
import type { Draft } from '../draft.js';
import { heads, intoNeurons, layersOf, output, outOfNeurons, projected } from '../places.js';
import { isIndex, type Step, type SymmetryKind } from './kind.js';
import { assemble, isZero } from './resize.js';

/** Drop one that does nothing, or merge the second of two that compute the same into the first. */
export type Reduction = { readonly drop: number } | { readonly merge: readonly [number, number] };

interface Reduce extends Step {
  readonly layers: readonly Reduction[];
}

export interface RemoveHeads extends Reduce {
  readonly kind: 'remove heads';
}
export interface RemoveNeurons extends Reduce {
  readonly kind: 'remove neurons';
}

/** Slices of a tensor along its first axis, and whether they are equal. */
function sameSlices(draft: Draft, name: string, a: number, b: number): boolean {
  const data = draft.read(name);
  const width = data.length / draft.shape(name)[0]!;
  for (let i = 0; i < width; i++) if (data[a * width + i] !== data[b * width + i]) return false;
  return true;
}

function zeroSlice(draft: Draft, name: string, at: number): boolean {
  const data = draft.read(name);
  const width = data.length / draft.shape(name)[0]!;
  return isZero(data, at * width, (at + 1) * width);
}

/** A key-value head whose heads add nothing: they write nothing, or there is nothing in its values. */
const deadGroup = (draft: Draft, layer: number, group: number): boolean =>
  heads(group, draft.config).every((head) => zeroSlice(draft, output(layer), head)) ||
  projected(draft, layer, 'V').every((name) => zeroSlice(draft, name, group));

/** Heads that attend to the same and read the same there. */
export const sameHeads = (
  draft: Draft,
  layer: number,
  a: number,
  b: number,
  groups: readonly [number, number],
): boolean =>
  projected(draft, layer, 'Q').every((name) => sameSlices(draft, name, a, b)) &&
  [...projected(draft, layer, 'K'), ...projected(draft, layer, 'V')].every(
    (name) => groups[0] === groups[1] || sameSlices(draft, name, groups[0], groups[1]),
  );

const sameGroups = (draft: Draft, layer: number, a: number, b: number): boolean => {
  const other = heads(b, draft.config);
  return heads(a, draft.config).every((head, i) => sameHeads(draft, layer, head, other[i]!, [a, b]));
};

function sameColumns(draft: Draft, name: string, a: number, b: number): boolean {
  const data = draft.read(name);
  const width = draft.shape(name).at(-1)!;
  for (let at = 0; at < data.length; at += width) if (data[at + a] !== data[at + b]) return false;
  return true;
}

function zeroColumn(draft: Draft, name: string, at: number): boolean {
  const data = draft.read(name);
  const width = draft.shape(name).at(-1)!;
  for (let i = at; i < data.length; i += width) if (data[i] !== 0) return false;
  return true;
}

/** A neuron that writes nothing, or whose activation is 0 whatever comes: it reads nothing and has no bias, or for ReLU none that opens it. */
export function deadNeuron(draft: Draft, layer: number, neuron: number): boolean {
  if (zeroSlice(draft, outOfNeurons(layer), neuron)) return true;
  const block = `blocks.${layer}.mlp`;
  const bias = draft.has(`${block}.b_in`) ? draft.read(`${block}.b_in`)[neuron]! : 0;
  // with a gate the bias comes after the product
  if (draft.config.gated_mlp)
    return bias === 0 && (zeroColumn(draft, `${block}.W_in`, neuron) || zeroColumn(draft, `${block}.W_gate`, neuron));
  return zeroColumn(draft, `${block}.W_in`, neuron) && (bias === 0 || (draft.config.act_fn === 'relu' && bias < 0));
}

const sameNeurons = (draft: Draft, layer: number, a: number, b: number): boolean =>
  intoNeurons(draft, layer).every((name) => sameColumns(draft, name, a, b));

/** Neurons are compared with all others only up to this many. */
const MOST_COMPARED = 512;

function found(count: number, dead: (i: number) => boolean, same: (a: number, b: number) => boolean): Reduction[] {
  if (count < 2) return [];
  const all = Array.from({ length: count }, (_, i) => i);
  const merges =
    count > MOST_COMPARED
      ? []
      : all.flatMap((a) =>
          all
            .slice(a + 1)
            .filter((b) => same(a, b))
            .map((b): Reduction => ({ merge: [a, b] })),
        );
  return [...all.filter(dead).map((drop): Reduction => ({ drop })), ...merges];
}

const headReductions = (draft: Draft): Reduction[][] =>
  layersOf(draft.config).map((layer) =>
    found(
      draft.config.n_key_value_heads,
      (i) => deadGroup(draft, layer, i),
      (a, b) => sameGroups(draft, layer, a, b),
    ),
  );
const neuronReductions = (draft: Draft): Reduction[][] =>
  draft.config.attn_only
    ? [[]]
    : layersOf(draft.config).map((layer) =>
        found(
          draft.config.d_mlp,
          (i) => deadNeuron(draft, layer, i),
          (a, b) => sameNeurons(draft, layer, a, b),
        ),
      );

const known = new WeakMap<Draft, Map<string, Reduction[][]>>();
function cached(draft: Draft, what: string, find: (draft: Draft) => Reduction[][]): Reduction[][] {
  const mine = known.get(draft) ?? new Map<string, Reduction[][]>();
  known.set(draft, mine);
  const there = mine.get(what) ?? find(draft);
  mine.set(what, there);
  return there;
}

const without = (count: number, gone: number): number[] =>
  Array.from({ length: count }, (_, i) => i).filter((i) => i !== gone);
const goneOf = (own: Reduction): number => ('drop' in own ? own.drop : own.merge[1]);

const reduce = {
  *simpler<S extends Reduce>(): Generator<S> {},
  size: ({ layers }: Reduce): readonly [number, number] => [layers.length, 0],
  description: ({ layers }: Reduce, what: string): string =>
    layers
      .map((own, layer) =>
        'drop' in own
          ? `${what} ${own.drop} of layer ${layer}, which does nothing, removed`
          : `${what}s ${own.merge.join(' and ')} of layer ${layer}, which compute the same, merged`,
      )
      .join('; '),
  misfit(
    { layers }: Reduce,
    { config }: Draft,
    count: number,
    dead: (layer: number, i: number) => boolean,
    same: (layer: number, a: number, b: number) => boolean,
  ): string | undefined {
    const fine = (own: Reduction, layer: number): boolean =>
      'drop' in own
        ? isIndex(own.drop, count) && dead(layer, own.drop)
        : own.merge.every((i) => isIndex(i, count)) &&
          own.merge[0] !== own.merge[1] &&
          same(layer, own.merge[0], own.merge[1]);
    return count >= 2 && layers.length === config.n_layers && layers.every(fine)
      ? undefined
      : 'what it removes does something, or what it merges differs';
  },
};

export const removeHeads: SymmetryKind<RemoveHeads> = {
  ...reduce,
  kind: 'remove heads',
  offers: (model) => cached(model, 'heads', headReductions).every((list) => list.length > 0),
  draw: (model, dice) => ({
    kind: 'remove heads',
    layers: cached(model, 'heads', headReductions).map((list) => dice.pick(list)),
  }),
  misfit: (step, model) =>
    reduce.misfit(
      step,
      model,
      model.config.n_key_value_heads,
      (layer, i) => deadGroup(model, layer, i),
      (layer, a, b) => sameGroups(model, layer, a, b),
    ),
  description: (step) => reduce.description(step, 'head'),
  apply(draft, { layers }) {
    const { config } = draft;
    const each = config.n_heads / config.n_key_value_heads;
    layers.forEach((own, layer) => {
      const gone = goneOf(own);
      if ('merge' in own) {
        const { d_head, d_model } = config;
        const data = draft.edit(output(layer));
        const block = each * d_head * d_model;
        for (let i = 0; i < block; i++) data[own.merge[0] * block + i]! += data[gone * block + i]!;
      }
      for (const name of [...projected(draft, layer, 'K'), ...projected(draft, layer, 'V')])
        assemble(draft, name, 'first', without(config.n_key_value_heads, gone));
      const kept = without(config.n_key_value_heads, gone).flatMap((group) => heads(group, config));
      for (const name of [...projected(draft, layer, 'Q'), output(layer)]) assemble(draft, name, 'first', kept);
    });
    draft.resize({ n_heads: config.n_heads - each, n_key_value_heads: config.n_key_value_heads - 1 });
  },
};

export const removeNeurons: SymmetryKind<RemoveNeurons> = {
  ...reduce,
  kind: 'remove neurons',
  offers: (model) => cached(model, 'neurons', neuronReductions).every((list) => list.length > 0),
  draw: (model, dice) => ({
    kind: 'remove neurons',
    layers: cached(model, 'neurons', neuronReductions).map((list) => dice.pick(list)),
  }),
  misfit: (step, model) =>
    reduce.misfit(
      step,
      model,
      model.config.d_mlp,
      (layer, i) => deadNeuron(model, layer, i),
      (layer, a, b) => sameNeurons(model, layer, a, b),
    ),
  description: (step) => reduce.description(step, 'neuron'),
  apply(draft, { layers }) {
    const { config } = draft;
    layers.forEach((own, layer) => {
      const gone = goneOf(own);
      const out = outOfNeurons(layer);
      if ('merge' in own) {
        const data = draft.edit(out);
        for (let i = 0; i < config.d_model; i++)
          data[own.merge[0] * config.d_model + i]! += data[gone * config.d_model + i]!;
      }
      for (const name of intoNeurons(draft, layer)) assemble(draft, name, 'last', without(config.d_mlp, gone));
      assemble(draft, out, 'first', without(config.d_mlp, gone));
    });
    draft.resize({ d_mlp: config.d_mlp - 1 });
  },
};
