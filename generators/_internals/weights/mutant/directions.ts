/** Mutants of what flows through the residual stream: a direction of it, or what one part reads from another. */
import { isRms, projection } from '../../../../src/model/formats/transformer/file/weights.js';
import { random } from '../../../../src/random.js';
import { halves } from '../arbitrary.js';
import type { View } from '../axis.js';
import type { Draft } from '../draft.js';
import { groupOf, lastAxis, layersOf, ofHead, output, reader, readersOf, writers } from '../places.js';
import { isIndex } from '../symmetry/kind.js';
import { inertHead, meet, merge, readsAfter, readsOf, writesOf } from './inert.js';
import type { MutantKind, Mutation } from './kind.js';

/** Takes the span of orthonormal directions out of every vector along the view's axis. */
function projectOut({ data, outer, size, inner }: View, basis: readonly Float64Array[]): void {
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++)
      for (const direction of basis) {
        let product = 0;
        for (let f = 0; f < size; f++) product += data[(o * size + f) * inner + i]! * direction[f]!;
        if (product !== 0) for (let f = 0; f < size; f++) data[(o * size + f) * inner + i]! -= product * direction[f]!;
      }
}

/** An orthonormal basis of the span of vectors: modified Gram-Schmidt, twice. What is left of a dependent vector, a rounding, is dropped. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    const before = Math.hypot(...rest);
    for (let pass = 0; pass < 2; pass++) projectOut({ data: rest, outer: 1, size: rest.length, inner: 1 }, basis);
    const norm = Math.hypot(...rest);
    if (norm > 1e-6 * before) basis.push(rest.map((x) => x / norm));
  }
  return basis;
}

export interface ZeroDirection extends Mutation {
  readonly kind: 'zero direction';
  /** a feature of the residual stream, or a random direction by seed */
  readonly along: { readonly feature: number } | { readonly seed: number };
}

/** Features that something writes and something reads. */
function features(draft: Draft): number[] {
  const { d_model } = draft.config;
  const written = new Uint8Array(d_model);
  for (const name of writers(draft)) merge(written, writesOf(draft, name, 0, draft.read(name).length / d_model));
  const read = readsAfter(draft).afterAttention[0]!.slice();
  for (const norm of ['blocks.0.ln1', 'blocks.0.ln2'])
    for (const name of readersOf(draft, norm)) merge(read, readsOf(draft, name));
  return Array.from({ length: d_model }, (_, f) => f).filter((f) => written[f] === 1 && read[f] === 1);
}

const SEEDS = 8;

export const zeroDirection: MutantKind<ZeroDirection> = {
  kind: 'zero direction',
  places: (draft) => [
    ...features(draft).map((feature): ZeroDirection => ({ kind: 'zero direction', along: { feature } })),
    ...Array.from({ length: SEEDS }, (_, seed): ZeroDirection => ({ kind: 'zero direction', along: { seed } })),
  ],
  *simpler({ along }) {
    if ('seed' in along) for (const seed of halves(along.seed, 0)) yield { kind: 'zero direction', along: { seed } };
  },
  size: () => 0,
  misfit: ({ along }, { config }) =>
    typeof along === 'object' &&
    along !== null &&
    ('feature' in along ? isIndex(along.feature, config.d_model) : Number.isInteger(along.seed))
      ? undefined
      : 'it names no direction of the residual stream',
  description: ({ along }) =>
    `nothing is written to ${'feature' in along ? `feature ${along.feature}` : `random direction ${along.seed}`} of the residual stream any more`,
  apply(draft, { along }) {
    const { d_model } = draft.config;
    const stream = random('seed' in along ? along.seed : 0, 'direction');
    const vector = Float64Array.from({ length: d_model }, (_, f) =>
      'feature' in along ? Number(f === along.feature) : stream.normal(),
    );
    const basis = orthonormal([vector]);
    // with a tied unembedding what is read must not change with what is written
    draft.materialise('unembed.W_U');
    for (const name of writers(draft)) projectOut(lastAxis(draft, name), basis);
  },
};

export interface Blind extends Mutation {
  readonly kind: 'blind';
  /** whose output is not seen any more */
  readonly source: { readonly layer: number; readonly head: number };
  /** by whom: the queries, keys or values of a head (of the key-value head it shares), or the MLP */
  readonly reader:
    | { readonly layer: number; readonly part: 'queries' | 'keys' | 'values'; readonly head: number }
    | { readonly layer: number; readonly part: 'mlp' };
}

const letters = { queries: 'Q', keys: 'K', values: 'V' } as const;

/** The matrices through which a reader reads, along the residual stream. */
function views(draft: Draft, from: Blind['reader']): View[] {
  if (from.part === 'mlp') return readersOf(draft, `blocks.${from.layer}.ln2`).map((name) => reader(draft, name));
  const head = from.part === 'queries' ? from.head : groupOf(from.head, draft.config);
  return [ofHead(draft, projection(draft.config, from.layer, 'W', letters[from.part]), head, 'rows')];
}

/** Directions in which a head writes, as they arrive behind the reader's normalisation, but for their length. */
function arriving(draft: Draft, { source, reader: from }: Blind): Float64Array[] {
  const { config } = draft;
  const { d_head, d_model, normalization_type } = config;
  const norm = `blocks.${from.layer}.${from.part === 'mlp' ? 'ln2' : 'ln1'}`;
  const matrix = draft.read(output(source.layer));
  return Array.from({ length: d_head }, (_, feature) => {
    const start = (source.head * d_head + feature) * d_model;
    let row: Float64Array = Float64Array.from(matrix.subarray(start, start + d_model));
    if (normalization_type !== null && !isRms(config, norm)) {
      const mean = row.reduce((a, b) => a + b, 0) / d_model;
      row = row.map((x) => x - mean);
    }
    return draft.has(`${norm}.w`) ? row.map((x, i) => x * draft.read(`${norm}.w`)[i]!) : row;
  }).filter((row) => row.some((x) => x !== 0));
}

/** Places are counted once per reader and source; in large models these are a few ten thousand. */
export const blind: MutantKind<Blind> = {
  kind: 'blind',
  places(draft) {
    const { config } = draft;
    const heads = (layer: number): number[] =>
      Array.from({ length: config.n_heads }, (_, head) => head).filter((head) => !inertHead(draft, layer, head));
    const readers = layersOf(config).flatMap((layer): { at: Blind['reader']; reads: Uint8Array }[] => {
      const living = heads(layer);
      const of = (at: Blind['reader']): { at: Blind['reader']; reads: Uint8Array } => ({
        at,
        reads: readBy(draft, at),
      });
      return [
        // heads that share keys and values: the first that is alive names them
        ...living.flatMap((head, i) =>
          (['queries', 'keys', 'values'] as const)
            .filter(
              (part) => part === 'queries' || i === 0 || groupOf(living[i - 1]!, config) !== groupOf(head, config),
            )
            .map((part) => of({ layer, part, head })),
        ),
        ...(config.attn_only ? [] : [of({ layer, part: 'mlp' })]),
      ];
    });
    const sources = layersOf(config).flatMap((layer) =>
      heads(layer).map((head) => ({
        layer,
        head,
        writes: writesOf(draft, output(layer), head * config.d_head, (head + 1) * config.d_head),
      })),
    );
    return sources.flatMap(({ layer, head, writes }) =>
      readers
        .filter(
          ({ at, reads }) =>
            (at.layer > layer || (at.part === 'mlp' && at.layer === layer && !config.parallel_attn_mlp)) &&
            (config.normalization_type !== null || meet(writes, reads)),
        )
        .map(({ at }): Blind => ({ kind: 'blind', source: { layer, head }, reader: at })),
    );
  },
  *simpler() {},
  size: () => 0,
  misfit({ source, reader: from }, { config }) {
    const isHead = ({ layer, head }: { layer: number; head: number }): boolean =>
      isIndex(layer, config.n_layers) && isIndex(head, config.n_heads);
    if (!source || !isHead(source)) return 'it names no head as the source';
    if (
      from?.part === 'mlp'
        ? config.attn_only || !isIndex(from.layer, config.n_layers)
        : !from || !Object.hasOwn(letters, from.part) || !isHead(from)
    )
      return 'it names no reader';
    const after =
      from.layer > source.layer || (from.part === 'mlp' && from.layer === source.layer && !config.parallel_attn_mlp);
    return after ? undefined : 'the reader does not come after the source';
  },
  description: ({ source, reader: from }) =>
    `${from.part === 'mlp' ? `the MLP of layer ${from.layer} does` : `the ${from.part} of head ${from.head} of layer ${from.layer} do`} not read the directions any more in which head ${source.head} of layer ${source.layer} writes`,
  apply(draft, mutation) {
    const basis = orthonormal(arriving(draft, mutation));
    for (const view of views(draft, mutation.reader)) projectOut(view, basis);
  },
};

/** Features that a reader reads. */
function readBy(draft: Draft, from: Blind['reader']): Uint8Array {
  if (from.part !== 'mlp')
    return readsOf(
      draft,
      projection(draft.config, from.layer, 'W', letters[from.part]),
      from.part === 'queries' ? from.head : groupOf(from.head, draft.config),
    );
  const reads = new Uint8Array(draft.config.d_model);
  for (const name of readersOf(draft, `blocks.${from.layer}.ln2`)) merge(reads, readsOf(draft, name));
  return reads;
}
