/** Other coordinates for what is inside a head: its values, and its queries with its keys. */
import type { RotaryConfig, TransformerConfig } from '../../../../src/model/formats/transformer/graph/config.js';
import { halves, shorter, type Dice } from '../arbitrary.js';
import { apply, type Elementary } from '../axis.js';
import type { Draft } from '../draft.js';
import { heads, ofHead, output, projected } from '../places.js';
import { isIndex, positive, some, sum, type Step, type SymmetryKind } from './kind.js';

interface Remap extends Step {
  readonly layer: number;
  /** a key-value head: each head its own, unless heads share them */
  readonly head: number;
  /** one after the other */
  readonly maps: readonly Elementary[];
}

export interface RemapValues extends Remap {
  readonly kind: 'remap values';
}
export interface RemapKeys extends Remap {
  readonly kind: 'remap keys';
}

/** Well-conditioned: rotations of any size, few scales and shears. */
function drawMaps(dice: Dice, size: number): readonly Elementary[] {
  const maps: Elementary[] = [];
  if (size >= 2) {
    const turns = dice.coin() ? dice.between(0, 2) : 2 * size;
    for (let i = 0; i < turns; i++) maps.push({ turn: dice.distinct(size, 2), degrees: dice.between(1, 359) });
    if (dice.coin()) maps.push({ shear: dice.distinct(size, 2) as [number, number], by: dice.pick([0.5, -0.5]) });
  }
  if (maps.length === 0 || dice.coin()) maps.push({ scale: [dice.between(0, size - 1)], by: dice.pick(positive) });
  return maps;
}

function* simplerMaps(maps: readonly Elementary[]): Generator<readonly Elementary[]> {
  yield* shorter(maps, 1);
  for (let at = 0; at < maps.length; at++) {
    const map = maps[at]!;
    if ('turn' in map) for (const degrees of halves(map.degrees, 1)) yield maps.with(at, { ...map, degrees });
    if ('scale' in map && map.by !== 2) yield maps.with(at, { ...map, by: 2 });
  }
}

const magnitude = (map: Elementary): number => {
  if ('turn' in map) return Math.ceil(map.degrees);
  return 'scale' in map && map.by !== 2 ? 1 : 0;
};

const inWords = (map: Elementary): string => {
  if ('turn' in map) return `plane of ${map.turn.join(', ')} turned by ${map.degrees} degrees`;
  if ('scale' in map) return `${map.scale.join(', ')} multiplied by ${map.by}`;
  return `${map.shear[1]} plus ${map.by} times ${map.shear[0]}`;
};

function mapsMisfit(maps: readonly Elementary[], size: number): string | undefined {
  const fine = (map: Elementary): boolean => {
    const features = 'turn' in map ? map.turn : 'scale' in map ? map.scale : map.shear;
    if (
      !Array.isArray(features) ||
      new Set(features).size !== features.length ||
      !features.every((f) => isIndex(f, size))
    )
      return false;
    if ('turn' in map) return features.length === 2 && Number.isFinite(map.degrees);
    return Number.isFinite(map.by) && ('shear' in map ? features.length === 2 : features.length > 0 && map.by !== 0);
  };
  return maps.length > 0 && maps.every(fine)
    ? undefined
    : `its maps are not of features below ${size}, or not invertible`;
}

/** A key-value head. */
export const drawPlace = ({ config }: Draft, dice: Dice) => ({
  layer: dice.between(0, config.n_layers - 1),
  head: dice.between(0, config.n_key_value_heads - 1),
});
export const placeMisfit = (
  { layer, head }: { readonly layer: number; readonly head: number },
  { config }: Draft,
): string | undefined =>
  isIndex(layer, config.n_layers) && isIndex(head, config.n_key_value_heads)
    ? undefined
    : `there is no key-value head ${head} in layer ${layer}`;

const remap = {
  *simpler<S extends Remap>(step: S): Generator<S> {
    for (const maps of simplerMaps(step.maps)) yield { ...step, maps };
  },
  size: ({ maps }: Remap): readonly [number, number] => [maps.length, sum(maps.map(magnitude))],
  misfit: (step: Remap, model: Draft): string | undefined =>
    placeMisfit(step, model) ?? mapsMisfit(step.maps, model.config.d_head),
  maps: (maps: readonly Elementary[]): string => some(maps.map(inWords), 'maps'),
};

/** Values times an invertible map, what heads write of them through its inverse. */
export const remapValues: SymmetryKind<RemapValues> = {
  ...remap,
  kind: 'remap values',
  offers: () => true,
  draw: (model, dice) => ({
    kind: 'remap values',
    ...drawPlace(model, dice),
    maps: drawMaps(dice, model.config.d_head),
  }),
  description: ({ layer, head, maps }) =>
    `values of head ${head} of layer ${layer} in other coordinates: ${remap.maps(maps)}`,
  apply(draft, { layer, head, maps }) {
    for (const map of maps) {
      for (const name of projected(draft, layer, 'V')) apply(ofHead(draft, name, head, 'columns'), map, false);
      for (const own of heads(head, draft.config)) apply(ofHead(draft, output(layer), own, 'rows'), map, true);
    }
  },
};

/** The two features of every pair that turns together. */
const pairs = ({ rotary_dim, rotary_adjacent_pairs }: RotaryConfig): (readonly [number, number])[] =>
  Array.from({ length: rotary_dim / 2 }, (_, i) =>
    rotary_adjacent_pairs ? ([2 * i, 2 * i + 1] as const) : ([i, i + rotary_dim / 2] as const),
  );

/** Rotary turns pairs of features by position: maps must turn or scale a pair as one, which commutes with that. Features that do not turn are free. */
function keysMisfit(map: Elementary, config: TransformerConfig): boolean {
  if (config.positional_embedding_type !== 'rotary') return false;
  const rotary = config as TransformerConfig & RotaryConfig;
  const features = 'turn' in map ? map.turn : 'scale' in map ? map.scale : map.shear;
  if (features.every((f) => f >= rotary.rotary_dim)) return false;
  const pair = pairs(rotary).some((own) => own.every((f) => features.includes(f)) && features.length === 2);
  return 'shear' in map || !pair;
}

/** Queries times an invertible map, keys times its inverse transposed: scores stay. */
export const remapKeys: SymmetryKind<RemapKeys> = {
  ...remap,
  kind: 'remap keys',
  offers: () => true,
  draw(model, dice) {
    const { config } = model;
    const place = drawPlace(model, dice);
    if (config.positional_embedding_type !== 'rotary')
      return { kind: 'remap keys', ...place, maps: drawMaps(dice, config.d_head) };
    const turning = pairs(config as TransformerConfig & RotaryConfig);
    const one = (): Elementary =>
      dice.coin()
        ? { turn: dice.pick(turning), degrees: dice.between(1, 359) }
        : { scale: dice.pick(turning), by: dice.pick(positive) };
    return { kind: 'remap keys', ...place, maps: Array.from({ length: dice.between(1, 3) }, one) };
  },
  misfit(step, model) {
    const wrong = remap.misfit(step, model);
    return (
      wrong ??
      (step.maps.some((map) => keysMisfit(map, model.config))
        ? 'with rotary position embedding a map must turn or scale the two features of a pair alike'
        : undefined)
    );
  },
  description: ({ layer, head, maps }) =>
    `queries and keys of head ${head} of layer ${layer} in other coordinates: ${remap.maps(maps)}`,
  apply(draft, { layer, head, maps }) {
    for (const map of maps) {
      for (const own of heads(head, draft.config))
        for (const name of projected(draft, layer, 'Q')) apply(ofHead(draft, name, own, 'columns'), map, false);
      for (const name of projected(draft, layer, 'K')) apply(ofHead(draft, name, head, 'columns'), map, true);
    }
  },
};
