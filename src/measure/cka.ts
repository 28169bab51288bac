/** Linear CKA as an angle (Kornblith et al. 2019; the angle is a metric: Williams et al. 2021, "Generalized shape metrics"). */
import { borrowKernel, matrix, returnKernel, transpose } from '../tensor/kernels.js';
import { checkGrams } from './grams.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { pace } from './pace.js';

/** entries of every Gram taken at a time */
const CHUNK = 16384;

/**
 * Linear CKA of all pairs, m x m: <K, L> / (|K| |L|) over centred Grams, in [0, 1], 1 between copies exactly.
 * One product of the Grams, taken as vectors, with themselves. Memory besides the Grams given: m x 16384 doubles.
 */
export async function linearCka(grams: readonly Gram[], options: Pick<MeasureOptions, 'signal' | 'progress'> = {}): Promise<Float64Array> {
  const n = checkGrams(grams, 2);
  const m = grams.length;
  const turn = pace(Math.ceil((n * n) / CHUNK), options);
  const kernel = borrowKernel();
  try {
    const inner = kernel.alloc(m * m);
    const chunk = kernel.alloc(m * CHUNK);
    // unit mean diagonal, so that products of very large or small representations stay in range
    const scale = grams.map(({ data }) => {
      let trace = 0;
      for (let i = 0; i < n; i++) trace += data[i * n + i]!;
      return n / trace;
    });
    for (let start = 0; start < n * n; start += CHUNK) {
      const width = Math.min(CHUNK, n * n - start);
      const { view } = chunk;
      grams.forEach(({ data }, row) => {
        for (let j = 0; j < width; j++) view[row * width + j] = data[start + j]! * scale[row]!;
      });
      const x = matrix(chunk, width);
      kernel.lowerProduct(m, width, 1, x, transpose(x), matrix(inner, m));
      await turn();
    }
    kernel.mirror(m, matrix(inner, m));
    const products = inner.view;
    return Float64Array.from({ length: m * m }, (_, at) => {
      const [i, j] = [Math.floor(at / m), at % m];
      return Math.min(1, Math.max(0, products[at]! / Math.sqrt(products[i * m + i]! * products[j * m + j]!)));
    });
  } finally {
    returnKernel(kernel);
  }
}

/**
 * arccos(CKA) / (pi / 2), in [0, 1]: the angle between centred Grams. A metric between representations up to rotation, translation and
 * isotropic scaling. Between copies exactly 0; below 1e-7 it is rounding.
 */
export const cka: Measure = {
  name: 'cka',
  metric: true,
  // CKA = 0.999
  resolution: Math.acos(0.999) / (Math.PI / 2),
  async distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances> {
    const similarity = await linearCka(grams, options);
    return { m: grams.length, data: similarity.map((x) => Math.acos(x) / (Math.PI / 2)) };
  },
};
