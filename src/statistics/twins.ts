/**
 * Twins: two models under one intervention. Two numbers say whether what it does to one it does to the other, each with limits that hold whenever one looks.
 *
 * The twin ratio is the distance of twins over a within-model distance. In a block of two fresh pairs (A, B) and (A', B') each side gives two ratios, d(A, B) / d(A, A') and
 * d(A', B') / d(A, A'), or with d(B, B'); blocks are independent. What is tested of a side is whether its ratio is above r in at least, or at most, half of the cases: by betting (e-process.ts) on
 * the share of the block's two that are, ties one half, which is exact for any distribution. The test for r is monotone in r, so that the values it rejects are limits of the median. The narrower
 * side counts, which is the one of the larger ratio: both must be surely below an upper limit, and evidence of the two is averaged for a lower one (Ville's inequality holds for an average as well).
 *
 * The response cosine is a cosine in [-1, 1] for each pair that responds. Pairs are independent draws, so that each is an observation of its own: whether its cosine is above c in at least, or at most,
 * half of the cases is tested in the same way.
 *
 * Beside them the ratio of the mean distances, with jackknife limits over pairs: approximate, and for one look.
 */
import { UNBOUNDED, type Interval } from '../interval.js';
import { studentQuantile } from './distributions.js';
import { EProcess } from './e-process.js';
import { logSumExp } from './log-sum-exp.js';

/** Pairs of twins in a block. */
export const PAIRS = 2;

/** Distances within one block of two pairs of twins. */
export interface TwinBlock {
  /** of either pair */
  readonly twins: readonly [number, number];
  /** within side 1 and within side 2, between the two pairs */
  readonly siblings: readonly [number, number];
}

/** How often a lower and an upper limit may be wrong, at any time. */
export interface TwinLevels {
  readonly low: number;
  readonly high: number;
}

const { log, exp, max, min } = Math;
const { MAX_VALUE } = Number;

/** Ratios of one block, a pair for each side. */
type Ratios = readonly [readonly [number, number], readonly [number, number]];

const ratiosOf = ({ twins, siblings }: TwinBlock, floor: number): Ratios =>
  siblings.map((within) => twins.map((d) => d / max(within, floor))) as unknown as Ratios;

/** Of either side, the median: the larger of the two, which is that of the narrower side. */
const medianOf = (blocks: readonly Ratios[]): number =>
  max(...([0, 1] as const).map((a) => median(blocks.flatMap((block) => block[a]))));

/** The median twin ratio, without its limits. */
export const medianRatio = (blocks: readonly TwinBlock[], floor: number): number =>
  medianOf(blocks.map((block) => ratiosOf(block, floor)));

/** Share of the ratios above r, ties one half. */
const above = (ratios: readonly number[], r: number): number =>
  ratios.reduce((sum, q) => sum + (q > r ? 1 : q === r ? 0.5 : 0), 0) / ratios.length;

/** Largest log evidence so far that the ratio is below r as one side sees it: whatever its distribution, it reaches -log(level) with probability at most `level` where at least half is above. */
function below(blocks: readonly Ratios[], side: 0 | 1, r: number): number {
  const process = new EProcess('high');
  let best = 0;
  for (const block of blocks) {
    process.observe(above(block[side], r));
    best = max(best, process.log);
  }
  return best;
}

/** The same that it is above r as either side sees it. */
function beyond(blocks: readonly Ratios[], r: number): number {
  const sides = [new EProcess('low'), new EProcess('low')] as const;
  let best = 0;
  for (const block of blocks) {
    sides.forEach((process, a) => process.observe(above(block[a as 0 | 1], r)));
    best = max(best, meanOf(sides[0].log, sides[1].log));
  }
  return best;
}

/** log((e^a + e^b) / 2) */
const meanOf = (a: number, b: number): number => logSumExp([a, b]) - Math.LN2;

/** Number of the first of `count` things that passes, where all after one that passes pass; `count` if none does. */
function first(count: number, passes: (at: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Values at and between which nothing but the ratios themselves changes an answer, with a value inside each gap. */
function gapsOf(ratios: readonly number[]): { readonly ends: readonly number[]; inside(gap: number): number } {
  const ends = [0, ...[...new Set(ratios)].filter((q) => q > 0).toSorted((a, b) => a - b)];
  return {
    ends,
    inside: (gap) => (gap === ends.length - 1 ? MAX_VALUE : ends[gap]! + (ends[gap + 1]! - ends[gap]!) / 2),
  };
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** log evidence that values are above c in more than half of the cases, at its largest so far; with `low` in place of `high`, that they are below. */
function half(values: readonly number[], against: 'high' | 'low', c: number): number {
  const process = new EProcess(against);
  let best = 0;
  for (const x of values) {
    process.observe(above([x], c));
    best = max(best, process.log);
  }
  return best;
}

/** log evidence that the median of values is above c, at its largest so far: reaches -log(level) with probability at most `level` where at least half of the cases are at most c, those at c counted half. */
export const medianAbove = (values: readonly number[], c: number): number => half(values, 'low', c);

/** The same that it is below c. */
export const medianBelow = (values: readonly number[], c: number): number => half(values, 'high', c);

/** The median of values between two ends, from below and above: what betting against each value rules out. Without values it is anywhere, and called `none`. */
export function medianLimits(
  values: readonly number[],
  { low, high }: TwinLevels,
  { least, most, none }: { readonly least: number; readonly most: number; readonly none: number },
): Interval {
  if (values.length === 0) return { estimate: none, low: least, high: most };
  const estimate = median(values);
  const ends = [least, ...[...new Set(values)].toSorted((a, b) => a - b), most];
  const inside = (gap: number): number => (ends[gap]! + ends[gap + 1]!) / 2;
  const gaps = ends.length - 1;
  // the evidence for "above" falls with c, that for "below" rises
  const above = first(gaps, (gap) => medianAbove(values, inside(gap)) < -log(low));
  const below = first(gaps, (gap) => medianBelow(values, inside(gap)) >= -log(high));
  return { estimate, low: min(estimate, ends[above]!), high: max(estimate, ends[below]!) };
}

/** The median of cosines. */
export const cosineLimits = (cosines: readonly number[], levels: TwinLevels): Interval =>
  medianLimits(cosines, levels, { least: -1, most: 1, none: 0 });

/** What is known of the twins so far. */
export class TwinTest {
  private readonly blocks: Ratios[] = [];
  private readonly responses: number[] = [];

  /** @param floor within-model distances below this count as this: the implementations are copies of each other */
  constructor(private readonly floor: number) {}

  /** @param cosines of those of the two pairs that respond */
  observe(block: TwinBlock, cosines: readonly number[]): void {
    this.blocks.push(ratiosOf(block, this.floor));
    this.responses.push(...cosines);
  }

  /** Blocks so far. */
  get count(): number {
    return this.blocks.length;
  }

  /** log evidence that the ratio is below r as both sides see it. */
  below(r: number): number {
    return min(below(this.blocks, 0, r), below(this.blocks, 1, r));
  }

  /** log evidence that it is above r as one of them sees it. */
  beyond(r: number): number {
    return beyond(this.blocks, r);
  }

  /** log evidence that the median cosine is above c, and below. */
  alike(c: number): number {
    return medianAbove(this.responses, c);
  }
  unlike(c: number): number {
    return medianBelow(this.responses, c);
  }

  /** The median twin ratio: of the narrower side, that is the larger. */
  ratio({ low, high }: TwinLevels): Interval {
    const { blocks } = this;
    if (blocks.length === 0) return { estimate: 1, low: 0, high: UNBOUNDED };
    const { ends, inside } = gapsOf(blocks.flatMap((block) => block.flat()));
    const upper = first(ends.length, (gap) => this.below(inside(gap)) >= -log(high));
    const stillAbove = first(ends.length, (gap) => beyond(blocks, inside(gap)) < -log(low));
    const estimate = medianOf(blocks);
    return {
      estimate,
      low: min(estimate, ends[stillAbove] ?? estimate),
      high: upper === ends.length ? UNBOUNDED : max(estimate, ends[upper]!),
    };
  }

  /** The median response cosine. */
  cosine(levels: TwinLevels): Interval {
    return cosineLimits(this.responses, levels);
  }
}

/** Distances among m pairs of twins. */
export interface TwinDistances {
  /** of each pair */
  readonly twins: readonly number[];
  /** within side 1 and within side 2: m x m, row-major, symmetric */
  readonly within: readonly [ArrayLike<number>, ArrayLike<number>];
}

/** Fewer pairs than this have no jackknife: leaving one out must leave two. */
const FEWEST_FOR_JACKKNIFE = 3;

/** The mean distance of twins over the smaller of the two mean within-model distances, with the limits of a jackknife over pairs, on the logarithmic scale. */
export function meanTwinRatio({ twins, within }: TwinDistances, floor: number, { low, high }: TwinLevels): Interval {
  const m = twins.length;
  const total = twins.reduce((a, b) => a + b, 0);
  const rows = within.map((data) =>
    Array.from({ length: m }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < m; j++) if (j !== i) sum += data[i * m + j]!;
      return sum;
    }),
  );
  const totals = rows.map((side) => side.reduce((a, b) => a + b, 0));
  const ratioOf = (d: number, siblings: readonly number[]): number => d / max(min(...siblings), floor);
  const estimate = ratioOf(
    total / m,
    totals.map((sum) => sum / (m * (m - 1))),
  );
  if (m < FEWEST_FOR_JACKKNIFE) return { estimate, low: 0, high: UNBOUNDED };
  if (total === 0) return { estimate, low: 0, high: 0 };
  const left = twins.map((d, w) =>
    log(
      max(
        ratioOf(
          (total - d) / (m - 1),
          totals.map((sum, a) => (sum - 2 * rows[a]![w]!) / ((m - 1) * (m - 2))),
        ),
        // the others are copies: no logarithm
        Number.MIN_VALUE,
      ),
    ),
  );
  const mean = left.reduce((a, b) => a + b, 0) / m;
  const error = Math.sqrt(((m - 1) / m) * left.reduce((sum, x) => sum + (x - mean) ** 2, 0));
  const limit = (tail: number, sign: number): number =>
    min(estimate * exp(sign * studentQuantile(1 - tail, m - 1) * error), UNBOUNDED);
  return { estimate, low: limit(low, -1), high: limit(high, 1) };
}
