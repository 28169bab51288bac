/** Representational similarity analysis (Kriegeskorte, Mur and Bandettini 2008), as an angle. */
import { OptionError, RepresentationError } from '../errors.js';
import { traceOf } from '../representation/gram.js';
import { each } from '../signal.js';
import { checkedGrams } from './grams.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { angles, cosines, innerProducts } from './products.js';

/** Options of `rsaMeasure`. */
export interface RsaOptions {
  /**
   * What makes the matrix of dissimilarities (RDM) of the inputs: `euclidean` distances of their feature vectors, or `cosine`: 1 - cosine of
   * their feature vectors after centring over the inputs. The correlation distance, which centres each input's vector over its *features*, is no
   * function of the Gram and depends on where the features' zero lies; it is not offered. @defaultValue 'euclidean'
   */
  readonly rdm?: 'euclidean' | 'cosine';
  /** how two RDMs are compared over pairs of inputs: `spearman` (ties share their mean rank) or `pearson`. @defaultValue 'spearman' */
  readonly compare?: 'spearman' | 'pearson';
}

/** two distances at the least, to be unlike */
const FEWEST_INPUTS = 3;

const triangle = (n: number): number => (n * (n - 1)) / 2;

/** The upper triangle of the RDM, row by row; Euclidean distances squared. */
function dissimilarities(gram: Gram, rdm: 'euclidean' | 'cosine'): Float64Array {
  const { n, data } = gram;
  // unit mean diagonal: the scale is of no consequence, its overflow would be
  const scale = n / traceOf(gram);
  const out = new Float64Array(triangle(n));
  let at = 0;
  for (let i = 0; i < n; i++) {
    const kii = data[i * n + i]! * scale;
    for (let j = i + 1; j < n; j++, at++) {
      const kjj = data[j * n + j]! * scale;
      const kij = data[i * n + j]! * scale;
      if (rdm === 'euclidean') out[at] = Math.max(0, kii + kjj - 2 * kij);
      // an input at the centre has no direction: as far from all as from anything unrelated
      else out[at] = kii * kjj > 0 ? 1 - kij / Math.sqrt(kii * kjj) : 1;
    }
  }
  return out;
}

/** Ranks from 1, equal values sharing the mean of theirs. Values nearer than `tie` to the one before count as equal: rounding must not order them. */
function ranks(values: Float64Array, tie: number): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const out = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!]! - values[order[end - 1]!]! <= tie) end++;
    for (let k = start; k < end; k++) out[order[k]!] = (start + end + 1) / 2;
    start = end;
  }
  return out;
}

/** Correlations of the RDMs of all pairs, m x m, in [-1, 1]. Needs three inputs. */
export async function rsaCorrelations(
  grams: readonly Gram[],
  options: RsaOptions & Pick<MeasureOptions, 'signal' | 'progress'> = {},
): Promise<Float64Array> {
  const { rdm, compare } = checked(options);
  const n = await checkedGrams(grams, FEWEST_INPUTS, options);
  const m = grams.length;
  const length = triangle(n);
  const vectors = await each(
    grams,
    (gram, index) => {
      const raw = dissimilarities(gram, rdm);
      // squares have the ranks of the distances, and a rounding error of 1e-15 where a distance of zero would have 3e-8
      const x = compare === 'spearman' ? ranks(raw, TIE) : rdm === 'euclidean' ? raw.map(Math.sqrt) : raw;
      const mean = x.reduce((a, b) => a + b, 0) / length;
      let square = 0;
      for (let k = 0; k < length; k++) {
        x[k] = x[k]! - mean;
        square += x[k]! ** 2;
      }
      // beside ranks up to `length`, or dissimilarities of about 1
      if (!(square > length * TIE ** 2)) {
        throw new RepresentationError({
          what: 'Every two inputs are equally far apart: the matrix of dissimilarities has no structure.',
          where: `representation ${index}`,
          hint: 'use more inputs',
        });
      }
      return x;
    },
    options.signal,
  );
  return cosines(
    await innerProducts(
      m,
      length,
      (row, start, width, into) => into.set(vectors[row]!.subarray(start, start + width)),
      options,
    ),
    m,
  );
}

/** dissimilarities are of order one */
const TIE = 1e-12;

function checked({ rdm = 'euclidean', compare = 'spearman' }: RsaOptions): Required<RsaOptions> {
  if (rdm !== 'euclidean' && rdm !== 'cosine')
    throw new OptionError({
      what: `There is no RDM "${String(rdm)}".`,
      where: 'rdm',
      hint: "use 'euclidean' or 'cosine'",
    });
  if (compare !== 'spearman' && compare !== 'pearson')
    throw new OptionError({
      what: `RDMs are not compared by "${String(compare)}".`,
      where: 'compare',
      hint: "use 'spearman' or 'pearson'",
    });
  return { rdm, compare };
}

/**
 * arccos of the correlation of the two RDMs, over a right angle, in [0, 1]; where it is negative, 1. A metric between RDMs (between their ranks, for
 * Spearman), so a pseudo-metric between representations. Invariant under rotation, translation and isotropic scaling. Cost: sorting
 * n^2 / 2 dissimilarities of each representation, then one product, m^2 n^2 / 2.
 */
export function rsaMeasure(rsaOptions: RsaOptions = {}): Measure {
  const { rdm, compare } = checked(rsaOptions);
  return {
    name: 'rsa',
    summary: `angle of ${compare === 'spearman' ? 'Spearman' : 'Pearson'}'s correlation between the inputs' ${rdm === 'euclidean' ? 'Euclidean' : 'cosine'} distances`,
    range: { max: 1 },
    invariances:
      compare === 'spearman' && rdm === 'euclidean' ? ['scale', 'monotone changes of the distances'] : ['scale'],
    metric: true,
    subsamples: false,
    fewestInputs: FEWEST_INPUTS,
    // correlation 0.999
    resolution: Math.acos(0.999) / (Math.PI / 2),
    async distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances> {
      return { m: grams.length, data: angles(await rsaCorrelations(grams, { ...options, ...rsaOptions })) };
    },
  };
}

/** The angle between the inputs' distances, at its own settings. */
export const rsa = rsaMeasure();
