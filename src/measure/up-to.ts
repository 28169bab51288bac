/** Any measure, up to relabellings of the inputs: a task's symmetries (docs/symmetries.md). */
import { RepresentationError } from '../errors.js';
import { shuffleInputs } from '../representation/gram.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { checkGroup, inversesOf } from './permutations.js';

/**
 * d_G(x, y) = min over g in G of d(x, y o g), where under y o g input i is answered as y answers input g[i].
 *
 * Where relabelling both sides alike changes nothing, d(x o g, y o g) = d(x, y), as for all measures that treat inputs alike, d_G is symmetric, does not notice a relabelling of
 * either side, and is a pseudo-metric between orbits if d is one: with g and h the best for x, y and for y, z,
 * d_G(x, z) <= d(x, z o h g) <= d(x, y o g) + d(y o g, z o h g) = d_G(x, y) + d_G(y, z). Measures that split the inputs (ridge) or may take a subset (Procrustes,
 * contraction) are invariant only on average over splits and subsets, so theirs is not called a metric. They are symmetric all the same: of every g and its inverse one is
 * taken, and the smaller of d(x, y o g) and d(y, x o g) counts, which without splits and subsets are d(x, y o g) and d(x, y o 1/g).
 *
 * `bySplit` and `gap` are those of the g chosen on average over the splits. Cost: about 2 |G| times the plain measure; memory: twice the Grams. Ridge, kernel ridge and CKA have a shorter way
 * through `PairOrbits`: all powers of one relabelling at about the cost of one.
 * @param relabellings a group as `task.relabellings(examples)` gives it, identity first. None, or the identity alone: the measure itself
 * @throws OptionError for what is not a group of permutations with the identity first
 */
export function upTo(measure: Measure, relabellings: readonly Uint32Array[]): Measure {
  checkGroup(relabellings);
  if (relabellings.length <= 1) return measure;
  const n = relabellings[0]!.length;
  const { distancesUpTo: _, ...described } = measure;
  return {
    ...described,
    // a relabelling moves a subset of the inputs: the distance of two relabelled alike is then another
    metric: measure.metric && !measure.subsamples,
    async distances(grams, options) {
      const other = grams.find((gram) => gram.n !== n);
      if (other)
        throw new RepresentationError({
          what: `Representations over ${other.n} inputs have no relabellings of ${n}.`,
          hint: 'use the relabellings of the same examples',
        });
      return measure.distancesUpTo
        ? measure.distancesUpTo(grams, relabellings, options)
        : oneByOne(measure, grams, relabellings, options);
    },
  };
}

/** One call for each relabelling and its inverse: all x beside all x o g hold d(x, y o g) and d(y, x o g). */
async function oneByOne(
  measure: Measure,
  grams: readonly Gram[],
  relabellings: readonly Uint32Array[],
  options: MeasureOptions,
): Promise<Distances> {
  const m = grams.length;
  const inverse = inversesOf(relabellings);
  const steps = relabellings.flatMap((g, at) => (at > 0 && at <= inverse[at]! ? [g] : []));
  const part = (step: number): MeasureOptions => ({
    ...options,
    progress: (done) => options.progress?.((step + done) / (steps.length + 1)),
  });
  const plain = await measure.distances(grams, part(0));
  const data = plain.data.slice();
  const bySplit = plain.bySplit?.map((one) => one.slice());
  // the least that the true distance can be
  const low = plain.gap && data.map((d, at) => d - plain.gap![at]!);
  for (const [step, g] of steps.entries()) {
    const both = await measure.distances([...grams, ...grams.map((gram) => shuffleInputs(gram, g))], part(step + 1));
    const side = 2 * m;
    for (let i = 0; i < m; i++)
      for (let j = 0; j < m; j++) {
        if (i === j) continue;
        const from = i * side + m + j;
        const d = both.data[from]!;
        for (const to of [i * m + j, j * m + i]) {
          if (low && both.gap) low[to] = Math.min(low[to]!, d - both.gap[from]!);
          if (!(d < data[to]!)) continue;
          data[to] = d;
          bySplit?.forEach((one, split) => (one[to] = both.bySplit![split]![from]!));
        }
      }
  }
  return { m, data, ...(bySplit && { bySplit }), ...(low && { gap: data.map((d, at) => d - low[at]!) }) };
}
