/** Inner products of all pairs of long vectors, in one streamed matrix product: what CKA, RSA and GULP come down to. */
import { borrowKernel, matrix, returnKernel, transpose } from '../tensor/kernels.js';
import type { MeasureOptions } from './measure.js';
import { pace } from './pace.js';

/** entries of every vector taken at a time */
const CHUNK = 16384;

/**
 * m x m inner products of m vectors of one length. Equal vectors give equal bits, so that a copy's cosine is 1 exactly.
 * Memory besides the vectors: m x 16384 doubles.
 * @param copy writes entries start .. start + width of vector `row` to the beginning of `into`
 */
export async function innerProducts(
  m: number,
  length: number,
  copy: (row: number, start: number, width: number, into: Float64Array) => void,
  options: Pick<MeasureOptions, 'signal' | 'progress'>,
): Promise<Float64Array> {
  const turn = pace(Math.ceil(length / CHUNK), options);
  const kernel = borrowKernel();
  try {
    const inner = kernel.alloc(m * m);
    const chunk = kernel.alloc(m * CHUNK);
    for (let start = 0; start < length; start += CHUNK) {
      const width = Math.min(CHUNK, length - start);
      const { view } = chunk;
      for (let row = 0; row < m; row++) copy(row, start, width, view.subarray(row * width, (row + 1) * width));
      const x = matrix(chunk, width);
      kernel.lowerProduct(m, width, 1, x, transpose(x), matrix(inner, m));
      await turn();
    }
    kernel.mirror(m, matrix(inner, m));
    return inner.view.slice();
  } finally {
    returnKernel(kernel);
  }
}

/** Inner products to cosines, in [-1, 1]. */
export function cosines(products: Float64Array, m: number): Float64Array {
  return Float64Array.from({ length: m * m }, (_, at) => {
    const [i, j] = [Math.floor(at / m), at % m];
    return Math.min(1, Math.max(-1, products[at]! / Math.sqrt(products[i * m + i]! * products[j * m + j]!)));
  });
}

/**
 * Angles over a right angle, in [0, 1]. Obtuse angles count as right ones: vectors that point apart are no farther than unrelated. Angles are a metric,
 * and so is the smaller of a metric and a constant.
 */
export const angles = (cosine: Float64Array): Float64Array =>
  cosine.map((x) => Math.acos(Math.max(0, x)) / (Math.PI / 2));
