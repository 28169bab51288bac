/** Where the parts of a wired transformer stand in its matrices, and in which units. */
import type { TransformerConfig } from '../../model/formats/transformer/graph/config.js';
import { random } from '../../random.js';
import type { Place } from '../compilation.js';
import type { Program } from '../program.js';
import type { Sizes } from './sizes.js';

/** Sizes that a transformer has at least, in TransformerLens's names. */
export type LeastSizes = { readonly [Name in Exclude<keyof Sizes, 'bytes'>]?: Sizes[Name] | undefined };

/** What is written to the features of variables may be off by a share of itself, each feature by its own. */
export interface Noise {
  readonly seed: number;
  /** the largest share, by variable */
  readonly sizes: Readonly<Record<string, number | undefined>>;
}

/** How a compilation differs from the plain one, which has none of these: what it computes, and how exactly, stays. */
export interface Variation {
  /** blocks by which each step that computes a variable comes later than it could, by its name. @defaultValue none */
  readonly delays?: Readonly<Record<string, number | undefined>> | undefined;
  /** sizes that the model has at least; what is not needed does nothing. @defaultValue what is needed */
  readonly atLeast?: LeastSizes | undefined;
  /** variables that are computed twice. Each that reads one reads the `mean` of both, or they take turns with `either`. @defaultValue none */
  readonly copies?: Readonly<Record<string, 'mean' | 'either' | undefined>> | undefined;
  /** how variables are held from the first: as one `number`, texts by their place in `values` from 1, or `one-hot`. @defaultValue counts and means as numbers, all others one-hot */
  readonly encodings?: Readonly<Record<string, Place['encoding'] | undefined>> | undefined;
  /** noise in what is written; more than leaves every variable exact is a CompilationError. @defaultValue none */
  readonly noise?: Noise | undefined;
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
  /** what is written to a feature is multiplied by this, and what reads it does not know */
  readonly noiseOf: ArrayLike<number>;
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
  { order, units, noise }: Variation,
  sizeOf: (feature: number) => number,
): Layout {
  const placed = (size: number, label: string): Uint32Array =>
    order === undefined ? Uint32Array.from({ length: size }, (_, i) => i) : random(order, label).permutation(size);
  const dice = units === undefined ? undefined : random(units, 'units');
  const hiss = noise && random(noise.seed, 'noise');
  return {
    featureAt: placed(d_model, 'features'),
    unitOf: Float64Array.from({ length: d_model }, () => (dice ? UNITS[dice.below(UNITS.length)]! : 1)),
    noiseOf: Float64Array.from({ length: d_model }, (_, i) => (hiss ? 1 + (2 * hiss.unit() - 1) * sizeOf(i) : 1)),
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
