/** Linear CKA as an angle (Kornblith et al. 2019; the angle is a metric: Williams et al. 2021, "Generalized shape metrics"). */
import { traceOf } from '../representation/gram.js';
import { checkedGrams } from './grams.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { angles, cosines, innerProducts } from './products.js';

const FEWEST_INPUTS = 2;

/**
 * Linear CKA of all pairs, m x m: <K, L> / (|K| |L|) over centred Grams, in [0, 1], 1 between copies exactly.
 * One product of the Grams, taken as vectors, with themselves.
 */
export async function linearCka(
  grams: readonly Gram[],
  options: Pick<MeasureOptions, 'signal' | 'progress'> = {},
): Promise<Float64Array> {
  const n = await checkedGrams(grams, FEWEST_INPUTS, options);
  const m = grams.length;
  // unit mean diagonal, so that products of very large or small representations stay in range
  const scale = grams.map((gram) => n / traceOf(gram));
  const copy = (row: number, start: number, width: number, into: Float64Array): void => {
    const { data } = grams[row]!;
    const by = scale[row]!;
    for (let j = 0; j < width; j++) into[j] = data[start + j]! * by;
  };
  return cosines(await innerProducts(m, n * n, copy, options), m).map((x) => Math.max(0, x));
}

/**
 * arccos(CKA) / (pi / 2), in [0, 1]: the angle between centred Grams. A metric between representations up to rotation, translation and
 * isotropic scaling. Between copies exactly 0; below 1e-7 it is rounding. Cost: one product, m^2 n^2.
 */
export const cka: Measure = {
  name: 'cka',
  summary: 'angle between Grams',
  range: { max: 1 },
  invariances: ['scale'],
  metric: true,
  subsamples: false,
  fewestInputs: FEWEST_INPUTS,
  // CKA = 0.999
  resolution: Math.acos(0.999) / (Math.PI / 2),
  async distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances> {
    return { m: grams.length, data: angles(await linearCka(grams, options)) };
  },
};
