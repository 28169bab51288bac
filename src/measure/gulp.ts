/** GULP (Boix-Adsera, Lawrence, Stepaniants and Rigollet 2022): how far apart are ridge regressions on two representations? */
import { OptionError } from '../errors.js';
import { traceOf } from '../representation/gram.js';
import { borrowKernel, matrix, returnKernel } from '../tensor/kernels.js';
import { checkedGrams } from './grams.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { pace } from './pace.js';
import { innerProducts } from './products.js';

/** Options of `gulpMeasure`. */
export interface GulpOptions {
  /** ridge penalty, beside representations scaled so that their mean squared norm is 1; at 0.01 a direction with 1 % of the variance is half kept. @defaultValue 0.01 */
  readonly lambda?: number;
}

const LAMBDA = 0.01;
const FEWEST_INPUTS = 2;

/**
 * d^2 = |S_K - S_L|^2 with S = K (K + n lambda I)^-1, the smoother of ridge regression, K scaled to trace n: in covariances the
 * authors' tr (C_x A_x)^2 + tr (C_y A_y)^2 - 2 tr A_x C_xy A_y C_yx, A = (C + lambda I)^-1. It bounds the root mean square difference of the
 * two regressions' predictions over any labels of unit variance.
 *
 * From 0 to sqrt(2 x effective dimensions); a metric between representations up to rotation, translation and isotropic scaling; towards an
 * invertible linear map of the features it is the less sensitive, the smaller lambda. Cost: one inverse (n^3) each, then one product, m^2 n^2.
 * @throws OptionError for a lambda that is not above 0
 */
export function gulpMeasure({ lambda = LAMBDA }: GulpOptions = {}): Measure {
  if (!(lambda > 1e-12 && lambda < Infinity)) {
    throw new OptionError({
      what: `The penalty of GULP must be a number above 1e-12, not ${lambda}.`,
      where: 'lambda',
      hint: `leave it out for ${LAMBDA}`,
    });
  }
  return {
    name: 'gulp',
    summary: 'difference of the two ridge smoothers',
    range: { max: Infinity, note: 'sqrt(2 x dimensions)' },
    invariances: ['scale'],
    metric: true,
    subsamples: false,
    fewestInputs: FEWEST_INPUTS,
    // predictions of any label differ by at most 0.1 % of its variance
    resolution: Math.sqrt(0.001),
    async distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances> {
      const n = await checkedGrams(grams, FEWEST_INPUTS, options);
      const m = grams.length;
      const turn = pace(2 * m, options);
      const smoothers: Float64Array[] = [];
      for (const gram of grams) {
        smoothers.push(smoother(gram, lambda));
        await turn();
      }
      const { signal, progress } = options;
      const products = await innerProducts(
        m,
        n * n,
        (row, start, width, into) => into.set(smoothers[row]!.subarray(start, start + width)),
        {
          ...(signal && { signal }),
          progress: (done) => progress?.(0.5 + done / 2),
        },
      );
      const data = Float64Array.from({ length: m * m }, (_, at) => {
        const [i, j] = [Math.floor(at / m), at % m];
        return Math.sqrt(Math.max(0, products[i * m + i]! + products[j * m + j]! - 2 * products[at]!));
      });
      return { m, data };
    },
  };
}

/** I - n lambda (K + n lambda I)^-1, K of trace n */
function smoother(gram: Gram, lambda: number): Float64Array {
  const { n } = gram;
  const scale = n / traceOf(gram);
  const kernel = borrowKernel();
  try {
    const a = kernel.alloc(n * n);
    const { view } = a;
    for (let at = 0; at < n * n; at++) view[at] = gram.data[at]! * scale;
    for (let i = 0; i < n; i++) view[i * n + i] = view[i * n + i]! + n * lambda;
    kernel.invert(n, matrix(a, n));
    const s = a.view.map((x) => -n * lambda * x);
    for (let i = 0; i < n; i++) s[i * n + i] = s[i * n + i]! + 1;
    return s;
  } finally {
    returnKernel(kernel);
  }
}

/** The difference of two ridge smoothers, at its own settings. */
export const gulp = gulpMeasure();
