/** Other coordinates for the residual stream: which ones are allowed, normalisation decides. */
import { isRms } from '../../../../src/model/formats/transformer/file/weights.js';
import { halves, shorter } from '../arbitrary.js';
import { apply, swap, type Elementary } from '../axis.js';
import type { Draft } from '../draft.js';
import { alongResidual, lastAxis, norms, reader, readersOf } from '../places.js';
import {
  drawFactors,
  drawSwaps,
  factorsMisfit,
  isIndex,
  ranks,
  signed,
  simplerFactors,
  some,
  sum,
  swapsMisfit,
  swapWords,
  type Factors,
  type Step,
  type Swaps,
  type SymmetryKind,
} from './kind.js';

export interface PermuteResidual extends Step {
  readonly kind: 'permute residual';
  readonly swaps: Swaps;
}

/** Allowed by every architecture: nothing treats one feature differently from another but through its own weights. */
export const permuteResidual: SymmetryKind<PermuteResidual> = {
  kind: 'permute residual',
  offers: ({ config }) => config.d_model >= 2,
  draw: ({ config }, dice) => ({ kind: 'permute residual', swaps: drawSwaps(dice, config.d_model) }),
  *simpler(step) {
    for (const swaps of shorter(step.swaps, 1)) yield { ...step, swaps };
  },
  size: ({ swaps }) => [swaps.length, 0],
  misfit: ({ swaps }, { config }) => swapsMisfit(swaps, config.d_model),
  description: ({ swaps }) => `features of the residual stream: ${swapWords(swaps)}`,
  apply(draft, { swaps }) {
    const { vectors, scales } = alongResidual(draft);
    for (const view of [...vectors, ...scales]) for (const [a, b] of swaps) swap(view, a, b);
  },
};

/** LayerNorm takes the mean of all features off, so that the direction (1, ..., 1) must stay where it is. */
const centres = ({ config }: Draft): boolean =>
  norms(config).some((norm) => config.normalization_type !== null && !isRms(config, norm));

export interface FlipResidual extends Step {
  readonly kind: 'flip residual';
  readonly features: readonly number[];
}

/** Not with LayerNorm. */
export const flipResidual: SymmetryKind<FlipResidual> = {
  kind: 'flip residual',
  offers: (model) => !centres(model),
  draw: ({ config }, dice) => ({
    kind: 'flip residual',
    features: dice.distinct(config.d_model, dice.between(1, config.d_model)).toSorted((a, b) => a - b),
  }),
  *simpler(step) {
    for (const features of shorter(step.features, 1)) yield { ...step, features };
  },
  size: ({ features }) => [features.length, 0],
  misfit({ features }, model) {
    if (!this.offers(model)) return 'LayerNorm tells a feature from its negative';
    return features.length > 0 &&
      new Set(features).size === features.length &&
      features.every((f) => isIndex(f, model.config.d_model))
      ? undefined
      : 'its features are not different ones of the residual stream';
  },
  description: ({ features }) => `features of the residual stream negated: ${some(features.map(String), 'features')}`,
  apply(draft, { features }) {
    for (const view of alongResidual(draft).vectors) apply(view, { scale: features, by: -1 }, false);
  },
};

type Turn = Extract<Elementary, { readonly turn: readonly number[] }>;

export interface RotateResidual extends Step {
  readonly kind: 'rotate residual';
  /** one after the other */
  readonly turns: readonly Turn[];
}

const weighted = ({ config }: Draft): boolean =>
  config.normalization_type === 'LN' || config.normalization_type === 'RMS';

/**
 * Normalisations with weights do not turn with the residual stream: their weights are first moved into what reads them, which leaves 1. A weight of 0 cannot be.
 */
function foldNorms(draft: Draft): void {
  for (const norm of norms(draft.config)) {
    const weight = [...draft.read(`${norm}.w`)];
    if (weight.every((w) => w === weight[0])) continue;
    weight.forEach((w, feature) => scaleNorm(draft, norm, feature, 1 / w));
  }
}

function scaleNorm(draft: Draft, norm: string, feature: number, by: number): void {
  if (norm === 'ln_final') draft.materialise('unembed.W_U');
  for (const name of [`${norm}.w`, `${norm}.b`])
    if (draft.has(name)) apply(lastAxis(draft, name), { scale: [feature], by }, false);
  for (const name of readersOf(draft, norm)) apply(reader(draft, name), { scale: [feature], by }, true);
}

const noZeros = (model: Draft): boolean =>
  !weighted(model) || norms(model.config).every((norm) => model.read(`${norm}.w`).every((w) => w !== 0));

/** Without normalisation, or with one by root mean square: any rotation. With LayerNorm: those that keep the sum of features. */
export const rotateResidual: SymmetryKind<RotateResidual> = {
  kind: 'rotate residual',
  offers: (model) => model.config.d_model >= (centres(model) ? 3 : 2) && noZeros(model),
  draw(model, dice) {
    const { d_model } = model.config;
    const size = centres(model) ? 3 : 2;
    // twice as many planes as features mix all of them
    const count = dice.coin() ? dice.between(1, 3) : 2 * d_model;
    return {
      kind: 'rotate residual',
      turns: Array.from({ length: count }, () => ({
        turn: dice.distinct(d_model, size),
        degrees: dice.between(1, 359),
      })),
    };
  },
  *simpler(step) {
    for (const turns of shorter(step.turns, 1)) yield { ...step, turns };
    for (let at = 0; at < step.turns.length; at++)
      for (const degrees of halves(step.turns[at]!.degrees, 1))
        yield { ...step, turns: step.turns.with(at, { ...step.turns[at]!, degrees }) };
  },
  size: ({ turns }) => [turns.length, sum(turns.map(({ degrees }) => degrees))],
  misfit({ turns }, model) {
    if (!noZeros(model)) return 'a weight of a normalisation is 0, so that it cannot be moved into what reads it';
    const size = centres(model) ? 3 : 2;
    const fine = ({ turn, degrees }: Turn): boolean =>
      Array.isArray(turn) &&
      (turn.length === size || turn.length === 3) &&
      new Set(turn).size === turn.length &&
      turn.every((f) => isIndex(f, model.config.d_model)) &&
      Number.isFinite(degrees);
    return turns.length > 0 && turns.every(fine)
      ? undefined
      : `its turns are not of ${size} different features each, with degrees`;
  },
  description: ({ turns }) =>
    `residual stream rotated: ${some(
      turns.map(
        ({ turn, degrees }) =>
          `${turn.length === 2 ? 'plane' : 'space'} of features ${turn.join(', ')} by ${degrees} degrees`,
      ),
      'rotations',
    )}`,
  apply(draft, { turns }) {
    if (weighted(draft)) foldNorms(draft);
    for (const view of alongResidual(draft).vectors) for (const turn of turns) apply(view, turn, false);
  },
};

export interface RescaleNorm extends Step {
  readonly kind: 'rescale norm';
  /** `blocks.0.ln1`, `blocks.0.ln2`, `ln_final` */
  readonly norm: string;
  /** what each weight is multiplied by; what reads it is divided by it */
  readonly factors: Factors;
}

export const rescaleNorm: SymmetryKind<RescaleNorm> = {
  kind: 'rescale norm',
  offers: weighted,
  draw: ({ config }, dice) => ({
    kind: 'rescale norm',
    norm: dice.pick(norms(config)),
    factors: drawFactors(dice, config.d_model, signed),
  }),
  *simpler(step) {
    for (const factors of shorter(step.factors, 1)) yield { ...step, factors };
    for (const factors of simplerFactors(step.factors, 2)) yield { ...step, factors };
  },
  size: ({ factors }) => [factors.length, ranks(factors, signed)],
  misfit({ norm, factors }, model) {
    if (!weighted(model) || !norms(model.config).includes(norm))
      return `there is no normalisation ${norm} with weights`;
    return factorsMisfit(factors, model.config.d_model, (by) => by !== 0);
  },
  description: ({ norm, factors }) =>
    `weights of ${norm} multiplied, what reads them divided: ${some(
      factors.map(([feature, by]) => `${feature} by ${by}`),
      'features',
    )}`,
  apply(draft, { norm, factors }) {
    for (const [feature, by] of factors) scaleNorm(draft, norm, feature, by);
  },
};
