/** Orthogonal Procrustes as an angle (the Riemannian shape distance of Williams et al. 2021, "Generalized shape metrics"). */
import { OptionError } from '../errors.js';
import { random } from '../random.js';
import { subsetInputs } from '../representation/gram.js';
import { breathe, each } from '../signal.js';
import { borrowKernel, matrix, returnKernel, transpose, type Kernel } from '../tensor/kernels.js';
import { pivotedCholesky, singularValues, type Factor } from '../tensor/linalg.js';
import { checkedGrams } from './grams.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { pace } from './pace.js';

/** Options of `procrustesMeasure`. */
export interface ProcrustesOptions {
  /** with more inputs than this, a seeded subset of this many is compared (every pair costs n^3); Infinity for all. @defaultValue 128 */
  readonly maxInputs?: number;
}

const MAX_INPUTS = 128;
const FEWEST_INPUTS = 2;

/**
 * Orthogonal Procrustes between centred representations of unit norm: the angle arccos(|X^T Y|_* / (|X| |Y|)), divided by pi / 2, in [0, 1].
 * A metric between representations up to rotation, reflection, translation and isotropic scaling. The nuclear norm is that of the
 * product of the Grams' Cholesky factors. Copies come out below 1e-6 rather than at 0: an arccosine near 1 halves the digits.
 */
export function procrustesMeasure(options: ProcrustesOptions = {}): Measure {
  const maxInputs = options.maxInputs ?? MAX_INPUTS;
  if (!(maxInputs >= FEWEST_INPUTS)) {
    throw new OptionError({
      what: `Procrustes needs at least two inputs, not ${maxInputs}.`,
      where: 'maxInputs',
      hint: `leave it out for ${MAX_INPUTS}`,
    });
  }
  return {
    name: 'procrustes',
    summary: 'angle left by the best rotation',
    range: { max: 1 },
    invariances: ['scale'],
    metric: true,
    subsamples: maxInputs !== Infinity,
    fewestInputs: FEWEST_INPUTS,
    // squared cosine = 0.999: 0.1 % of the variance is not matched
    resolution: Math.acos(Math.sqrt(0.999)) / (Math.PI / 2),
    async distances(given: readonly Gram[], measureOptions: MeasureOptions): Promise<Distances> {
      const all = await checkedGrams(given, FEWEST_INPUTS, measureOptions);
      const m = given.length;
      const { signal } = measureOptions;
      const turn = pace(m, measureOptions);
      const chosen =
        all > maxInputs ? random(measureOptions.seed, 'procrustes inputs').subset(all, maxInputs) : undefined;
      const grams = chosen ? await each(given, (gram) => subsetInputs(gram, chosen), signal) : given;
      const n = await checkedGrams(grams, FEWEST_INPUTS, measureOptions);
      const factors = await each(grams, ({ data }) => pivotedCholesky(data, n), signal);
      const norms = factors.map(({ data }) => Math.sqrt(data.reduce((sum, x) => sum + x * x, 0)));
      const data = new Float64Array(m * m);
      const kernel = borrowKernel();
      try {
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < i; j++) {
            const cosine = nuclearNorm(kernel, n, factors[i]!, factors[j]!) / (norms[i]! * norms[j]!);
            const angle = Math.acos(Math.min(1, cosine)) / (Math.PI / 2);
            data[i * m + j] = angle;
            data[j * m + i] = angle;
            await breathe(signal);
          }
          await turn();
        }
      } finally {
        returnKernel(kernel);
      }
      return { m, data };
    },
  };
}

/** |F^T G|_*, the sum of the singular values */
function nuclearNorm(kernel: Kernel, n: number, f: Factor, g: Factor): number {
  return kernel.scope(() => {
    const left = kernel.alloc(n * f.rank);
    const right = kernel.alloc(n * g.rank);
    const product = kernel.alloc(f.rank * g.rank);
    left.view.set(f.data);
    right.view.set(g.data);
    kernel.product(
      f.rank,
      g.rank,
      n,
      1,
      transpose(matrix(left, f.rank)),
      matrix(right, g.rank),
      matrix(product, g.rank),
    );
    return singularValues(kernel, f.rank, g.rank, product).reduce((a, b) => a + b, 0);
  });
}

/** The angle left by the best rotation, at its own settings. */
export const procrustes = procrustesMeasure();
