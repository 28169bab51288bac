/** A distance between representations that needs only their Gram matrices over the same inputs. */
import type { Gram } from '../representation/gram.js';

export type { Gram };

/** all there are, in the order of docs/measures.md */
export const measureNames = [
  'ridge',
  'kernel-ridge',
  'contraction',
  'cka',
  'debiased-cka',
  'procrustes',
  'cca',
  'svcca',
  'pwcca',
  'rsa',
  'gulp',
] as const;
export type MeasureName = (typeof measureNames)[number];

export interface MeasureOptions {
  readonly seed: number;
  /** train/test splits to average over (ridge) */
  readonly splits?: number;
  /**
   * true: every row is an input of its own. Default false: the measures that hold inputs out (ridge, kernel ridge) take inputs once whose rows coincide in all the representations
   * given, so that none is held out that was learnt from
   */
  readonly distinct?: boolean;
  readonly signal?: AbortSignal;
  /** called with the share done, 0..1 */
  readonly progress?: (done: number) => void;
}

export interface Distances {
  /** number of representations */
  readonly m: number;
  /** m x m, row-major, symmetric, zero diagonal */
  readonly data: Float64Array;
  /** one matrix per train/test split where the measure has splits: how much the distance depends on the inputs held out */
  readonly bySplit?: readonly Float64Array[];
  /** m x m, where a distance is found by iteration: the true one lies within [data - gap, data], up to rounding (contraction) */
  readonly gap?: Float64Array;
  /** of each representation, how far a copy of it is from it; left out where that is zero up to rounding, as for all but the measures that predict inputs held out */
  readonly copies?: Float64Array;
}

export interface Measure {
  readonly name: MeasureName;
  /** true where the triangle inequality holds, so that the two bounds of docs/method.md do */
  readonly metric: boolean;
  /** representations nearer than this are copies of each other for every purpose: the default of the policy's `resolution` */
  readonly resolution: number;
  /**
   * All pairs at once.
   * @throws RepresentationError for Grams of different n, with NaN or infinity, or constant
   */
  distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances>;
  /** What `upTo` computes, a shorter way: for a group of more than one relabelling, of as many inputs as the Grams. */
  distancesUpTo?(
    grams: readonly Gram[],
    relabellings: readonly Uint32Array[],
    options: MeasureOptions,
  ): Promise<Distances>;
}
