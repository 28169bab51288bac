/** Debiased linear CKA as an angle (unbiased HSIC: Song et al. 2012; CKA from it: Nguyen, Raghu and Kornblith 2021). */
import { RepresentationError } from '../errors.js';
import { traceOf } from '../representation/gram.js';
import { each } from '../signal.js';
import { checkedGrams } from './grams.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { angles, cosines, innerProducts } from './products.js';

/** the estimate divides by n - 3 */
const FEWEST_INPUTS = 4;

/**
 * CKA with the unbiased estimate of HSIC, of all pairs, m x m, in [-1, 1]: about 0 between independent representations whatever their numbers of
 * features, where linear CKA tends to 1 as features outnumber inputs. Needs four inputs.
 *
 * With the diagonals of K and L set to zero, the unbiased HSIC is tr KL + (1'K1)(1'L1) / ((n-1)(n-2)) - 2 1'KL1 / (n-2), over n (n - 3). That is
 * the inner product of U-centred matrices (Szekely and Rizzo 2014), so one product of these with themselves gives all pairs.
 */
export async function debiasedCka(
  grams: readonly Gram[],
  options: Pick<MeasureOptions, 'signal' | 'progress'> = {},
): Promise<Float64Array> {
  const n = await checkedGrams(grams, FEWEST_INPUTS, options);
  const m = grams.length;
  const centred = await each(
    grams,
    (gram, index) => {
      const u = uCentred(gram);
      let square = 0;
      for (const x of u) square += x * x;
      if (!(square > (n * Number.EPSILON) ** 2 * n)) {
        throw new RepresentationError({
          what: 'Every two inputs are equally alike here: there is no similarity structure without the bias.',
          where: `representation ${index}`,
          hint: 'use more inputs',
        });
      }
      return u;
    },
    options.signal,
  );
  return cosines(
    await innerProducts(
      m,
      n * n,
      (row, start, width, into) => into.set(centred[row]!.subarray(start, start + width)),
      options,
    ),
    m,
  );
}

/** Off the diagonal k_ij - r_i / (n-2) - r_j / (n-2) + s / ((n-1)(n-2)), with row sums r and total s over entries off the diagonal; on it 0. */
function uCentred(gram: Gram): Float64Array {
  const { n, data } = gram;
  const scale = n / traceOf(gram);
  const rows = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) if (j !== i) sum += data[i * n + j]!;
    rows[i] = (sum * scale) / (n - 2);
    total += sum * scale;
  }
  total /= (n - 1) * (n - 2);
  const u = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) if (j !== i) u[i * n + j] = data[i * n + j]! * scale - rows[i]! - rows[j]! + total;
  return u;
}

/**
 * arccos of debiased CKA over a right angle, in [0, 1]; where debiased CKA is negative, 1. The angle is that between U-centred Grams, so it is a
 * metric, up to rotation, translation and isotropic scaling of the features. Cost as CKA: one product, m^2 n^2.
 */
export const debiasedCkaMeasure: Measure = {
  name: 'debiased-cka',
  summary: 'angle between U-centred Grams (unbiased HSIC)',
  range: { max: 1 },
  invariances: ['scale'],
  metric: true,
  subsamples: false,
  fewestInputs: FEWEST_INPUTS,
  // similarity 0.999, as for cka
  resolution: Math.acos(0.999) / (Math.PI / 2),
  async distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances> {
    return { m: grams.length, data: angles(await debiasedCka(grams, options)) };
  },
};
