/**
 * How far apart two implementation sets are, all of them and not only the sampled ones: the paper's two inequalities with confidence limits. docs/bounds.md states them, and
 * its letters are used here. Nonparametric: all that is asked of the draws is that they are independent of each other given the centre. For metric measures only.
 *
 * Proof.
 * 1. Limits of a quantile. Fewer than k draws lie at or below the true quantile with probability P(Bin(m, s) < k) at most, because each does with probability s or more; k or more
 *    lie strictly below it with probability P(Bin(m, s) >= k) at most, because each does with probability s or less. So the quantile is at least x(a), and at most x(b), but for
 *    probabilities 0.1 alpha and 0.4 alpha. No distribution is assumed. For b = m this is s^m (Wilks 1941).
 * 2. N <= D. For g in K2: d(h, g) >= d(h, c2) - d(g, c2) >= d(h, c2) - q2. The least over g is d(h, K2), and quantiles keep the order.
 * 3. L <= N <= D. e1 >= e1(a) and q2 <= q2(b) by 1, and the same for the other side; four events, alpha in sum.
 * 4. N <= N+. e1 <= e1(b), q2 >= q2(a), and the same for the other side; alpha in sum.
 * 5. D <= D+. If q2 >= q2(a), the draws within q2(a) of c2 lie in K2, and so does c2: d(h, K2) <= t1(h). The draws of side 2 are independent of those of side 1, so given them t1 of
 *    the draws of side 1 are independent and alike, and their s-quantile is at most t1(b) by 1. Four events, alpha in sum.
 * 6. N+ <= D+ always. For g with d(g, c2) <= q2(a): d(h, c2) - q2(a) <= d(h, g). So e1(b) - q2(a) <= t1(b).
 * 7. The paper's sufficient condition is never better. With x, y the nearest pair of draws in both cores, t1(h) <= d(h, y) <= d(h, c1) + d(c1, x) + d(x, y) for every h. So D+ is
 *    never larger than `sufficient`.
 * 8. The diameter k of a core. If q2 >= q2(a), draws within q2(a) of c2 lie in K2 together with c2, and k2 is at least the largest distance among them; it is at least q2, too, which
 *    is how far members of K2 are from c2. If q2 <= q2(b), any two members
 *    of K2 are d(h, c2) + d(c2, g) <= 2 q2(b) apart at most. Two events, alpha in sum.
 */
import { atLeast, atMost } from '../statistics/binomial.js';
import type { Limits } from './evidence.js';

/** One side: indices into the matrices of distances. */
export interface CoreSide {
  /** a member that was fixed before the random draws: the original model */
  readonly centre: number;
  /** draws that are independent and alike given all else here */
  readonly random: readonly number[];
  /** members that count for nothing but being members */
  readonly others: readonly number[];
  /** true where the set has no other members than these: nothing is left to chance */
  readonly complete: boolean;
}

/** What is known of every distance, row-major: it lies in [low, high]. Equal where distances are exact. */
export interface DistanceLimits {
  readonly size: number;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Two members and how far apart they are at most. */
export interface FarPair {
  readonly pair: readonly [number, number];
  readonly distance: number;
}

export interface CoreBounds {
  /** the partial Hausdorff distance: all but a share 1 - `share` of either set have a member of the other set's core within it */
  readonly distance: Limits;
  /** the paper's necessary condition, max d - min k, of the cores; `distance` is no smaller than what this truly is */
  readonly necessary: Limits;
  /** the paper's sufficient condition, min d + max k, of the cores: an upper limit of their Hausdorff distance, never tighter than `distance.high` */
  readonly sufficient?: number | undefined;
  /** of each side's core: the largest distance from the centre */
  readonly radii: readonly [Limits, Limits];
  /** of each side's core: the largest distance between two implementations, the paper's compression kappa */
  readonly diameters: readonly [Limits, Limits];
  /** that a limit rests on: the drawn member that `distance.high` is about, with its nearest of the other core */
  readonly lone?: FarPair | undefined;
  readonly nearest: FarPair;
  readonly farthest: FarPair;
}

/** Of the error rate: two limits from above and two from below go into every statement. */
const ABOVE = 0.4;
const BELOW = 0.1;

/** Random draws a side without which there is no upper limit: the smallest m with share^m <= 0.4 alpha. */
export function drawsNeeded(share: number, alpha: number): number {
  return Math.ceil(Math.log(ABOVE * alpha) / Math.log(share) - 1e-9);
}

/**
 * Which order statistics of m independent draws lie on either side of the `share` quantile, from 1: the smallest `above` with P(Bin(m, share) >= above) <= 0.4 alpha, undefined where
 * there is none, and the largest `below` with P(Bin(m, share) < below) <= 0.1 alpha, 0 where there is none.
 */
export function quantileRanks(m: number, share: number, alpha: number): { below: number; above: number | undefined } {
  let below = 0;
  while (below < m && atMost(below, m, share) <= BELOW * alpha) below++;
  let above: number | undefined;
  for (let k = m; k > below && atLeast(k, m, share) <= ABOVE * alpha; k--) above = k;
  return { below, above };
}

interface SideSample extends CoreSide {
  /** of the limits: the random draws, or all members of a complete side */
  readonly sample: readonly number[];
  readonly members: readonly number[];
  readonly below: number;
  readonly above: number | undefined;
}

function prepared(side: CoreSide, share: number, alpha: number): SideSample {
  const members = [side.centre, ...side.others, ...side.random];
  if (side.complete) return { ...side, members, sample: members, below: members.length, above: members.length };
  return { ...side, members, sample: side.random, ...quantileRanks(side.random.length, share, alpha) };
}

/** the k-th smallest, k from 1; undefined for k = undefined, `none` for k = 0 */
function ranked(values: readonly number[], k: number | undefined, none?: number): number | undefined {
  if (k === undefined) return undefined;
  return k === 0 ? none : Float64Array.from(values).toSorted()[k - 1];
}

const most = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b);

/** Distances from a point to a side's sample, in order, from the matrices. */
type From = (h: number) => { readonly low: number; readonly high: number };

/**
 * All bounds of a pair of sets.
 * @param share of each set that its core has, in (0, 1)
 * @param alpha of each limit, the chance that it is wrong
 */
export function coreBounds(
  distances: DistanceLimits,
  given: readonly [CoreSide, CoreSide],
  { share, alpha }: { share: number; alpha: number },
): CoreBounds {
  const { size, low, high } = distances;
  const sides = given.map((side) => prepared(side, share, alpha)) as [SideSample, SideSample];
  const to =
    (centre: number): From =>
    (h) => ({ low: low[h * size + centre]!, high: high[h * size + centre]! });
  const radii = sides.map((side) => {
    const of = side.sample.map(to(side.centre));
    // the centre alone is always in the core
    return {
      low: ranked(
        of.map((d) => d.low),
        side.below,
        0,
      )!,
      high: ranked(
        of.map((d) => d.high),
        side.above,
      ),
    };
  }) as unknown as [Limits, Limits];

  const directions = (
    [
      [0, 1],
      [1, 0],
    ] as const
  ).map(([i, k]) => direction(sides[i], sides[k], radii[k]));
  const [one, other] = directions as [Direction, Direction];
  const reach = most(one.high, other.high);
  const worst = (one.high ?? 0) >= (other.high ?? 0) ? one : other;
  const necessaryLow = Math.max(0, one.necessary.low, other.necessary.low);
  const { nearest, farthest } = extremes(sides[0].members, sides[1].members);
  // both of them in their cores for certain; the sure members of a core are those that the other side's direction goes to
  const together = extremes(other.sure, one.sure).nearest.distance;
  const widest = most(radii[0].high, radii[1].high);
  return {
    distance: { low: Math.max(necessaryLow, one.exact, other.exact), high: reach },
    necessary: { low: necessaryLow, high: most(one.necessary.high, other.necessary.high) },
    sufficient: widest === undefined ? undefined : together + 2 * widest,
    radii,
    diameters: [diameter(sides[0], other.sure, radii[0]), diameter(sides[1], one.sure, radii[1])],
    ...(reach !== undefined && { lone: worst.lone }),
    nearest,
    farthest,
  };

  /** From members of `side` to the core of `core`. */
  function direction(side: SideSample, core: SideSample, radius: Limits): Direction {
    const fromCentre = side.sample.map(to(core.centre));
    // in the core for certain, at the level of its lower limit
    const sure = core.complete
      ? core.members
      : core.members.filter((g) => g === core.centre || high[g * size + core.centre]! <= radius.low);
    const near = side.sample.map((h) => nearestOf(h, sure));
    const reached = ranked(
      near.map(({ distance }) => distance),
      side.above,
    );
    const at = near.findIndex(({ distance }) => distance === reached);
    const below = ranked(
      fromCentre.map((d) => d.low),
      side.below,
    );
    const above = ranked(
      fromCentre.map((d) => d.high),
      side.above,
    );
    const exact = core.complete
      ? ranked(
          side.sample.map((h) => core.members.reduce((least, g) => Math.min(least, low[h * size + g]!), Infinity)),
          side.below,
        )
      : undefined;
    return {
      high: reached,
      lone: near[Math.max(0, at)]!,
      sure,
      necessary: {
        low: below === undefined || radius.high === undefined ? 0 : below - radius.high,
        high: above === undefined ? undefined : Math.max(0, above - radius.low),
      },
      exact: exact ?? 0,
    };
  }

  function diameter({ complete }: SideSample, sure: readonly number[], radius: Limits): Limits {
    const widestOf = (matrix: Float64Array): number => {
      let found = 0;
      for (const h of sure) for (const g of sure) found = Math.max(found, matrix[h * size + g]!);
      return found;
    };
    return {
      low: Math.max(widestOf(low), radius.low),
      high: complete ? widestOf(high) : radius.high === undefined ? undefined : 2 * radius.high,
    };
  }

  function nearestOf(h: number, among: readonly number[]): FarPair {
    let at = among[0]!;
    for (const g of among) if (high[h * size + g]! < high[h * size + at]!) at = g;
    return { pair: [h, at], distance: high[h * size + at]! };
  }

  function extremes(first: readonly number[], second: readonly number[]): Pick<CoreBounds, 'nearest' | 'farthest'> {
    let nearest: FarPair = { pair: [sides[0].centre, sides[1].centre], distance: Infinity };
    let farthest: FarPair = { ...nearest, distance: -Infinity };
    for (const h of first) {
      for (const g of second) {
        const distance = high[h * size + g]!;
        if (distance < nearest.distance) nearest = { pair: [h, g], distance };
        if (distance > farthest.distance) farthest = { pair: [h, g], distance };
      }
    }
    return { nearest, farthest };
  }
}

interface Direction {
  readonly high: number | undefined;
  readonly lone: FarPair;
  /** members of the core for certain */
  readonly sure: readonly number[];
  readonly necessary: Limits;
  /** lower limit from all members of a complete core; 0 where it is not complete */
  readonly exact: number;
}

/**
 * What the rule would say of a stranger that is unrelated by construction in the other side's place.
 * @param controls for each side, the index of a stand-in for its centre, unrelated to it: the same representation with its inputs shuffled, whose set then has the same radius
 * @returns how far all but a share of each side are from the other's control, and the lower limit of the necessary condition that this gives; the larger of the two directions
 */
export function controlBounds(
  { size, low }: DistanceLimits,
  given: readonly [CoreSide, CoreSide],
  controls: readonly [number, number],
  radii: CoreBounds['radii'],
  { share, alpha }: { share: number; alpha: number },
): { distance: number; necessary: number } {
  let [distance, necessary] = [0, 0];
  for (const [i, k] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const { sample, below } = prepared(given[i], share, alpha);
    const from = ranked(
      sample.map((h) => low[h * size + controls[k]]!),
      below,
      0,
    )!;
    distance = Math.max(distance, from);
    const radius = radii[k].high;
    if (radius !== undefined) necessary = Math.max(necessary, from - radius);
  }
  return { distance, necessary };
}
