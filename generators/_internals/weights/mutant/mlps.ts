/** Mutants of neurons and whole layers. */
import { apply } from '../axis.js';
import type { Draft } from '../draft.js';
import { firstAxis, layersOf, output, outOfNeurons } from '../places.js';
import { isIndex } from '../symmetry/kind.js';
import { inertHead, inertNeuron } from './inert.js';
import type { MutantKind, Mutation } from './kind.js';
import { momentsAt } from './reference.js';

interface AtNeuron extends Mutation {
  readonly layer: number;
  readonly neuron: number;
}

const neurons = (draft: Draft): { layer: number; neuron: number }[] =>
  layersOf(draft.config)
    .flatMap((layer) => Array.from({ length: draft.config.d_mlp }, (_, neuron) => ({ layer, neuron })))
    .filter(({ layer, neuron }) => !inertNeuron(draft, layer, neuron));

const neuronMisfit = ({ layer, neuron }: AtNeuron, { config }: Draft): string | undefined =>
  isIndex(layer, config.n_layers) && isIndex(neuron, config.d_mlp)
    ? undefined
    : `there is no neuron ${neuron} in layer ${layer}`;

const none = {
  *simpler(): Generator<never> {},
  size: (): number => 0,
};

export interface NegateNeuron extends AtNeuron {
  readonly kind: 'negate neuron';
}

export const negateNeuron: MutantKind<NegateNeuron> = {
  ...none,
  kind: 'negate neuron',
  places: (draft) => neurons(draft).map((at) => ({ kind: 'negate neuron', ...at })),
  misfit: neuronMisfit,
  description: ({ layer, neuron }) => `what neuron ${neuron} of layer ${layer} writes negated`,
  apply: (draft, { layer, neuron }) => apply(firstAxis(draft, outOfNeurons(layer)), { scale: [neuron], by: -1 }, false),
};

export interface MeanNeuron extends AtNeuron {
  readonly kind: 'mean neuron';
}

export const meanNeuron: MutantKind<MeanNeuron> = {
  ...none,
  kind: 'mean neuron',
  needsInputs: true,
  places: (draft) => neurons(draft).map((at) => ({ kind: 'mean neuron', ...at })),
  misfit: neuronMisfit,
  description: ({ layer, neuron }, reference) =>
    `neuron ${neuron} of layer ${layer} replaced by its mean over ${reference?.description ?? 'inputs'} and their positions`,
  async apply(draft, { layer, neuron }, reference) {
    const { mean } = await momentsAt(reference!, `blocks.${layer}.mlp.hook_post`);
    draft.materialise(`blocks.${layer}.mlp.b_out`);
    const bias = draft.edit(`blocks.${layer}.mlp.b_out`);
    const { d_model } = draft.config;
    const row = draft.edit(outOfNeurons(layer)).subarray(neuron * d_model, (neuron + 1) * d_model);
    row.forEach((x, i) => void (bias[i]! += mean[neuron]! * x));
    row.fill(0);
  },
};

interface WholeLayer extends Mutation {
  readonly layer: number;
  readonly part: 'attention' | 'mlp';
}

export interface SeverLayer extends WholeLayer {
  readonly kind: 'sever layer';
}

export interface MeanLayer extends WholeLayer {
  readonly kind: 'mean layer';
}

/** Attention and MLPs in which anything is alive. */
const parts = (draft: Draft): { layer: number; part: 'attention' | 'mlp' }[] => {
  const { n_heads, d_mlp } = draft.config;
  const some = (n: number, dead: (i: number) => boolean): boolean =>
    Array.from({ length: n }, (_, i) => i).some((i) => !dead(i));
  return layersOf(draft.config).flatMap((layer) => [
    ...(some(n_heads, (head) => inertHead(draft, layer, head)) ? [{ layer, part: 'attention' as const }] : []),
    ...(some(d_mlp, (neuron) => inertNeuron(draft, layer, neuron)) ? [{ layer, part: 'mlp' as const }] : []),
  ]);
};

const partMisfit = ({ layer, part }: WholeLayer, { config }: Draft): string | undefined =>
  isIndex(layer, config.n_layers) && (part === 'attention' || (part === 'mlp' && !config.attn_only))
    ? undefined
    : `there is no ${String(part)} in layer ${layer}`;

const matrixOf = ({ layer, part }: WholeLayer): string => (part === 'attention' ? output(layer) : outOfNeurons(layer));
const biasOf = ({ layer, part }: WholeLayer): string =>
  `blocks.${layer}.${part === 'attention' ? 'attn.b_O' : 'mlp.b_out'}`;
const called = ({ layer, part }: WholeLayer): string =>
  `${part === 'mlp' ? 'the MLP' : 'the attention'} of layer ${layer}`;

export const severLayer: MutantKind<SeverLayer> = {
  ...none,
  kind: 'sever layer',
  places: (draft) => parts(draft).map((at) => ({ kind: 'sever layer', ...at })),
  misfit: partMisfit,
  description: (mutation) => `${called(mutation)} cut off from the residual stream`,
  apply(draft, mutation) {
    draft.edit(matrixOf(mutation)).fill(0);
    if (draft.has(biasOf(mutation))) draft.edit(biasOf(mutation)).fill(0);
  },
};

export const meanLayer: MutantKind<MeanLayer> = {
  ...none,
  kind: 'mean layer',
  needsInputs: true,
  places: (draft) => parts(draft).map((at) => ({ kind: 'mean layer', ...at })),
  misfit: partMisfit,
  description: (mutation, reference) =>
    `the output of ${called(mutation)} replaced by its mean over ${reference?.description ?? 'inputs'} and their positions`,
  async apply(draft, mutation, reference) {
    const { mean } = await momentsAt(
      reference!,
      `blocks.${mutation.layer}.${mutation.part === 'attention' ? 'hook_attn_out' : 'hook_mlp_out'}`,
    );
    draft.edit(matrixOf(mutation)).fill(0);
    draft.materialise(biasOf(mutation));
    draft.edit(biasOf(mutation)).set(mean);
  },
};
