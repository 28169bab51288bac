/** Distances that say something about twins: between them, and within either model. */
import { measures, type Distances, type MeasureName } from '../../measure/index.js';
import type { Gram } from '../../representation/gram.js';
import { PAIRS, type TwinBlock } from '../../statistics/twins.js';
import type { Levels } from '../sequential/evidence.js';
import type { TwinControl } from './control.js';

/** A draw, as far as twins are concerned. */
export interface TwinSample {
  readonly gram: Gram;
  /** per site, for the first few draws */
  readonly siteGrams?: readonly Gram[] | undefined;
}

/** Draws of both sides: draw 0 is the models themselves, and draws of one number are twins. */
export type TwinSides = readonly [readonly TwinSample[], readonly TwinSample[]];

export interface TwinOptions {
  readonly measure: MeasureName;
  /** default: the measure's own */
  readonly resolution?: number | undefined;
  readonly levels: Levels;
  readonly seed: number;
  readonly splits: number;
  readonly signal?: AbortSignal | undefined;
}

/** How twins are judged. */
export interface JudgeTwinsOptions extends TwinOptions {
  /** undefined: the two sides were drawn apart */
  readonly control: TwinControl | undefined;
  /** share of the task's inputs that were not drawn, if the limits are to speak of these as well */
  readonly undrawn?: number | undefined;
}

/** What is measured of twins. */
export interface MeasuredTwins {
  readonly blocks: readonly TwinBlock[];
  /** of each pair */
  readonly twins: readonly number[];
  /** within either side, without the models themselves: pairs x pairs */
  readonly within: readonly [Float64Array, Float64Array];
  /** between the models themselves */
  readonly untouched: number;
}

async function distancesAmong(
  samples: readonly TwinSample[],
  { measure, seed, splits, signal }: TwinOptions,
): Promise<Distances> {
  const grams = samples.map(({ gram }) => gram);
  return measures[measure].distances(grams, { seed, splits, distinct: true, ...(signal && { signal }) });
}

/** Distances within the block of draws w and w + 1 alone. @throws as the measure */
export async function measureTwins(sides: TwinSides, w: number, options: TwinOptions): Promise<TwinBlock> {
  const { data } = await distancesAmong(
    sides.flatMap((side) => [side[w]!, side[w + 1]!]),
    options,
  );
  const d = (i: number, j: number): number => data[4 * i + j]!;
  return { twins: [d(0, 2), d(1, 3)], siblings: [d(0, 1), d(2, 3)] };
}

/** Of a square among the draws `from` and so on, the part among those after the first. */
function without0({ data, m }: Distances, from: number, pairs: number): Float64Array {
  const block = new Float64Array(pairs * pairs);
  for (let i = 0; i < pairs; i++)
    for (let j = 0; j < pairs; j++) if (i !== j) block[i * pairs + j] = data[(from + i) * m + from + j]!;
  return block;
}

/** From distances among [side 1, side 2, ...], the models themselves first on either side. */
export function cutTwins(distances: Distances, first: number): MeasuredTwins {
  const { data, m } = distances;
  const pairs = first - 1;
  const d = (i: number, j: number): number => data[i * m + j]!;
  return {
    blocks: Array.from({ length: Math.floor(pairs / PAIRS) }, (_, b): TwinBlock => {
      const w = 1 + PAIRS * b;
      return {
        twins: [d(w, first + w), d(w + 1, first + w + 1)],
        siblings: [d(w, w + 1), d(first + w, first + w + 1)],
      };
    }),
    twins: Array.from({ length: pairs }, (_, w) => d(w + 1, first + w + 1)),
    within: [without0(distances, 1, pairs), without0(distances, first + 1, pairs)],
    untouched: d(0, first),
  };
}

/** The same by measuring: twins, and what is within the sides, but not draws of different models that are no twins. */
export async function measuredTwins(
  sides: TwinSides,
  blocks: readonly TwinBlock[],
  options: TwinOptions,
): Promise<MeasuredTwins> {
  const pairs = sides[0].length - 1;
  const all = [...blocks];
  while (all.length < Math.floor(pairs / PAIRS)) all.push(await measureTwins(sides, 1 + PAIRS * all.length, options));
  const apart = async (w: number): Promise<number> =>
    (await distancesAmong([sides[0][w]!, sides[1][w]!], options)).data[1]!;
  const left = pairs % PAIRS === 0 ? [] : [await apart(pairs)];
  const within: Float64Array[] = [];
  for (const side of sides) within.push(without0(await distancesAmong(side.slice(1), options), 0, pairs));
  return {
    blocks: all,
    twins: [...all.flatMap((block) => block.twins), ...left],
    within: within as [Float64Array, Float64Array],
    untouched: await apart(0),
  };
}
