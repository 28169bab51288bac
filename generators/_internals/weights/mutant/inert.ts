/** Parts of a model that provably do nothing: to change them is no change. */
import type { Draft } from '../draft.js';
import { groupOf, layersOf, output, outOfNeurons, projected, readersOf } from '../places.js';
import { deadNeuron } from '../symmetry/reduce.js';
import { isZero } from '../symmetry/resize.js';

/** Which features of the residual stream a matrix reads: all of it, or one head's (or key-value head's) part. */
export function readsOf(draft: Draft, name: string, head?: number): Uint8Array {
  const { d_model } = draft.config;
  const inner = draft.shape(name).at(-1)!;
  const [from, to] = head === undefined ? [0, Infinity] : [head * d_model * inner, (head + 1) * d_model * inner];
  const data = draft.read(name).subarray(from, to);
  const reads = new Uint8Array(d_model);
  for (let at = 0; at < data.length; at++) if (data[at] !== 0) reads[Math.floor(at / inner) % d_model] = 1;
  return reads;
}

export function merge(into: Uint8Array, from: Uint8Array): void {
  for (let i = 0; i < into.length; i++) into[i]! |= from[i]!;
}

/** For each layer, the features that something reads after its attention and after its MLP. */
export interface Reads {
  readonly afterAttention: readonly Uint8Array[];
  readonly afterMlp: readonly Uint8Array[];
}

const known = new WeakMap<Draft, Reads>();

/** Of a draft that is not changed any more. With normalisation everything reads everything: it divides by the size of the whole. */
export function readsAfter(draft: Draft): Reads {
  const there = known.get(draft);
  if (there) return there;
  const { config } = draft;
  const all = (): Uint8Array => new Uint8Array(config.d_model).fill(1);
  const afterAttention: Uint8Array[] = [];
  const afterMlp: Uint8Array[] = [];
  let later = all();
  if (config.normalization_type === null) {
    later = new Uint8Array(config.d_model);
    if (draft.has('unembed.W_U')) merge(later, readsOf(draft, 'unembed.W_U'));
    else draft.read('embed.W_E').forEach((x, at) => void (x !== 0 && (later[at % config.d_model] = 1)));
  }
  for (const layer of layersOf(config).toReversed()) {
    afterMlp[layer] = later.slice();
    const mlp = later.slice();
    for (const name of readersOf(draft, `blocks.${layer}.ln2`)) merge(mlp, readsOf(draft, name));
    // a parallel MLP does not see the attention of its layer
    afterAttention[layer] = (config.parallel_attn_mlp ? later : mlp).slice();
    later = mlp;
    for (const name of readersOf(draft, `blocks.${layer}.ln1`)) merge(later, readsOf(draft, name));
  }
  const reads = { afterAttention, afterMlp };
  known.set(draft, reads);
  return reads;
}

/** Features that the rows [from, to) of a matrix [..., d_model] write. */
export function writesOf(draft: Draft, name: string, from: number, to: number): Uint8Array {
  const { d_model } = draft.config;
  const data = draft.read(name);
  const writes = new Uint8Array(d_model);
  for (let at = from * d_model; at < to * d_model; at++) if (data[at] !== 0) writes[at % d_model] = 1;
  return writes;
}

export const meet = (a: Uint8Array, b: Uint8Array): boolean => a.some((x, i) => x === 1 && b[i] === 1);

/** A head with nothing in its values, that writes nothing, or whose writing nothing reads. */
export function inertHead(draft: Draft, layer: number, head: number): boolean {
  const { config } = draft;
  const group = groupOf(head, config);
  const empty = projected(draft, layer, 'V').every((name) => {
    const data = draft.read(name);
    const width = data.length / config.n_key_value_heads;
    return isZero(data, group * width, (group + 1) * width);
  });
  return (
    empty ||
    !meet(
      writesOf(draft, output(layer), head * config.d_head, (head + 1) * config.d_head),
      readsAfter(draft).afterAttention[layer]!,
    )
  );
}

/** A neuron that never fires, writes nothing, or whose writing nothing reads. */
export const inertNeuron = (draft: Draft, layer: number, neuron: number): boolean =>
  deadNeuron(draft, layer, neuron) ||
  !meet(writesOf(draft, outOfNeurons(layer), neuron, neuron + 1), readsAfter(draft).afterMlp[layer]!);

/** A head whose pattern is uniform already: all scores of a query are equal. */
export function uniformHead(draft: Draft, layer: number, head: number): boolean {
  const { config } = draft;
  if (config.n_ctx === 1) return true;
  const zeroAt = (name: string, index: number, heads: number): boolean => {
    const data = draft.read(name);
    const width = data.length / heads;
    return isZero(data, index * width, (index + 1) * width);
  };
  const [keys] = projected(draft, layer, 'K') as [string];
  // without rotary a bias gives every key the same
  const sameKeys = config.positional_embedding_type === 'rotary' ? projected(draft, layer, 'K') : [keys];
  return (
    projected(draft, layer, 'Q').every((name) => zeroAt(name, head, config.n_heads)) ||
    sameKeys.every((name) => zeroAt(name, groupOf(head, config), config.n_key_value_heads))
  );
}
