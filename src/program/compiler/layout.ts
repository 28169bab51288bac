/** Where the parts of a wired transformer stand in its matrices, and in which units. */
import type { TransformerConfig } from '../../model/formats/transformer/graph/config.js';
import { random } from '../../random.js';
import type { Program } from '../program.js';
import type { Sizes } from './sizes.js';

/** Sizes that a transformer has at least, in TransformerLens's names. */
export type LeastSizes = { readonly [Name in Exclude<keyof Sizes, 'bytes'>]?: Sizes[Name] | undefined };

/** How a compilation differs from the plain one, which has none of these: what it computes, and how exactly, stays. */
export interface Variation {
  /** blocks by which each step that computes a variable comes later than it could, by its name. @defaultValue none */
  readonly delays?: Readonly<Record<string, number | undefined>> | undefined;
  /** sizes that the model has at least; what is not needed does nothing. @defaultValue what is needed */
  readonly atLeast?: LeastSizes | undefined;
  /** programs over the same inputs that the model computes beside, and does not use. @defaultValue none */
  readonly distractors?: readonly Program[] | undefined;
  /** seed of an order for the features of the residual stream, the heads of each block and its neurons. @defaultValue as they are made */
  readonly order?: number | undefined;
  /** seed of units for the features of the residual stream: powers of two and their negatives. @defaultValue 1 */
  readonly units?: number | undefined;
}

export interface Layout {
  /** of features of the residual stream */
  readonly featureAt: ArrayLike<number>;
  /** what a feature holds that would be 1 */
  readonly unitOf: ArrayLike<number>;
  readonly headAt: readonly ArrayLike<number>[];
  readonly neuronAt: readonly ArrayLike<number>[];
}

const UNITS = [1, 2, 0.5, 4, 0.25, -1, -2, -0.5];

/** The config with sizes that are at least so large. */
export function enlarged(config: TransformerConfig, atLeast: LeastSizes): TransformerConfig {
  const size = (name: keyof LeastSizes): number => Math.max(config[name], atLeast[name] ?? 0);
  const n_heads = size('n_heads');
  return {
    ...config,
    n_layers: size('n_layers'),
    n_heads,
    n_key_value_heads: n_heads,
    d_head: size('d_head'),
    d_model: size('d_model'),
    d_mlp: size('d_mlp'),
  };
}

export function layoutOf(
  { n_layers, n_heads, d_mlp, d_model }: TransformerConfig,
  { order, units }: Variation,
): Layout {
  const placed = (size: number, label: string): Uint32Array =>
    order === undefined ? Uint32Array.from({ length: size }, (_, i) => i) : random(order, label).permutation(size);
  const dice = units === undefined ? undefined : random(units, 'units');
  return {
    featureAt: placed(d_model, 'features'),
    unitOf: Float64Array.from({ length: d_model }, () => (dice ? UNITS[dice.below(UNITS.length)]! : 1)),
    headAt: Array.from({ length: n_layers }, (_, block) => placed(n_heads, `heads ${block}`)),
    neuronAt: Array.from({ length: n_layers }, (_, block) => placed(d_mlp, `neurons ${block}`)),
  };
}

/** The name of a component as it is wired, where it stands. */
export function componentAt({ headAt, neuronAt }: Layout, name: string): string {
  const [, block, kind, index] = /^blocks\.(\d+)\.(attn\.head|mlp\.neuron)\.(\d+)$/.exec(name)!;
  const at = (kind === 'attn.head' ? headAt : neuronAt)[Number(block)]![Number(index)]!;
  return `blocks.${block!}.${kind!}.${at}`;
}
