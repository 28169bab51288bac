/** What the statistics say of one matrix of distances. Pure data: it serialises to report.json as it is. */
import type { Interval } from '../interval.js';

export type Outcome = 'equivalent' | 'different' | 'undecided';

export type { Interval };

export interface Policy {
  /** strangers may be at most this much farther apart than siblings: 0.25 is 25 % */
  readonly margin: number;
  /** rate of saying "different" of what is within the margin: every lower limit is wrong no more often */
  readonly alpha: number;
  /** rate of saying "equivalent" of what is beyond the margin: every upper limit is wrong no more often */
  readonly beta: number;
  /** a mean sibling distance below this counts as this: the siblings are copies of each other */
  readonly resolution: number;
  readonly bootstrap: number;
  readonly permutations: number;
}

/** Distances in three blocks, row-major. `within` blocks are symmetric with a zero diagonal. */
export interface Blocks {
  readonly m1: number;
  readonly m2: number;
  /** m1 x m1 */
  readonly within1: Float64Array;
  /** m2 x m2 */
  readonly within2: Float64Array;
  /** m1 x m2 */
  readonly across: Float64Array;
  /** m1 x c1 and m2 x c2: distances to controls that are unrelated by construction (inputs shuffled) */
  readonly control1?: { readonly columns: number; readonly data: Float64Array };
  readonly control2?: { readonly columns: number; readonly data: Float64Array };
  /** m1 and m2: how far each member is from a copy of itself; left out where that is zero */
  readonly copies1?: Float64Array;
  readonly copies2?: Float64Array;
}

export interface SideJudgement {
  /** mean distance between siblings */
  readonly siblings: Interval;
  /** siblings nearer than this on average are copies of each other: the resolution, and more where the measure finds even a copy at a distance */
  readonly copies: number;
  /** strangers / max(siblings, resolution) - 1, seen from this side */
  readonly excess: Interval;
  /** share of triples in which the sibling is nearer than the stranger, ties one half */
  readonly T: Interval;
  /** share of triples in which the stranger is more than the margin farther than the sibling, ties one half */
  readonly beyond: number;
  /** this side split in random halves */
  readonly self: {
    readonly congruity: number;
    readonly strictScore: number;
    /** the 95 % quantile, over random halves, of how much farther the other half is than the own half */
    readonly noise: number;
    readonly splits: number;
  };
  /** how much farther the shuffled controls are than siblings; undefined where no controls were given */
  readonly control?: Interval | undefined;
  readonly checks: {
    /** noise <= margin: the set agrees with itself finely enough for this margin */
    readonly selfCongruent: boolean;
    /** control.low > margin: the rule could have told something unrelated apart */
    readonly powered: boolean;
    /** siblings.estimate >= copies: siblings are not mere copies */
    readonly varied: boolean;
  };
}

export interface Judgement {
  readonly outcome: Outcome;
  /** why, in full sentences, the deciding one first */
  readonly reasons: readonly string[];
  /** for an undecided outcome: what would settle it */
  readonly wouldSettle?: string | undefined;
  /** the condition (docs/method.md) that failed; undefined for equivalent */
  readonly failed?: 'necessity violated' | 'sufficiency not established' | undefined;
  readonly policy: Policy;
  /** true: a difference seen from one set is enough, and lower limits are at alpha / 2; false: both must see it, and lower limits are at alpha */
  readonly oneSideSuffices: boolean;
  readonly strangers: Interval;
  readonly sides: readonly [SideJudgement, SideJudgement];
  /** 1 - |T1 + T2 - 1| */
  readonly congruity: Interval;
  /** 1 - max(|2 T1 - 1|, |2 T2 - 1|) */
  readonly strictScore: Interval;
  readonly energy: {
    readonly distance: number;
    readonly p: number;
    readonly permutations: number;
    readonly exact: boolean;
  };
}
