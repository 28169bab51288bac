/** Heads in another order. */
import type { TransformerConfig } from '../../../../src/model/formats/transformer/graph/config.js';
import { shorter } from '../arbitrary.js';
import { swap } from '../axis.js';
import { firstAxis, groupOf, heads, output, projected } from '../places.js';
import { drawSwaps, isIndex, swapsMisfit, swapWords, type Step, type Swaps, type SymmetryKind } from './kind.js';

export interface PermuteHeads extends Step {
  readonly kind: 'permute heads';
  readonly layer: number;
  /** of heads that share their keys and values, where heads do */
  readonly swaps: Swaps;
}

const shares = ({ n_heads, n_key_value_heads }: TransformerConfig): boolean => n_key_value_heads < n_heads;

export const permuteHeads: SymmetryKind<PermuteHeads> = {
  kind: 'permute heads',
  offers: ({ config }) => config.n_heads >= 2,
  draw({ config }, dice) {
    const layer = dice.between(0, config.n_layers - 1);
    if (!shares(config)) return { kind: 'permute heads', layer, swaps: drawSwaps(dice, config.n_heads) };
    const group = heads(dice.between(0, config.n_key_value_heads - 1), config);
    return {
      kind: 'permute heads',
      layer,
      swaps: drawSwaps(dice, group.length).map(([a, b]) => [group[a]!, group[b]!] as const),
    };
  },
  *simpler(step) {
    for (const swaps of shorter(step.swaps, 1)) yield { ...step, swaps };
  },
  size: ({ swaps }) => [swaps.length, 0],
  misfit({ layer, swaps }, { config }) {
    if (!isIndex(layer, config.n_layers)) return `there is no layer ${layer}`;
    if (shares(config) && swaps.some(([a, b]) => groupOf(a, config) !== groupOf(b, config)))
      return 'it exchanges heads that have different keys and values; exchange those (permute key-value heads)';
    return swapsMisfit(swaps, config.n_heads);
  },
  moves: ({ layer, swaps }) => ({ family: `blocks.${layer}.attn.head`, swaps }),
  description: ({ layer, swaps }) => `heads of layer ${layer}: ${swapWords(swaps)}`,
  apply(draft, { layer, swaps }) {
    const names = [
      ...projected(draft, layer, 'Q'),
      output(layer),
      ...(shares(draft.config) ? [] : [...projected(draft, layer, 'K'), ...projected(draft, layer, 'V')]),
    ];
    for (const name of names) for (const [a, b] of swaps) swap(firstAxis(draft, name), a, b);
  },
};

export interface PermuteGroups extends Step {
  readonly kind: 'permute key-value heads';
  readonly layer: number;
  readonly swaps: Swaps;
}

/** In grouped-query attention, with all the heads that share each. */
export const permuteGroups: SymmetryKind<PermuteGroups> = {
  kind: 'permute key-value heads',
  offers: ({ config }) => shares(config) && config.n_key_value_heads >= 2,
  draw: ({ config }, dice) => ({
    kind: 'permute key-value heads',
    layer: dice.between(0, config.n_layers - 1),
    swaps: drawSwaps(dice, config.n_key_value_heads),
  }),
  *simpler(step) {
    for (const swaps of shorter(step.swaps, 1)) yield { ...step, swaps };
  },
  size: ({ swaps }) => [swaps.length, 0],
  misfit: ({ layer, swaps }, { config }) =>
    isIndex(layer, config.n_layers) ? swapsMisfit(swaps, config.n_key_value_heads) : `there is no layer ${layer}`,
  moves: ({ layer, swaps }, config) => ({
    family: `blocks.${layer}.attn.head`,
    swaps: swaps.flatMap(([a, b]) => {
      const other = heads(b, config);
      return heads(a, config).map((head, i) => [head, other[i]!] as const);
    }),
  }),
  description: ({ layer, swaps }) =>
    `key-value heads of layer ${layer}, with the heads that share them: ${swapWords(swaps)}`,
  apply(draft, { layer, swaps }) {
    for (const [a, b] of swaps) {
      for (const name of [...projected(draft, layer, 'K'), ...projected(draft, layer, 'V')])
        swap(firstAxis(draft, name), a, b);
      const [left, right] = [heads(a, draft.config), heads(b, draft.config)];
      for (const name of [...projected(draft, layer, 'Q'), output(layer)])
        left.forEach((head, i) => swap(firstAxis(draft, name), head, right[i]!));
    }
  },
};
