/** The contraction distance of Sun and Toneva (ICLR 2026), the definition their theorems are about, solved to a certified gap. */
import { NumericalError, OptionError } from '../errors.js';
import { random } from '../random.js';
import { subsetInputs, traceOf } from '../representation/gram.js';
import { atOnce, each, inTurns, type Pieces } from '../signal.js';
import { borrowKernel, returnKernel, type Kernel } from '../tensor/kernels.js';
import { ContractionSolver } from './contraction-solver.js';
import { checkedGrams, checkGrams } from './grams.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { allPairs } from './pairs.js';
import { pace } from './pace.js';
import { principalDirections, type Principal } from './principal.js';
import { crossed } from './cca.js';

/** Options of `contractionMeasure`. */
export interface ContractionOptions {
  /**
   * Scale every representation to norm 1 first. False is the paper's own distance, in the units of the activations (the root of a sum of
   * squares over inputs and features): it notices scale. @defaultValue true
   */
  readonly normalise?: boolean;
  /** how narrow the certified interval around each distance must be, in units of the larger norm of the two. @defaultValue 0.005 */
  readonly gap?: number;
  /** with more inputs than this, a seeded subset of this many is compared (every pair costs some tens of n^3); Infinity for all. @defaultValue 100 */
  readonly maxInputs?: number;
}

/** The distance and what is known of it. */
export interface Contraction {
  /** reached by contractions that were found: an upper limit, and the value reported */
  readonly distance: number;
  /** the true distance is no smaller than distance - gap, by the dual problem */
  readonly gap: number;
}

const GAP = 0.005;
const FEWEST_INPUTS = 2;
const MAX_INPUTS = 100;
/** steps after which a pair is given up; 5 to 30 are usual at the default gap */
const STEPS = 2000;

function checked({
  normalise = true,
  gap = GAP,
  maxInputs = MAX_INPUTS,
}: ContractionOptions): Required<ContractionOptions> {
  if (typeof normalise !== 'boolean')
    throw new OptionError({ what: `normalise must be true or false, not ${String(normalise)}.`, where: 'normalise' });
  // below it rounding, 1e-8 in a root, would decide
  if (!(gap >= 1e-6 && gap <= 1))
    throw new OptionError({
      what: `The gap must be in [1e-6, 1], not ${gap}.`,
      where: 'gap',
      hint: `leave it out for ${GAP}`,
    });
  if (!(maxInputs >= FEWEST_INPUTS))
    throw new OptionError({
      what: `The contraction distance needs at least two inputs, not ${maxInputs}.`,
      where: 'maxInputs',
      hint: `leave it out for ${MAX_INPUTS}`,
    });
  return { normalise, gap, maxInputs };
}

/** One pair, in units of the larger norm: steps the worse direction until the larger of the two is certain. */
function solve(kernel: Kernel, n: number, x: Principal, y: Principal, gap: number): Pieces<Contraction> {
  return kernel.scopeOf(solving(kernel, n, x, y, gap));
}

function* solving(kernel: Kernel, n: number, x: Principal, y: Principal, gap: number): Pieces<Contraction> {
  // Y X^T
  const roots = (p: Principal): Float64Array => p.variances.map(Math.sqrt);
  const [rx, ry] = [roots(x), roots(y)];
  const c = crossed(kernel, n, y, x).view.slice();
  for (let i = 0; i < y.rank; i++)
    for (let j = 0; j < x.rank; j++) c[i * x.rank + j] = c[i * x.rank + j]! * ry[i]! * rx[j]!;
  const turned = new Float64Array(c.length);
  for (let i = 0; i < y.rank; i++) for (let j = 0; j < x.rank; j++) turned[j * y.rank + i] = c[i * x.rank + j]!;
  const one = new ContractionSolver(kernel, x.variances, y.variances, c);
  const other = new ContractionSolver(kernel, y.variances, x.variances, turned);
  for (let step = 0; ; step++) {
    yield;
    const distance = Math.max(one.upper, other.upper);
    const reached = distance - Math.max(one.lower, other.lower);
    if (reached <= gap) return { distance, gap: Math.max(0, reached) };
    if (step === STEPS) {
      throw new NumericalError({
        what: `The contraction distance did not converge to a gap of ${gap} in ${STEPS} steps; it is ${reached.toPrecision(2)}.`,
        hint: 'ask for a larger gap',
      });
    }
    (one.upper >= other.upper ? one : other).step();
  }
}

/** principal directions in units of a common scale */
const scaled = (p: Principal, by: number): Principal => ({ ...p, variances: p.variances.map((v) => v * by) });

/**
 * The contraction distance of one pair over all its inputs, with its certificate; `contractionMeasure` documents the definition.
 * @throws RepresentationError, NumericalError
 */
export function contractionDistance(
  a: Gram,
  b: Gram,
  options: Omit<ContractionOptions, 'maxInputs'> = {},
): Contraction {
  const { normalise, gap } = checked(options);
  const n = checkGrams([a, b], FEWEST_INPUTS);
  const kernel = borrowKernel();
  try {
    return atOnce(
      pairOf(
        kernel,
        n,
        [principalDirections(kernel, a), principalDirections(kernel, b)],
        normalise ? undefined : [traceOf(a), traceOf(b)],
        gap,
      ),
    );
  } finally {
    returnKernel(kernel);
  }
}

function* pairOf(
  kernel: Kernel,
  n: number,
  [x, y]: readonly [Principal, Principal],
  traces: readonly [number, number] | undefined,
  gap: number,
): Pieces<Contraction> {
  if (!traces) return yield* solve(kernel, n, x, y, gap);
  const unit = Math.max(...traces);
  const found = yield* solve(kernel, n, scaled(x, traces[0] / unit), scaled(y, traces[1] / unit), gap);
  return { distance: found.distance * Math.sqrt(unit), gap: found.gap * Math.sqrt(unit) };
}

/**
 * d(X, Y) = max( inf over |A|_op <= 1 of |A X - Y|_F, inf over |B|_op <= 1 of |X - B Y|_F ) between centred representations (features x inputs), scaled to
 * norm 1 unless `normalise` is false.
 *
 * The operators live in the row spaces of Gram factors: components of A X outside the span of Y only add error, so n x n matrices are enough and the features are not
 * needed. The distance is that of Y's Gram L from the set of Grams below X's, {G: 0 <= G <= K}, in Bures distance.
 *
 * With unit norms from 0 to 1, and no more than sin of the Procrustes angle, no less than sqrt(1 - R2) of unpenalised linear regression on the same inputs. A metric
 * (contractions compose) up to the gap: between representations up to rotation and translation and, with `normalise`, isotropic scaling. Invertible linear maps
 * are noticed. Copies come out below 1e-6 rather than at 0: a root halves the digits.
 *
 * Cost: about 3 n^3 x 10 steps for every pair.
 */
export function contractionMeasure(options: ContractionOptions = {}): Measure {
  const { normalise, gap, maxInputs } = checked(options);
  return {
    name: 'contraction',
    summary:
      "the paper's: what is left of one after the best operator of norm at most 1 on the other, the worse direction",
    range: normalise ? { max: 1 } : { max: Infinity, note: 'the norm of the activations' },
    invariances: normalise ? ['scale'] : [],
    metric: true,
    subsamples: maxInputs !== Infinity,
    gap,
    fewestInputs: FEWEST_INPUTS,
    // 0.1 % of the variance is not matched
    resolution: Math.sqrt(0.001),
    async distances(given: readonly Gram[], measureOptions: MeasureOptions): Promise<Distances> {
      const all = await checkedGrams(given, FEWEST_INPUTS, measureOptions);
      const m = given.length;
      const chosen =
        all > maxInputs ? random(measureOptions.seed, 'contraction inputs').subset(all, maxInputs) : undefined;
      const grams = chosen ? await each(given, (gram) => subsetInputs(gram, chosen), measureOptions.signal) : given;
      const n = await checkedGrams(grams, FEWEST_INPUTS, measureOptions);
      const { signal, progress } = measureOptions;
      const part = (from: number, to: number) => ({
        ...(signal && { signal }),
        progress: (done: number) => progress?.(from + (to - from) * done),
      });
      const turn = pace(m, part(0, 0.02));
      const kernel = borrowKernel();
      try {
        const bases: Principal[] = [];
        for (const gram of grams) {
          bases.push(principalDirections(kernel, gram));
          await turn();
        }
        const traces = grams.map(traceOf);
        const gaps = new Float64Array(m * m);
        const one = async (i: number, j: number): Promise<number> => {
          const found = await inTurns(
            pairOf(kernel, n, [bases[i]!, bases[j]!], normalise ? undefined : [traces[i]!, traces[j]!], gap),
            signal,
          );
          gaps[i * m + j] = found.gap;
          gaps[j * m + i] = found.gap;
          return found.distance;
        };
        return { m, data: await allPairs(m, one, part(0.02, 1)), gap: gaps };
      } finally {
        returnKernel(kernel);
      }
    },
  };
}

/** The paper's distance, at its own settings. */
export const contraction = contractionMeasure();
