/** Neurons in another order, and neurons scaled where what reads them can be scaled back. */
import { shorter } from '../arbitrary.js';
import { apply, swap, type View } from '../axis.js';
import type { Draft } from '../draft.js';
import { firstAxis, intoNeurons, lastAxis, outOfNeurons } from '../places.js';
import {
  drawFactors,
  drawSwaps,
  factorsMisfit,
  isIndex,
  positive,
  ranks,
  signed,
  simplerFactors,
  some,
  swapsMisfit,
  swapWords,
  type Factors,
  type Step,
  type Swaps,
  type SymmetryKind,
} from './kind.js';

export interface PermuteNeurons extends Step {
  readonly kind: 'permute neurons';
  readonly layer: number;
  readonly swaps: Swaps;
}

export const permuteNeurons: SymmetryKind<PermuteNeurons> = {
  kind: 'permute neurons',
  offers: ({ config }) => config.d_mlp >= 2,
  draw: ({ config }, dice) => ({
    kind: 'permute neurons',
    layer: dice.between(0, config.n_layers - 1),
    swaps: drawSwaps(dice, config.d_mlp),
  }),
  *simpler(step) {
    for (const swaps of shorter(step.swaps, 1)) yield { ...step, swaps };
  },
  size: ({ swaps }) => [swaps.length, 0],
  misfit: ({ layer, swaps }, { config }) =>
    isIndex(layer, config.n_layers) ? swapsMisfit(swaps, config.d_mlp) : `there is no layer ${layer}`,
  moves: ({ layer, swaps }) => ({ family: `blocks.${layer}.mlp.neuron`, swaps }),
  description: ({ layer, swaps }) => `neurons of layer ${layer}: ${swapWords(swaps)}`,
  apply(draft, { layer, swaps }) {
    const views = [
      ...intoNeurons(draft, layer).map((name) => lastAxis(draft, name)),
      firstAxis(draft, outOfNeurons(layer)),
    ];
    for (const view of views) for (const [a, b] of swaps) swap(view, a, b);
  },
};

export interface RescaleNeurons extends Step {
  readonly kind: 'rescale neurons';
  readonly layer: number;
  /** what each neuron's activation is multiplied by; what it writes is divided by it */
  readonly factors: Factors;
}

/** A gate leaves the other factor linear, so that it takes any sign; through ReLU only positive factors pass. */
const factorsFor = ({ config }: Draft): readonly number[] => (config.gated_mlp ? signed : positive);

export const rescaleNeurons: SymmetryKind<RescaleNeurons> = {
  kind: 'rescale neurons',
  offers: ({ config }) => !config.attn_only && (config.gated_mlp || config.act_fn === 'relu'),
  draw: (model, dice) => ({
    kind: 'rescale neurons',
    layer: dice.between(0, model.config.n_layers - 1),
    factors: drawFactors(dice, model.config.d_mlp, factorsFor(model)),
  }),
  *simpler(step) {
    for (const factors of shorter(step.factors, 1)) yield { ...step, factors };
    for (const factors of simplerFactors(step.factors, 2)) yield { ...step, factors };
  },
  size: ({ factors }) => [factors.length, ranks(factors, signed)],
  misfit(step, model) {
    if (!this.offers(model))
      return `neurons that are ${model.config.act_fn ?? 'absent'} without a gate cannot be rescaled`;
    if (!isIndex(step.layer, model.config.n_layers)) return `there is no layer ${step.layer}`;
    return factorsMisfit(step.factors, model.config.d_mlp, (by) => (model.config.gated_mlp ? by !== 0 : by > 0));
  },
  description: ({ layer, factors }) =>
    `neurons of layer ${layer} multiplied, what they write divided: ${some(
      factors.map(([neuron, by]) => `${neuron} by ${by}`),
      'neurons',
    )}`,
  apply(draft, { layer, factors }) {
    // the gate keeps its scale
    const into: View[] = intoNeurons(draft, layer)
      .filter((name) => !name.endsWith('W_gate'))
      .map((name) => lastAxis(draft, name));
    const out = firstAxis(draft, outOfNeurons(layer));
    for (const [neuron, by] of factors) {
      for (const view of into) apply(view, { scale: [neuron], by }, false);
      apply(out, { scale: [neuron], by }, true);
    }
  },
};
