/** Constants that what follows does not see. */
import { projection } from '../../../../src/model/formats/transformer/file/weights.js';
import { shorter, type Dice } from '../arbitrary.js';
import type { Draft } from '../draft.js';
import { heads, output } from '../places.js';
import { drawPlace, placeMisfit } from './coordinates.js';
import { isIndex, some, type Step, type SymmetryKind } from './kind.js';

interface Shift extends Step {
  readonly layer: number;
  /** a key-value head */
  readonly head: number;
  /** by feature of the head */
  readonly by: readonly (readonly [feature: number, amount: number])[];
}

export interface ShiftKeys extends Shift {
  readonly kind: 'shift keys';
}
export interface MoveValueBias extends Shift {
  readonly kind: 'move value bias';
}

const amounts = [1, -1, 0.5] as const;

const shift = {
  *simpler<S extends Shift>(step: S): Generator<S> {
    for (const by of shorter(step.by, 1)) yield { ...step, by };
    for (let at = 0; at < step.by.length; at++)
      if (step.by[at]![1] !== 1) yield { ...step, by: step.by.with(at, [step.by[at]![0], 1]) };
  },
  size: ({ by }: Shift): readonly [number, number] => [by.length, by.filter(([, amount]) => amount !== 1).length],
  draw: (model: Draft, dice: Dice) => ({
    ...drawPlace(model, dice),
    by: dice
      .distinct(model.config.d_head, dice.between(1, model.config.d_head))
      .map((feature) => [feature, dice.pick(amounts)] as const),
  }),
  misfit(step: Shift, model: Draft): string | undefined {
    const { config } = model;
    const { by } = step;
    const wrong = placeMisfit(step, model);
    if (wrong !== undefined) return wrong;
    return by.length > 0 && by.every(([f, amount]) => isIndex(f, config.d_head) && Number.isFinite(amount))
      ? undefined
      : `it does not shift features below ${config.d_head}`;
  },
  description: ({ by }: Shift): string =>
    some(
      by.map(([feature, amount]) => `${feature} by ${amount}`),
      'features',
    ),
};

/** What all keys have in common adds the same to all scores of a query, which softmax does not see. With rotary it would depend on the position. */
export const shiftKeys: SymmetryKind<ShiftKeys> = {
  ...shift,
  kind: 'shift keys',
  offers: (model) =>
    model.config.positional_embedding_type !== 'rotary' && model.has(projection(model.config, 0, 'b', 'K')),
  draw: (model, dice) => ({ kind: 'shift keys', ...shift.draw(model, dice) }),
  misfit(step, model) {
    return this.offers(model) ? shift.misfit(step, model) : 'keys have no bias here, or it depends on the position';
  },
  description: (step) => `all keys of head ${step.head} of layer ${step.layer} shifted: ${shift.description(step)}`,
  apply(draft, { layer, head, by }) {
    const bias = draft.edit(projection(draft.config, layer, 'b', 'K'));
    for (const [feature, amount] of by) bias[head * draft.config.d_head + feature]! += amount;
  },
};

/** A head's pattern adds up to 1, so that what is added to all values comes out as it went in: the layer's bias takes it off. */
export const moveValueBias: SymmetryKind<MoveValueBias> = {
  ...shift,
  kind: 'move value bias',
  offers: (model) => model.has(projection(model.config, 0, 'b', 'V')) && model.has('blocks.0.attn.b_O'),
  draw: (model, dice) => ({ kind: 'move value bias', ...shift.draw(model, dice) }),
  misfit(step, model) {
    return this.offers(model) ? shift.misfit(step, model) : 'there is no bias of values, or none of the output';
  },
  description: (step) =>
    `all values of head ${step.head} of layer ${step.layer} shifted, the bias of the output against it: ${shift.description(step)}`,
  apply(draft, { layer, head, by }) {
    const { d_head, d_model } = draft.config;
    const values = draft.edit(projection(draft.config, layer, 'b', 'V'));
    const out = draft.edit(`blocks.${layer}.attn.b_O`);
    const matrix = draft.read(output(layer));
    for (const [feature, amount] of by) {
      values[head * d_head + feature]! += amount;
      for (const own of heads(head, draft.config))
        for (let i = 0; i < d_model; i++) out[i]! -= amount * matrix[(own * d_head + feature) * d_model + i]!;
    }
  },
};
