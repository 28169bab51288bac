/**
 * Intervals over implementations: the unit of sampling is the implementation, never the pair or the triple, which share members.
 *
 * Limits of distances and of the excess, on which the verdict rests: delete-one jackknife standard error of the logarithm (both
 * sides' implementations left out in turn, twins together; Arvesen 1969 for U-statistics), times Student's t with min(m) - 1 degrees of
 * freedom. The lower limit is wrong in a share alpha of cases, the upper in a share beta. Chosen by measurement among seven (lab/simulations.md). It has no randomness, so the verdict does not depend on
 * the order of the implementations or on which side is called first. Where the inputs are a sample, limits allow for that (input-groups.ts).
 * Limits of the scores T, congruity and strict score, which are reported and decide nothing: percentile bootstrap.
 */
import { UNBOUNDED } from '../interval.js';
import type { Blocks, Interval } from './judgement.js';
import { normalQuantile, studentQuantile } from './distributions.js';
import { inputWidths, joined, type OnGroups, type Widths } from './input-groups.js';
import { pairedMeans, pairedShareBeyond } from './paired.js';

/** Fewer implementations than this have no jackknife: leaving one out must leave a pair. */
const FEWEST_FOR_JACKKNIFE = 3;

/** The share of cases in which each limit may be wrong. */
export interface Tails {
  readonly low: number;
  readonly high: number;
}

/** How one side sees the distances: its own block, and rows towards others. */
export interface View {
  readonly m: number;
  /** m x m */
  readonly within: Float64Array;
  readonly columns: number;
  /** m x columns */
  readonly across: Float64Array;
  /** row i and column i are twins */
  readonly paired?: boolean | undefined;
  /** mean distances on groups of the inputs */
  readonly inputs?: InputsSeen | undefined;
}

/** Groups of inputs as one side sees them. */
interface InputsSeen {
  readonly left: number;
  readonly groups: readonly { readonly siblings: number; readonly strangers: number }[];
}

/** The two sides of a comparison, each as its own first. */
export function views(blocks: Blocks): readonly [View, View] {
  const { m1, m2, within1, within2, across, paired } = blocks;
  const inputs = (side: 0 | 1): InputsSeen | undefined =>
    blocks.inputs && {
      left: blocks.inputs.left,
      groups: blocks.inputs.groups.map(({ siblings, strangers }) => ({ siblings: siblings[side], strangers })),
    };
  const turned = new Float64Array(m1 * m2);
  for (let i = 0; i < m1; i++) for (let k = 0; k < m2; k++) turned[k * m1 + i] = across[i * m2 + k]!;
  return [
    { m: m1, within: within1, columns: m2, across, paired, inputs: inputs(0) },
    { m: m2, within: within2, columns: m1, across: turned, paired, inputs: inputs(1) },
  ];
}

/** Mean distances: of all, with row i left out (of twins with column i), with column k left out. */
interface MeanDistances {
  readonly all: number;
  readonly withoutRow: Float64Array;
  readonly withoutColumn: Float64Array;
}

function siblingMeans({ m, within }: View): MeanDistances {
  const rows = new Float64Array(m);
  let total = 0;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) if (j !== i) rows[i]! += within[i * m + j]!;
    total += rows[i]!;
  }
  const pairs = (m - 1) * (m - 2);
  return {
    all: total / (m * (m - 1)),
    withoutRow: rows.map((row) => Math.max(0, total - 2 * row) / pairs),
    withoutColumn: new Float64Array(0),
  };
}

function strangerMeans({ m, columns, across, paired }: View): MeanDistances {
  if (paired) {
    const { all, without } = pairedMeans(m, across);
    return { all, withoutRow: without, withoutColumn: new Float64Array(0) };
  }
  const rows = new Float64Array(m);
  const cols = new Float64Array(columns);
  let total = 0;
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < columns; k++) {
      const d = across[i * columns + k]!;
      rows[i]! += d;
      cols[k]! += d;
      total += d;
    }
  }
  return {
    all: total / (m * columns),
    withoutRow: rows.map((row) => Math.max(0, total - row) / ((m - 1) * columns)),
    withoutColumn: cols.map((col) => Math.max(0, total - col) / (m * (columns - 1))),
  };
}

/** Share of triples (i, its sibling j, a stranger k) with d(i, k) more than the margin above d(i, j), ties one half. */
export function shareBeyond({ m, within, columns, across, paired }: View, margin: number, resolution: number): number {
  if (paired) return pairedShareBeyond(m, within, across, margin, resolution);
  let beyond = 0;
  const strangers = new Float64Array(columns);
  for (let i = 0; i < m; i++) {
    strangers.set(across.subarray(i * columns, (i + 1) * columns));
    strangers.sort();
    for (let j = 0; j < m; j++) {
      if (j === i) continue;
      const limit = (1 + margin) * Math.max(within[i * m + j]!, resolution);
      const [from, to] = [rank(strangers, limit, false), rank(strangers, limit, true)];
      beyond += columns - to + (to - from) / 2;
    }
  }
  return beyond / (m * (m - 1) * columns);
}

/** How many of an ascending list are below x, or not above it. */
function rank(sorted: Float64Array, x: number, inclusive: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const here = sorted[middle]!;
    if (here < x || (inclusive && here === x)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Logarithm above the resolution (z = 1), linear below it, smooth between: distances of exactly zero stay finite. */
function scale(z: number): number {
  return z >= 1 ? Math.log(z) : z - 1;
}

function unscale(y: number): number {
  return y >= 0 ? Math.exp(y) : Math.max(0, 1 + y);
}

/** Jackknife variance of a mean of leave-one-out values. */
function jackknife(left: ArrayLike<number>): number {
  let mean = 0;
  for (let i = 0; i < left.length; i++) mean += left[i]! / left.length;
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i]! - mean) ** 2;
  return ((left.length - 1) / left.length) * sum;
}

/**
 * How far each limit lies from the estimate, on the logarithmic scale.
 * @param variances by the implementations of each side that was sampled
 * @param inputs the statistic on each group of inputs
 */
function widths(variances: readonly number[], smallest: number, tails: Tails, inputs?: OnGroups): Widths {
  if (smallest < FEWEST_FOR_JACKKNIFE) return { below: Infinity, above: Infinity };
  const error = Math.sqrt(variances.reduce((a, b) => a + b, 0));
  const width = (tail: number): number => studentQuantile(1 - tail, smallest - 1) * error;
  const own = { below: width(tails.low), above: width(tails.high) };
  return inputs ? joined(own, inputWidths(inputs, tails)) : own;
}

const bounded = (value: number): number => Math.min(value, UNBOUNDED);

/** Of a mean distance, given its leave-one-out means, one array per side that was sampled. */
function distanceInterval(all: number, left: readonly Float64Array[], resolution: number, tails: Tails): Interval {
  const smallest = Math.min(...left.map((l) => l.length));
  const { below, above } = widths(
    smallest < FEWEST_FOR_JACKKNIFE ? [] : left.map((l) => jackknife(l.map((d) => scale(d / resolution)))),
    smallest,
    tails,
  );
  const at = scale(all / resolution);
  return {
    estimate: all,
    low: Math.min(all, resolution * unscale(at - below)),
    high: Math.max(all, bounded(resolution * unscale(at + above))),
  };
}

/** Mean distances between siblings of either side, and between strangers. */
export function meanDistances(blocks: Blocks): {
  readonly siblings: readonly [number, number];
  readonly strangers: number;
} {
  const [first, second] = views(blocks);
  return { siblings: [siblingMeans(first).all, siblingMeans(second).all], strangers: strangerMeans(first).all };
}

/** Of the mean distance between siblings. */
export function siblingInterval(view: View, resolution: number, tails: Tails): Interval {
  const { all, withoutRow } = siblingMeans(view);
  return distanceInterval(all, [withoutRow], resolution, tails);
}

/** Of the mean distance between strangers. */
export function strangerInterval(view: View, resolution: number, tails: Tails): Interval {
  const { all, withoutRow, withoutColumn } = strangerMeans(view);
  return distanceInterval(all, view.paired ? [withoutRow] : [withoutRow, withoutColumn], resolution, tails);
}

/**
 * Of the excess, strangers / max(siblings, resolution) - 1, seen from the view's side.
 * @param fixed the columns are these and no others (controls), not a sample of implementations
 */
export function excessInterval(view: View, resolution: number, tails: Tails, fixed = false): Interval {
  const siblings = siblingMeans(view);
  const strangers = strangerMeans(view);
  const unit = Math.max(siblings.all, resolution);
  const log = (x: number, s: number): number => scale(x / resolution) - Math.log(Math.max(s / resolution, 1));
  const estimate = strangers.all / unit - 1;
  const smallest = fixed ? view.m : Math.min(view.m, view.columns);
  let { below, above } = { below: Infinity, above: Infinity };
  if (smallest >= FEWEST_FOR_JACKKNIFE) {
    const variances = [jackknife(siblings.withoutRow.map((s, i) => log(strangers.withoutRow[i]!, s)))];
    if (!fixed && !view.paired) variances.push(jackknife(strangers.withoutColumn.map((x) => log(x, siblings.all))));
    const inputs = fixed ? undefined : view.inputs;
    ({ below, above } = widths(
      variances,
      smallest,
      tails,
      inputs && { values: inputs.groups.map((group) => log(group.strangers, group.siblings)), left: inputs.left },
    ));
  }
  // the limits of the ratio, turned back into an excess with the siblings at their estimate
  const at = scale(strangers.all / resolution);
  const excess = (y: number): number => (resolution * unscale(y)) / unit - 1;
  return {
    estimate,
    low: Math.min(estimate, excess(at - below)),
    high: Math.max(estimate, bounded(excess(at + above))),
  };
}

/** Wilson's score interval for a proportion: `successes` of `trials`. With no trials, 0 to 1 around one half. */
export function wilson(successes: number, trials: number, confidence: number): Interval {
  if (trials === 0) return { estimate: 0.5, low: 0, high: 1 };
  const z = normalQuantile((1 + confidence) / 2);
  const p = successes / trials;
  const centre = (p + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const half = (z / (1 + (z * z) / trials)) * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  return { estimate: p, low: Math.max(0, Math.min(p, centre - half)), high: Math.min(1, Math.max(p, centre + half)) };
}
