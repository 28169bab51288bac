/** Projection-weighted CCA (Morcos, Raghu and Bengio 2018), with weights that do not depend on the basis. */
import { borrowKernel, matrix, returnKernel, transpose } from '../tensor/kernels.js';
import { symmetricEigen } from '../tensor/linalg.js';
import { canonical, canonicalBases, crossed } from './cca.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { allPairs } from './pairs.js';
import type { Kernel } from '../tensor/kernels.js';
import type { Principal } from './principal.js';

/** correlations below this are rounding: their square is eps */
const NONE = 1e-8;

/**
 * Both directions: the canonical correlations averaged with weights, the variance of X along X's canonical directions, then of Y along Y's. With M = Q_x Q_y^T = U diag(rho) V^T,
 * the weight of u_i is u_i^T diag(variances of X) u_i; what is left of X when Y has fewer directions counts with a correlation of 0.
 */
function weighted(kernel: Kernel, n: number, x: Principal, y: Principal): [number, number] {
  return kernel.scope(() => {
    const m = crossed(kernel, n, x, y);
    const square = kernel.alloc(x.rank * x.rank);
    kernel.symmetricProduct(x.rank, y.rank, 1, matrix(m, y.rank), transpose(matrix(m, y.rank)), matrix(square, x.rank));
    const { values, vectors } = symmetricEigen(kernel, x.rank, square);
    // rows of U^T M are rho_i v_i
    const u = kernel.alloc(x.rank * x.rank);
    u.view.set(vectors);
    const v = kernel.alloc(x.rank * y.rank);
    kernel.product(x.rank, y.rank, x.rank, 1, matrix(u, x.rank), matrix(m, y.rank), matrix(v, y.rank));
    const vs = v.view;
    const sums: [number, number] = [0, 0];
    for (let i = 0; i < Math.min(x.rank, y.rank); i++) {
      const rho = Math.min(1, Math.sqrt(Math.max(0, values[i]!)));
      if (rho < NONE) break;
      let [a, b] = [0, 0];
      for (let k = 0; k < x.rank; k++) a += vectors[i * x.rank + k]! ** 2 * x.variances[k]!;
      for (let k = 0; k < y.rank; k++) b += vs[i * y.rank + k]! ** 2 * y.variances[k]!;
      sums[0] += rho * a;
      sums[1] += b / rho;
    }
    const total = ({ variances }: Principal): number => variances.reduce((s, one) => s + one, 0);
    return [Math.min(1, sums[0] / total(x)), Math.min(1, sums[1] / total(y))];
  });
}

/**
 * 1 - the weighted mean of the canonical correlations, the larger of the two directions, in [0, 1]. Not a metric. Invariant under rotation,
 * translation and isotropic scaling; not under invertible linear maps, which change the weights.
 *
 * Departures from the source, whose weights are sum_k |<h_i, x_k>| over the columns x_k, which depends on the basis the features are written in: here they are the
 * squares, the variance of X along h_i, a function of the Gram. (With squared correlations these are the R2 of linear regression.) The source weighs by the
 * representation of fewer features alone; here both are, and the worse counts, so that the distance is symmetric. `pwccaColumns` is the source's,
 * for matrices. Refuses ranks that sum to n or more, as cca. Cost: an eigendecomposition (n^3) each, one of order r for every pair.
 */
export const pwcca: Measure = {
  ...canonical,
  name: 'pwcca',
  summary: '1 - canonical correlations averaged by variance, the worse direction',
  invariances: ['scale'],
  metric: false,
  // every correlation sqrt(0.999)
  resolution: 1 - Math.sqrt(0.999),
  async distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances> {
    const { signal, progress } = options;
    const part = (from: number, to: number) => ({
      ...(signal && { signal }),
      progress: (done: number) => progress?.(from + (to - from) * done),
    });
    const bases = await canonicalBases(grams, 1, 'or use svcca', part(0, 0.2));
    const kernel = borrowKernel();
    try {
      const n = grams[0]!.n;
      return {
        m: grams.length,
        data: await allPairs(
          grams.length,
          (i, j) => 1 - Math.min(...weighted(kernel, n, bases[i]!, bases[j]!)),
          part(0.2, 1),
        ),
      };
    } finally {
      returnKernel(kernel);
    }
  },
};
