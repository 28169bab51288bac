/** A representation's principal directions over the inputs. */
import { traceOf } from '../representation/gram.js';
import type { Kernel } from '../tensor/kernels.js';
import { symmetricEigen } from '../tensor/linalg.js';
import type { Gram } from './measure.js';

/** The Gram divided by its trace is Q^T diag(variances) Q. */
export interface Principal {
  /** directions kept */
  readonly rank: number;
  /** share of the variance along each, descending */
  readonly variances: Float64Array;
  /** Q, rank x n, row-major, orthonormal rows */
  readonly directions: Float64Array;
}

/** A direction whose standard deviation is below a millionth of the largest is the rounding of float32 activations. */
const ROUNDING = 2 ** -40;

/**
 * @param share the fewest directions that hold this share of the variance, in (0, 1]; 1 keeps all that are more than rounding
 */
export function principalDirections(kernel: Kernel, gram: Gram, share = 1): Principal {
  const { n, data } = gram;
  return kernel.scope(() => {
    const a = kernel.alloc(n * n);
    const trace = traceOf(gram);
    const { view } = a;
    for (let at = 0; at < n * n; at++) view[at] = data[at]! / trace;
    const { values, vectors } = symmetricEigen(kernel, n, a);
    // a Gram of centred features has no more
    const most = Math.min(n - 1, values.filter((x) => x > ROUNDING * values[0]!).length);
    const enough = share >= 1 ? Infinity : share;
    let rank = 0;
    for (let sum = 0; rank < most && sum < enough; rank++) sum += values[rank]!;
    return { rank, variances: values.slice(0, rank), directions: vectors.slice(0, rank * n) };
  });
}
