/** The average of a Gram over a group of relabellings of its inputs: what is left of a representation up to a task's symmetries (docs/symmetries.md). */
import { RepresentationError } from '../errors.js';
import { atOnce, type Pieces } from '../signal.js';
import type { PairOrbits } from '../task/pair-orbits.js';
import { centreGram, shuffleInputs, traceOf, type Gram } from './gram.js';

/**
 * The mean of P_g K P_g' over all g of the group, by the mean of K within each orbit of pairs. It is the nearest matrix to K that no relabelling changes (the projection onto the
 * commutant of the group), a centred Gram itself, with the trace of K. Two representations that differ by a relabelling have the same average, and so have two
 * whose parts differ by a relabelling each, if the parts are not correlated.
 * @throws RepresentationError where the orbits are of another number of inputs
 */
export const orbitAverage = (gram: Gram, orbits: PairOrbits): Gram =>
  atOnce(averaging(gram, { orbits, measured: undefined }));

/** How representations of a task with symmetries are made: over whole orbits first, of which distances may see some of the inputs only. */
export interface Averaging {
  readonly orbits: PairOrbits;
  /** the inputs that distances are taken over, ascending; undefined: all */
  readonly measured: Uint32Array | undefined;
}

/** rows between two breaths, so many entries */
const PIECE = 1 << 19;

/** The orbit average as distances see it, in pieces. */
export function* averaging({ n, data: k }: Gram, { orbits, measured }: Averaging): Pieces<Gram> {
  const { of, pairs, reversed } = orbits;
  if (n !== orbits.n)
    throw new RepresentationError({
      what: `A representation over ${n} inputs has no average over orbits of ${orbits.n}.`,
      hint: 'use the relabellings of the same examples',
    });
  const sums = new Float64Array(pairs);
  const sizes = new Float64Array(pairs);
  for (let at = 0; at < of.length; at++) {
    const orbit = of[at]!;
    sums[orbit] = sums[orbit]! + k[at]!;
    sizes[orbit] = sizes[orbit]! + 1;
    if (at % PIECE === 0) yield;
  }
  // together with the pairs the other way round, so that the average is symmetric to the bit
  const means = sums.map((sum, orbit) => (sum + sums[reversed[orbit]!]!) / (2 * sizes[orbit]!));
  if (measured) {
    const m = measured.length;
    const some = new Float64Array(m * m);
    for (let i = 0, to = 0; i < m; i++)
      for (let j = 0, row = measured[i]! * n; j < m; j++) some[to++] = means[of[row + measured[j]!]!]!;
    yield;
    return centreGram({ n: m, data: some });
  }
  const all = new Float64Array(n * n);
  for (let at = 0; at < of.length; at++) {
    all[at] = means[of[at]!]!;
    if (at % PIECE === 0) yield;
  }
  return { n, data: all };
}

/**
 * The same with a control: its inputs are shuffled before the average is taken. Shuffled afterwards it would be far from whatever the symmetries leave, also where they
 * leave the same of everything.
 * @param order a permutation of the whole orbits, the same one for all sites of one implementation
 */
export function* withControl(whole: Gram, how: Averaging, order: Uint32Array): Pieces<Gram> {
  const average = yield* averaging(whole, how);
  const shuffled = shuffleInputs(whole, order);
  yield;
  return { ...average, control: yield* averaging(shuffled, how) };
}

/** |K - cC|^2 over all entries: how far a Gram is from the one in which all inputs are equally far apart, C = I - 11'/n, of its own trace. */
function structure(gram: Gram): number {
  const { n, data } = gram;
  const c = traceOf(gram) / (n - 1);
  let sum = 0;
  for (let i = 0, at = 0; i < n; i++)
    for (let j = 0; j < n; j++, at++) sum += (data[at]! - (i === j ? c : 0) + c / n) ** 2;
  return sum;
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
