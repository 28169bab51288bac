/**
 * Whether what is said of twins holds of the inputs that were not drawn. The baseline has features phi(x); intervention w adds g(x) E_w phi(x) to them. The candidate has phi(x) + tau s(x) u, and the same
 * intervention adds g(x) (c E_w + sqrt(1 - c^2) F_w) phi(x). The weights g and s differ from input to input. Inputs and interventions are drawn anew in each repeat; the truth is over both.
 * Distances are those of CKA. Grams are never made: the inner product of two is the squared norm of the features' covariance.
 */
import { random, type Random } from '../../src/random.js';
import { overInputs, ratioOverInputs, type OnGroups } from '../../src/statistics/input-groups.js';
import { meanTwinRatio, median, medianRatio, TwinTest, type TwinBlock } from '../../src/statistics/twins.js';
import { cosineLevels, ratioLevels } from '../../src/verdict/twins/running.js';
import { defaultPolicy } from '../../src/verdict/rule/policy.js';

export interface TwinInputWorld {
  /** pairs of twins */
  readonly pairs: number;
  readonly n: number;
  readonly groups: number;
  /** spread of the weights of inputs, on the logarithmic scale */
  readonly uneven: number;
}

export const twinNumbers = ['ratio', 'meanRatio', 'cosine'] as const;
export type TwinNumber = (typeof twinNumbers)[number];
type Limits = Record<TwinNumber, { readonly low: number; readonly high: number }>;
type Numbers = Record<TwinNumber, number>;
/** Repeats whose lower limit is above the truth, whose upper one is below it; and the same without groups of inputs. */
export type TwinInputCell = Record<TwinNumber, { low: number; high: number; lowAlone: number; highAlone: number }>;

const P = 4;
/** Size of what an intervention adds; of the shift of all of the candidate; how much of what is added the models share. */
const EFFECT = 0.4;
const TAU = 0.25;
const SHARED = 0.75;
const FLOOR = 1e-6;
/** Of the truth. */
const MANY = { inputs: 20_000, pairs: 60, times: 6 };

const levels = { alpha: defaultPolicy.alpha, beta: defaultPolicy.beta };
/** Of the lower and the upper limit of each number. */
const tailsOf = { ratio: ratioLevels(levels), meanRatio: ratioLevels(levels), cosine: cosineLevels(levels) };

const normals = (count: number, next: Random): Float64Array =>
  Float64Array.from({ length: count }, () => next.normal());

/** Weights of mean square 1. */
const weights = (n: number, uneven: number, next: Random): Float64Array =>
  Float64Array.from({ length: n }, () => Math.exp(uneven * next.normal() - uneven ** 2));

/** Features of all draws of both models on n inputs, the models themselves first: [side 1, side 2]. */
function drawn({ pairs, n, uneven }: TwinInputWorld, next: Random): Float64Array[][] {
  const phi = normals(n * P, next);
  const g = weights(n, uneven, next);
  const s = weights(n, uneven, next);
  const sign = Float64Array.from({ length: n }, () => (next.below(2) ? 1 : -1));
  const E = Array.from({ length: pairs }, () => normals(P * P, next));
  const F = E.map((own) => {
    const other = normals(P * P, next);
    return own.map((x, i) => SHARED * x + Math.sqrt(1 - SHARED ** 2) * other[i]!);
  });
  const model = (shift: number, added: Float64Array | undefined): Float64Array => {
    const f = new Float64Array(n * P);
    for (let x = 0; x < n; x++)
      for (let a = 0; a < P; a++) {
        let sum = phi[x * P + a]! + shift * s[x]! * sign[x]!;
        if (added)
          for (let b = 0; b < P; b++) sum += (EFFECT * g[x]! * added[a * P + b]! * phi[x * P + b]!) / Math.sqrt(P);
        f[x * P + a] = sum;
      }
    return f;
  };
  return [[undefined, ...E].map((added) => model(0, added)), [undefined, ...F].map((added) => model(TAU, added))];
}

/** Rows at some places, centred. */
function centred(f: Float64Array, at: readonly number[]): Float64Array {
  const some = new Float64Array(at.length * P);
  for (let a = 0; a < P; a++) {
    let mean = 0;
    for (const x of at) mean += f[x * P + a]! / at.length;
    for (const [i, x] of at.entries()) some[i * P + a] = f[x * P + a]! - mean;
  }
  return some;
}

/** Inner product of two Grams. */
function inner(f: Float64Array, h: Float64Array): number {
  const cross = new Float64Array(P * P);
  for (let x = 0; x < f.length; x += P)
    for (let a = 0; a < P; a++) for (let b = 0; b < P; b++) cross[a * P + b]! += f[x + a]! * h[x + b]!;
  return cross.reduce((sum, value) => sum + value * value, 0);
}

interface Seen {
  readonly blocks: readonly TwinBlock[];
  readonly twins: readonly number[];
  readonly within: readonly [Float64Array, Float64Array];
  readonly cosines: readonly number[];
}

/** What is measured on the inputs at some places. */
function seenOn(sides: readonly Float64Array[][], at: readonly number[]): Seen {
  const all = sides.flat().map((f) => centred(f, at));
  const m = sides[0]!.length;
  const norms = all.map((f) => Math.sqrt(inner(f, f)));
  const cosine = (i: number, j: number): number => inner(all[i]!, all[j]!) / norms[i]! / norms[j]!;
  const d = (i: number, j: number): number => Math.acos(Math.min(1, cosine(i, j))) / (Math.PI / 2);
  const pairs = m - 1;
  const within = [0, m].map((from) => {
    const block = new Float64Array(pairs * pairs);
    for (let i = 0; i < pairs; i++)
      for (let j = 0; j < i; j++) block[i * pairs + j] = block[j * pairs + i] = d(from + 1 + i, from + 1 + j);
    return block;
  }) as [Float64Array, Float64Array];
  const twins = Array.from({ length: pairs }, (_, w) => d(1 + w, m + 1 + w));
  const before = cosine(0, m);
  const cosines = Array.from({ length: pairs }, (_, w) => {
    const [a, b] = [1 + w, m + 1 + w];
    // of unit Grams after, less before
    const dot = cosine(a, b) - cosine(a, m) - cosine(0, b) + before;
    return dot / Math.sqrt((2 - 2 * cosine(0, a)) * (2 - 2 * cosine(m, b)));
  });
  return {
    twins,
    within,
    cosines,
    blocks: Array.from({ length: Math.floor(pairs / 2) }, (_, b): TwinBlock => {
      const [i, j] = [2 * b, 2 * b + 1];
      return {
        twins: [twins[i]!, twins[j]!],
        siblings: [within[0][i * pairs + j]!, within[1][i * pairs + j]!],
      };
    }),
  };
}

const estimates = (seen: Seen): Numbers => ({
  ratio: medianRatio(seen.blocks, FLOOR),
  meanRatio: meanTwinRatio(seen, FLOOR, tailsOf.meanRatio).estimate,
  cosine: median(seen.cosines),
});

/** Limits of a seen sample, over the interventions alone or over inputs as well. */
function limits(seen: Seen, groups: readonly Numbers[] | undefined): Limits {
  const test = new TwinTest(FLOOR);
  for (const [b, block] of seen.blocks.entries()) test.observe(block, seen.cosines.slice(2 * b, 2 * b + 2));
  const on = (of: TwinNumber): OnGroups | undefined => groups && { values: groups.map((group) => group[of]), left: 1 };
  return {
    ratio: ratioOverInputs(test.ratio(tailsOf.ratio), on('ratio'), tailsOf.ratio),
    meanRatio: ratioOverInputs(meanTwinRatio(seen, FLOOR, tailsOf.meanRatio), on('meanRatio'), tailsOf.meanRatio),
    cosine: overInputs(test.cosine(tailsOf.cosine), on('cosine'), tailsOf.cosine, [-1, 1]),
  };
}

const places = (n: number): number[] => Array.from({ length: n }, (_, x) => x);

/** Over many inputs and interventions, a few times: their mean. */
export function twinTruth(uneven: number): Numbers {
  const found = Array.from({ length: MANY.times }, (_, time) => {
    const world = { pairs: MANY.pairs, n: MANY.inputs, groups: 0, uneven };
    return estimates(seenOn(drawn(world, random(time, `twins of many inputs, ${uneven}`)), places(MANY.inputs)));
  });
  const mean = (of: TwinNumber): number => found.reduce((sum, one) => sum + one[of], 0) / found.length;
  return { ratio: mean('ratio'), meanRatio: mean('meanRatio'), cosine: mean('cosine') };
}

export function twinInputCell(world: TwinInputWorld, truth: Numbers, repeats: number, seed: number): TwinInputCell {
  const none = () => ({ low: 0, high: 0, lowAlone: 0, highAlone: 0 });
  const cell: TwinInputCell = { ratio: none(), meanRatio: none(), cosine: none() };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const sides = drawn(world, random(seed, `twins and inputs ${JSON.stringify(world)} ${repeat}`));
    const seen = seenOn(sides, places(world.n));
    const groups = Array.from({ length: world.groups }, (_, g) =>
      estimates(
        seenOn(
          sides,
          places(world.n).filter((x) => x % world.groups === g),
        ),
      ),
    );
    const [both, alone] = [limits(seen, groups), limits(seen, undefined)];
    for (const of of twinNumbers) {
      if (both[of].low > truth[of]) cell[of].low++;
      if (both[of].high < truth[of]) cell[of].high++;
      if (alone[of].low > truth[of]) cell[of].lowAlone++;
      if (alone[of].high < truth[of]) cell[of].highAlone++;
    }
  }
  return cell;
}
