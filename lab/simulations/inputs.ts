/**
 * Whether limits hold of the inputs that were not drawn. Implementation i of side a is f(x) = L . phi(x), and on side 2 a shift s(x) is added: how far the sides are apart differs from input to input. Both
 * implementations and inputs are drawn anew in each repeat; the truth is over all inputs of the population.
 */
import { random, type Random } from '../../src/random.js';
import { excessInterval, meanDistances, views } from '../../src/statistics/intervals.js';
import type { Blocks } from '../../src/statistics/judgement.js';
import { defaultPolicy as policy } from '../../src/verdict/rule/policy.js';

export interface InputWorld {
  /** implementations a side */
  readonly m: number;
  /** inputs drawn, and groups that they are dealt into */
  readonly n: number;
  readonly groups: number;
  /** inputs of the task; undefined: without end */
  readonly population: number | undefined;
  /** spread of the shift of an input, on the logarithmic scale: 0 is as even as can be */
  readonly uneven: number;
  /** of the implementations of one intervention; undefined: the sides are drawn apart */
  readonly correlation: number | undefined;
  /** spread of the second side's implementations, that of the first being 1 */
  readonly breadth?: number | undefined;
}

export interface InputCell {
  /** repeats whose upper limit is below the margin */
  near: number;
  nearAlone: number;
  /** repeats whose lower limit is above the truth, whose upper one is below it, as the first side sees it */
  low: number;
  high: number;
  /** the same for limits over implementations alone */
  lowAlone: number;
  highAlone: number;
}

/** Features of an input. */
const FEATURES = 12;
/** Pairs of implementations that a truth is taken over. */
const PAIRS = 2000;

interface Inputs {
  /** n x FEATURES */
  readonly phi: Float64Array;
  /** of mean square 1 */
  readonly shift: Float64Array;
}

function drawInputs(n: number, uneven: number, next: Random): Inputs {
  const phi = Float64Array.from({ length: n * FEATURES }, () => next.normal());
  // E exp(2 uneven z) = exp(2 uneven^2)
  const shift = Float64Array.from(
    { length: n },
    () => (next.below(2) ? 1 : -1) * Math.exp(uneven * next.normal() - uneven ** 2),
  );
  return { phi, shift };
}

/** Differences of two implementations of one side, the same for all truths. */
const differences = (() => {
  const next = random(7, 'differences');
  return Float64Array.from({ length: PAIRS * FEATURES }, () => Math.SQRT2 * next.normal());
})();

/** Mean distances over all of some inputs: of two implementations of one side, and of two sides whose shift is `tau`. Second moments of the inputs are all that matters. */
function truth({ phi, shift }: Inputs, tau: number, breadth: number): number {
  const n = shift.length;
  const second = new Float64Array(FEATURES * FEATURES);
  const cross = new Float64Array(FEATURES);
  let square = 0;
  for (let x = 0; x < n; x++) {
    square += shift[x]! ** 2 / n;
    for (let a = 0; a < FEATURES; a++) {
      const p = phi[x * FEATURES + a]!;
      cross[a]! += (p * shift[x]!) / n;
      for (let b = 0; b < FEATURES; b++) second[a * FEATURES + b]! += (p * phi[x * FEATURES + b]!) / n;
    }
  }
  return excessOf(second, cross, square, tau, breadth);
}

/** As the first side sees it. */
function excessOf(second: Float64Array, cross: Float64Array, square: number, tau: number, breadth: number): number {
  let [siblings, strangers] = [0, 0];
  // a difference of two implementations of one side has a variance of 2 along each feature, one across of 1 + breadth^2
  const wider = Math.sqrt((1 + breadth ** 2) / 2);
  for (let pair = 0; pair < PAIRS; pair++) {
    const d = differences.subarray(pair * FEATURES, (pair + 1) * FEATURES);
    let [own, mixed] = [0, 0];
    for (let a = 0; a < FEATURES; a++) {
      mixed += d[a]! * cross[a]!;
      for (let b = 0; b < FEATURES; b++) own += d[a]! * d[b]! * second[a * FEATURES + b]!;
    }
    siblings += Math.sqrt(Math.max(0, own));
    strangers += Math.sqrt(Math.max(0, wider ** 2 * own + 2 * tau * wider * mixed + tau ** 2 * square));
  }
  return strangers / siblings - 1;
}

/** Over inputs without end. */
const endless = (tau: number, breadth: number): number => {
  const identity = Float64Array.from({ length: FEATURES ** 2 }, (_, at) => (at % (FEATURES + 1) === 0 ? 1 : 0));
  return excessOf(identity, new Float64Array(FEATURES), 1, tau, breadth);
};

/** The shift that makes the excess over inputs without end what is wanted. */
export function shiftFor(excess: number, breadth = 1): number {
  let [low, high] = [0, 100];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (endless(middle, breadth) < excess) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Distances on the inputs at these places. */
function blocksOn(at: readonly number[], f: readonly Float64Array[], m: number, paired: boolean): Blocks {
  const distance = (a: Float64Array, b: Float64Array): number => {
    let sum = 0;
    for (const x of at) sum += (a[x]! - b[x]!) ** 2;
    return Math.sqrt(sum / at.length);
  };
  const block = (from: number, to: number): Float64Array =>
    Float64Array.from({ length: m * m }, (_, i) => distance(f[from + Math.floor(i / m)]!, f[to + (i % m)]!));
  return {
    m1: m,
    m2: m,
    within1: block(0, 0),
    within2: block(m, m),
    across: block(0, m),
    ...(paired && { paired: true }),
  };
}

/** Both sides on the inputs that were drawn, on each group of them, and the true excess over all inputs as the first side sees it. */
export interface InputSample {
  readonly blocks: Blocks;
  readonly groups: readonly Blocks[];
  /** share of the task's inputs that were not drawn */
  readonly left: number;
  readonly whole: number;
}

export function inputSample(world: InputWorld, tau: number, next: Random): InputSample {
  const { m, n, groups: count, population, uneven, correlation, breadth = 1 } = world;
  // those drawn come first: the population has no order
  const all = drawInputs(population ?? n, uneven, next);
  const weights = Array.from({ length: 2 * m }, () => Float64Array.from({ length: FEATURES }, () => next.normal()));
  const c = correlation ?? 0;
  for (let i = 0; i < m; i++)
    for (let a = 0; a < FEATURES; a++)
      weights[m + i]![a] = breadth * (c * weights[i]![a]! + Math.sqrt(1 - c ** 2) * weights[m + i]![a]!);
  const f = weights.map((own, i) =>
    Float64Array.from({ length: n }, (_, x) => {
      let sum = i < m ? 0 : tau * all.shift[x]!;
      for (let a = 0; a < FEATURES; a++) sum += own[a]! * all.phi[x * FEATURES + a]!;
      return sum;
    }),
  );
  const paired = correlation !== undefined;
  const places = Array.from({ length: n }, (_, x) => x);
  return {
    blocks: blocksOn(places, f, m, paired),
    groups: Array.from({ length: count }, (_, g) =>
      blocksOn(
        places.filter((x) => x % count === g),
        f,
        m,
        paired,
      ),
    ),
    left: population === undefined ? 1 : 1 - n / population,
    whole: population === undefined ? endless(tau, breadth) : truth(all, tau, breadth),
  };
}

export function inputCell(world: InputWorld, tau: number, repeats: number, seed: number): InputCell {
  const cell: InputCell = { low: 0, high: 0, lowAlone: 0, highAlone: 0, near: 0, nearAlone: 0 };
  const tails = { low: policy.alpha, high: policy.beta };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const next = random(seed, `inputs ${JSON.stringify(world)} ${tau} ${repeat}`);
    const { blocks, groups, left, whole } = inputSample(world, tau, next);
    const inputs = { groups: groups.map(meanDistances), left };
    const [both, alone] = [{ ...blocks, inputs }, blocks].map((of) =>
      excessInterval(views(of)[0], policy.resolution, tails),
    ) as [ReturnType<typeof excessInterval>, ReturnType<typeof excessInterval>];
    if (both.low > whole) cell.low++;
    if (both.high < whole) cell.high++;
    if (alone.low > whole) cell.lowAlone++;
    if (alone.high < whole) cell.highAlone++;
    if (both.high < policy.margin) cell.near++;
    if (alone.high < policy.margin) cell.nearAlone++;
  }
  return cell;
}
