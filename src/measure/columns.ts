/** Two scores that depend on the basis the features are written in, so that no Gram will do: for comparison with the literature only. */
import { OptionError } from '../errors.js';
import { gramOf, someRows, type Rows } from '../representation/gram.js';
import { repeatedInputs } from '../representation/repeats.js';
import { atOnce } from '../signal.js';
import { borrowKernel, matrix, returnKernel, transpose } from '../tensor/kernels.js';
import { symmetricEigen } from '../tensor/linalg.js';
import { canonicalBases, crossed } from './cca.js';
import { RidgePredictor } from './ridge-predictor.js';
import { ridgeFits } from './ridge-fits.js';
import type { RidgeOptions } from './ridge-options.js';
import { splitInputs, type Split } from './split.js';
import type { Principal } from './principal.js';

/** What `ridgeColumns` gives. */
export interface RidgeColumns {
  /** the penalty that leave-one-out over the training rows chose for all columns */
  readonly alpha: number;
  /** R2 of every column of Y on the test rows, by scikit-learn's rules: 1 for a constant column predicted as such, 0 for one that is not */
  readonly columns: Float64Array;
  /** their mean, every column weighing alike (`uniform_average`) */
  readonly r2: number;
  /** sqrt(max(r2, 0)), what the reference code of Sun and Toneva calls the similarity of X to Y */
  readonly score: number;
}

/**
 * The reference code's score: RidgeCV from X to Y on the training rows (penalties 0.1, 1, 10, intercept), R2 on the test rows averaged over the columns of Y with
 * equal weight. A rotation of Y changes it, sometimes completely (0.05 against 0.59 was met), and a column that hardly varies counts as much as one that carries everything. The measure
 * `ridge` weighs columns by their variance instead, which does not depend on the basis.
 * @param x features of the inputs, row-major [n, p]
 * @param y features of the same inputs, row-major [n, q]
 * @param options.split rows to fit on and to test on; without it, split number 0 of `seed` (default 0), a tenth held out, of the inputs that
 *   do not coincide in both
 * @throws RepresentationError, NumericalError, OptionError as `ridgeFits`
 */
export async function ridgeColumns(
  x: Rows,
  y: Rows,
  options: RidgeOptions & { readonly split?: Split; readonly seed?: number } = {},
): Promise<RidgeColumns> {
  const n = x.shape[0];
  const q = y.shape[1];
  const alphas = options.alphas ?? [0.1, 1, 10];
  const [predictor, target] = [gramOf(x, { where: 'x' }), gramOf(y, { where: 'y' })];
  // of rows that coincide none is held out that another was learnt from
  const repeated = options.split || predictor.n !== target.n ? undefined : repeatedInputs([predictor, target]);
  if (repeated) return ridgeColumns(someRows(x, repeated.first), someRows(y, repeated.first), options);
  const split = options.split ?? splitInputs(n, options.testShare ?? 0.1, options.seed ?? 0, 0);
  const alpha = (await ridgeFits([predictor], [target], split, { ...options, alphas })).alpha[0]!;
  const kernel = borrowKernel();
  try {
    const fit = new RidgePredictor(kernel, n, [split], alphas);
    atOnce(fit.fitting(predictor, 'x'));
    const operator = fit.operator(alphas.indexOf(alpha));
    const e = split.test.length;
    const columns = new Float64Array(q);
    const missed = new Float64Array(e);
    for (let j = 0; j < q; j++) {
      let scale = 0;
      for (let i = 0; i < n; i++) scale = Math.max(scale, Math.abs(y.data[i * q + j]!));
      let [mean, sse, sst] = [0, 0, 0];
      for (const i of split.test) mean += y.data[i * q + j]! / e;
      missed.fill(0);
      for (let r = 0; r < e; r++) {
        for (let i = 0; i < n; i++) missed[r] = missed[r]! + operator[r * n + i]! * y.data[i * q + j]!;
        sse += missed[r]! ** 2;
        sst += (y.data[split.test[r]! * q + j]! - mean) ** 2;
      }
      // below this both are rounding of a column of this size
      const none = e * (n * Number.EPSILON * scale) ** 2;
      columns[j] = sst > none ? 1 - sse / sst : sse > none ? 0 : 1;
    }
    const r2 = columns.reduce((a, b) => a + b, 0) / q;
    return { alpha, columns, r2, score: Math.sqrt(Math.max(0, r2)) };
  } finally {
    returnKernel(kernel);
  }
}

/**
 * PWCCA as its authors weigh it: the canonical correlations averaged with weights sum_k |<h_i, x_k>|, h_i the i-th canonical variate of the representation of lower
 * rank (x where equal) and x_k its centred columns. In [0, 1]. The measure `pwcca` takes squares, which do not depend on the basis.
 * @throws RepresentationError as `canonicalCorrelations`
 */
export async function pwccaColumns(x: Rows, y: Rows): Promise<number> {
  if (x.shape[0] !== y.shape[0])
    throw new OptionError({
      what: `Representations over ${x.shape[0]} and over ${y.shape[0]} inputs cannot be compared.`,
      where: 'pwccaColumns',
    });
  const n = x.shape[0];
  let [a, b] = (await canonicalBases(
    [gramOf(x, { where: 'x' }), gramOf(y, { where: 'y' })],
    1,
    'or keep fewer directions',
    {},
  )) as [Principal, Principal];
  const rows = a.rank <= b.rank ? x : y;
  if (a.rank > b.rank) [a, b] = [b, a];
  const kernel = borrowKernel();
  try {
    const m = crossed(kernel, n, a, b);
    const square = kernel.alloc(a.rank * a.rank);
    kernel.symmetricProduct(a.rank, b.rank, 1, matrix(m, b.rank), transpose(matrix(m, b.rank)), matrix(square, a.rank));
    const { values, vectors } = symmetricEigen(kernel, a.rank, square);
    let [sum, total] = [0, 0];
    for (let i = 0; i < a.rank; i++) {
      const variate = new Float64Array(n);
      for (let k = 0; k < a.rank; k++)
        for (let at = 0; at < n; at++)
          variate[at] = variate[at]! + vectors[i * a.rank + k]! * a.directions[k * n + at]!;
      const p = rows.shape[1];
      let weight = 0;
      // the variate adds up to 0, so columns need no centring
      for (let j = 0; j < p; j++) {
        let inner = 0;
        for (let at = 0; at < n; at++) inner += variate[at]! * rows.data[at * p + j]!;
        weight += Math.abs(inner);
      }
      sum += weight * Math.min(1, Math.sqrt(Math.max(0, values[i]!)));
      total += weight;
    }
    return sum / total;
  } finally {
    returnKernel(kernel);
  }
}
