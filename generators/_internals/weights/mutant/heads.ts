/** Mutants of heads. */
import { apply } from '../axis.js';
import type { Draft } from '../draft.js';
import { groupOf, layersOf, ofHead, output, projected } from '../places.js';
import { sameHeads } from '../symmetry/reduce.js';
import { isIndex } from '../symmetry/kind.js';
import { inertHead, uniformHead } from './inert.js';
import type { MutantKind, Mutation } from './kind.js';
import { momentsAt } from './reference.js';

interface AtHead extends Mutation {
  readonly layer: number;
  readonly head: number;
}

/** All heads of a model that do something. */
const living = (draft: Draft): { layer: number; head: number }[] =>
  layersOf(draft.config)
    .flatMap((layer) => Array.from({ length: draft.config.n_heads }, (_, head) => ({ layer, head })))
    .filter(({ layer, head }) => !inertHead(draft, layer, head));

const headMisfit = ({ layer, head }: AtHead, { config }: Draft): string | undefined =>
  isIndex(layer, config.n_layers) && isIndex(head, config.n_heads)
    ? undefined
    : `there is no head ${head} in layer ${layer}`;

const none = {
  *simpler(): Generator<never> {},
  size: (): number => 0,
};

function silence(draft: Draft, layer: number, head: number): void {
  ofHead(draft, output(layer), head, 'rows').data.fill(0);
}

export interface SwapHeads extends Mutation {
  readonly kind: 'swap heads';
  readonly layer: number;
  readonly heads: readonly [number, number];
}

/** Two heads that attend to the same and read the same there, or write alike, can be exchanged without a change. */
function alike(draft: Draft, layer: number, a: number, b: number): boolean {
  const data = draft.read(output(layer));
  const width = data.length / draft.config.n_heads;
  let same = true;
  for (let i = 0; i < width && same; i++) same = data[a * width + i] === data[b * width + i];
  return same || sameHeads(draft, layer, a, b, [groupOf(a, draft.config), groupOf(b, draft.config)]);
}

export const swapHeads: MutantKind<SwapHeads> = {
  ...none,
  kind: 'swap heads',
  places(draft) {
    const { config } = draft;
    return layersOf(config).flatMap((layer) => {
      const inert = Array.from({ length: config.n_heads }, (_, head) => inertHead(draft, layer, head));
      return inert.flatMap((_, a) =>
        inert.flatMap((_unused, b): SwapHeads[] =>
          b <= a || (inert[a] && inert[b]) || alike(draft, layer, a, b)
            ? []
            : [{ kind: 'swap heads', layer, heads: [a, b] }],
        ),
      );
    });
  },
  misfit: ({ layer, heads: [a, b] }, model) =>
    headMisfit({ kind: '', layer, head: a }, model) ??
    headMisfit({ kind: '', layer, head: b }, model) ??
    (a === b ? 'it swaps a head with itself' : undefined),
  description: ({ layer, heads }) =>
    `what heads ${heads.join(' and ')} of layer ${layer} write swapped: each writes as the other did`,
  apply(draft, { layer, heads: [a, b] }) {
    const [one, other] = [a, b].map((head) => ofHead(draft, output(layer), head, 'rows').data) as [
      Float64Array,
      Float64Array,
    ];
    const held = one.slice();
    one.set(other);
    other.set(held);
  },
};

export interface SeverHead extends AtHead {
  readonly kind: 'sever head';
}

export const severHead: MutantKind<SeverHead> = {
  ...none,
  kind: 'sever head',
  places: (draft) => living(draft).map((at) => ({ kind: 'sever head', ...at })),
  misfit: headMisfit,
  description: ({ layer, head }) => `the output of head ${head} of layer ${layer} cut off from the residual stream`,
  apply: (draft, { layer, head }) => silence(draft, layer, head),
};

export interface ScaleHead extends AtHead {
  readonly kind: 'scale head';
  readonly by: number;
}

/** The mildest first. */
const factors = [0.9, 1.1, 0.5, 2, -1];

export const scaleHead: MutantKind<ScaleHead> = {
  kind: 'scale head',
  places: (draft) => living(draft).map((at) => ({ kind: 'scale head', ...at, by: factors[0]! })),
  vary: (place, dice) => ({ ...place, by: dice.pick(factors) }),
  *simpler(mutation) {
    for (const by of factors) yield { ...mutation, by };
  },
  size: ({ by }) => (factors.includes(by) ? factors.indexOf(by) : factors.length),
  misfit: (mutation, model) =>
    headMisfit(mutation, model) ??
    (Number.isFinite(mutation.by) && mutation.by !== 1 ? undefined : `its factor is ${String(mutation.by)}`),
  description: ({ layer, head, by }) => `the output of head ${head} of layer ${layer} multiplied by ${by}`,
  apply: (draft, { layer, head, by }) =>
    apply(
      ofHead(draft, output(layer), head, 'rows'),
      { scale: Array.from({ length: draft.config.d_head }, (_, f) => f), by },
      false,
    ),
};

export interface ShiftHead extends AtHead {
  readonly kind: 'shift head';
  readonly feature: number;
  /** in standard deviations of the feature over the reference inputs */
  readonly by: number;
}

const shifts = [1, -1, 3, -3];

/** Adds a constant to a head's output, in the layer's bias. */
function addOutput(draft: Draft, layer: number, head: number, z: (feature: number) => number): void {
  const { d_head, d_model } = draft.config;
  draft.materialise(`blocks.${layer}.attn.b_O`);
  const bias = draft.edit(`blocks.${layer}.attn.b_O`);
  const matrix = draft.read(output(layer));
  for (let feature = 0; feature < d_head; feature++) {
    const amount = z(feature);
    for (let i = 0; i < d_model; i++) bias[i]! += amount * matrix[(head * d_head + feature) * d_model + i]!;
  }
}

export const shiftHead: MutantKind<ShiftHead> = {
  kind: 'shift head',
  needsInputs: true,
  places: (draft) => living(draft).map((at) => ({ kind: 'shift head', ...at, feature: 0, by: shifts[0]! })),
  // the first feature stands for the head; which one, the draw decides
  vary: (place, dice, model) => ({
    ...place,
    feature: dice.between(0, model.config.d_head - 1),
    by: dice.pick(shifts),
  }),
  *simpler(mutation) {
    for (const by of shifts) yield { ...mutation, by };
  },
  size: ({ by }) => (shifts.includes(by) ? shifts.indexOf(by) : shifts.length),
  misfit: (mutation, model) =>
    headMisfit(mutation, model) ??
    (isIndex(mutation.feature, model.config.d_head) && Number.isFinite(mutation.by) && mutation.by !== 0
      ? undefined
      : 'it does not shift a feature of the head'),
  description: ({ layer, head, feature, by }) =>
    `feature ${feature} of the output of head ${head} of layer ${layer} shifted by ${by} of its standard deviations`,
  async apply(draft, { layer, head, feature, by }, reference) {
    const { deviation } = await momentsAt(reference!, `blocks.${layer}.attn.hook_z`);
    const amount = by * deviation[head * draft.config.d_head + feature]!;
    addOutput(draft, layer, head, (f) => (f === feature ? amount : 0));
  },
};

export interface UniformAttention extends AtHead {
  readonly kind: 'uniform attention';
}

export const uniformAttention: MutantKind<UniformAttention> = {
  ...none,
  kind: 'uniform attention',
  places: (draft) =>
    living(draft)
      .filter(({ layer, head }) => !uniformHead(draft, layer, head))
      .map((at) => ({ kind: 'uniform attention', ...at })),
  misfit: headMisfit,
  description: ({ layer, head }) => `head ${head} of layer ${layer} attends to every position it sees alike`,
  apply(draft, { layer, head }) {
    for (const name of projected(draft, layer, 'Q')) ofHead(draft, name, head, 'columns').data.fill(0);
  },
};

export interface MeanHead extends AtHead {
  readonly kind: 'mean head';
}

export const meanHead: MutantKind<MeanHead> = {
  ...none,
  kind: 'mean head',
  needsInputs: true,
  places: (draft) => living(draft).map((at) => ({ kind: 'mean head', ...at })),
  misfit: headMisfit,
  description: ({ layer, head }, reference) =>
    `the output of head ${head} of layer ${layer} replaced by its mean over ${reference?.description ?? 'inputs'} and their positions`,
  async apply(draft, { layer, head }, reference) {
    const { mean } = await momentsAt(reference!, `blocks.${layer}.attn.hook_z`);
    addOutput(draft, layer, head, (feature) => mean[head * draft.config.d_head + feature]!);
    silence(draft, layer, head);
  },
};
