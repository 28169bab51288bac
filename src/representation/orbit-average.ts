/** The average of a Gram over a group of relabellings of its inputs: what is left of a representation up to a task's symmetries (docs/symmetries.md). */
import { RepresentationError } from '../errors.js';
import type { PairOrbits } from '../task/pair-orbits.js';
import { centreGram, shuffleInputs, traceOf, type Gram } from './gram.js';

/**
 * The mean of P_g K P_g' over all g of the group, by the mean of K within each orbit of pairs. It is the nearest matrix to K that no relabelling changes (the projection onto the
 * commutant of the group), a centred Gram itself, with the trace of K. Two representations that differ by a relabelling have the same average, and so have two
 * whose parts differ by a relabelling each, if the parts are not correlated.
 * @throws RepresentationError where the orbits are of another number of inputs
 */
export const orbitAverage = (gram: Gram, orbits: PairOrbits): Gram => expanded(meansOf(gram, orbits), orbits);

/** the mean of each orbit of pairs */
function meansOf({ n, data: k }: Gram, { n: inputs, of, pairs, reversed }: PairOrbits): Float64Array {
  if (n !== inputs)
    throw new RepresentationError({
      what: `A representation over ${n} inputs has no average over orbits of ${inputs}.`,
      hint: 'use the relabellings of the same examples',
    });
  const sums = new Float64Array(pairs);
  const sizes = new Float64Array(pairs);
  for (let at = 0; at < of.length; at++) {
    const orbit = of[at]!;
    sums[orbit] = sums[orbit]! + k[at]!;
    sizes[orbit] = sizes[orbit]! + 1;
  }
  // together with the pairs the other way round, so that the average is symmetric to the bit
  return sums.map((sum, orbit) => (sum + sums[reversed[orbit]!]!) / (2 * sizes[orbit]!));
}

function gathered(means: Float64Array, of: Uint32Array): Float64Array {
  const data = new Float64Array(of.length);
  for (let at = 0; at < of.length; at++) data[at] = means[of[at]!]!;
  return data;
}

/** @param rows some of the inputs. Default: all */
function expanded(means: Float64Array, { n, of }: PairOrbits, rows?: Uint32Array): Gram {
  if (!rows) return { n, data: gathered(means, of) };
  const m = rows.length;
  const data = new Float64Array(m * m);
  for (let i = 0, to = 0; i < m; i++)
    for (let j = 0, from = rows[i]! * n; j < m; j++) data[to++] = means[of[from + rows[j]!]!]!;
  return { n: m, data };
}

/** How representations of a task with symmetries are made: over whole orbits first, of which distances may see some of the inputs only. */
export interface Averaging {
  readonly orbits: PairOrbits;
  /** the inputs that distances are taken over, ascending; undefined: all */
  readonly measured: Uint32Array | undefined;
}

/** The orbit average as distances see it. */
export function averaged(whole: Gram, { orbits, measured }: Averaging): Gram {
  const means = meansOf(whole, orbits);
  return measured ? centreGram(expanded(means, orbits, measured)) : expanded(means, orbits);
}

/**
 * The same, with a control: its inputs are shuffled before the average is taken. Shuffled afterwards it would be far from whatever the symmetries leave, also where they
 * leave the same of everything.
 * @param order a permutation of the whole orbits, the same one for all sites of one implementation
 */
export const withControl = (whole: Gram, averaging: Averaging, order: Uint32Array): Gram => ({
  ...averaged(whole, averaging),
  control: averaged(shuffleInputs(whole, order), averaging),
});

/** |K - cC|^2 over all entries: how far a Gram is from the one in which all inputs are equally far apart, C = I - 11'/n, of its own trace. */
function structure(gram: Gram): number {
  let sum = 0;
  for (const x of gram.data) sum += x * x;
  return Math.max(0, sum - traceOf(gram) ** 2 / (gram.n - 1));
}

/**
 * The share of a Gram's structure that its average keeps, in [0, 1]: of the squared distance from the Gram in which all inputs are equally far apart. 0 where the symmetries average everything
 * away. A natural group keeps a small share as well: it spreads one circle over all that the group makes of it.
 */
export function keptShare(whole: Gram, average: Gram): number {
  const all = structure(whole);
  return all > 0 ? Math.min(1, structure(average) / all) : 0;
}

/** CKA with the Gram in which all inputs are equally far apart, in (0, 1]: 1 where nothing is left but that inputs differ. 1 for a Gram of zeros. */
export function likenessToNothing(gram: Gram): number {
  const { n, data } = gram;
  const trace = traceOf(gram);
  if (!(trace > 0)) return 1;
  let sum = 0;
  for (const x of data) sum += (x / trace) ** 2;
  return Math.min(1, 1 / Math.sqrt(sum * (n - 1)));
}
