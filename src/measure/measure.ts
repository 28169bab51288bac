/** A distance between representations that needs only their Gram matrices over the same inputs. */
import type { Gram } from '../representation/gram.js';

export type { Gram };

/**
 * Changes of a representation that a measure may not notice, as docs/measures.md names them. No measure notices a rotation, a translation or another
 * order of the features: it sees the Gram matrix only. tests/measure/laws.test.ts tries each of them on each measure.
 */
export const invariances = ['scale', 'invertible linear maps', 'monotone changes of the distances'] as const;
/** What a measure does not notice. */
export type Invariance = (typeof invariances)[number];

/** What a measure is given beside the Gram matrices. */
export interface MeasureOptions {
  /** everything random follows from it */
  readonly seed: number;
  /** train/test splits to average over (ridge). @defaultValue 3 */
  readonly splits?: number;
  /**
   * true: every row is an input of its own. False: the measures that hold inputs out (ridge, kernel ridge) take inputs once whose rows coincide in all the representations
   * given, so that none is held out that was learnt from. @defaultValue false
   */
  readonly distinct?: boolean;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal;
  /** called with the share done, 0..1 */
  readonly progress?: (done: number) => void;
}

/** The distances between all pairs of representations, and what is known of them. */
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

/** Distances that are asked for time and again, among representations of which more and more are there. */
export interface Measuring {
  /**
   * As `Measure.distances`, to the bit, where every row is an input of its own. What is known of two representations, which are the same objects then, is not measured again.
   * @throws as `Measure.distances`
   */
  among(grams: readonly Gram[], options?: Pick<MeasureOptions, 'progress'>): Promise<Distances>;
}

/** What a measure is, and how it is computed. What it says of itself here is what docs/measures.md says of it and what tests/measure/laws.test.ts tries. */
export interface Measure {
  /** its key among the `measures` */
  readonly name: string;
  /** the distance, in a phrase without a full stop */
  readonly summary: string;
  /** no distance is below 0. Where `max` is Infinity, `note` says when a distance is above 1, or how large it can be */
  readonly range: { readonly max: number; readonly note?: string };
  /** what it does not notice, besides rotation, translation and the order of the features */
  readonly invariances: readonly Invariance[];
  /** what it hardly notices, for readers; no test tries it */
  readonly nearly?: string;
  /** true if the triangle inequality holds, so that the two bounds of docs/bounds.md do */
  readonly metric: boolean;
  /** true if it looks at a seeded subset of the inputs when there are many: it then treats inputs alike only on average over subsets */
  readonly subsamples: boolean;
  /** true if it predicts inputs that are held out, by seeded splits: `Distances` then has `bySplit` and `copies`. Default false */
  readonly holdsOut?: boolean;
  /** true if it refuses two representations whose ranks add up to the number of inputs or more. Default false */
  readonly lowRank?: boolean;
  /** how far above the true distance one that is found by iteration may be. Default: rounding only */
  readonly gap?: number;
  /** fewer inputs than this are refused */
  readonly fewestInputs: number;
  /** representations nearer than this are copies of each other for every purpose: the default of the policy's `resolution` */
  readonly resolution: number;
  /**
   * All pairs at once.
   * @throws RepresentationError for Grams of different n, with NaN or infinity, or constant
   */
  distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances>;
  /** Distances that are asked for time and again. Left out where measuring all of them anew costs little. */
  measuring?(options: Pick<MeasureOptions, 'seed' | 'splits' | 'signal'>): Measuring;
}
