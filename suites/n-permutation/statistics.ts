/** Three numbers for one comparison are reported; two of them are the paper's: its formula, and what its published code computes. */
import type { Random } from '../../src/random.js';
import type { Blocks } from '../../src/statistics/judgement.js';

/** What of a comparison they need. */
export type Distances = Pick<Blocks, 'm1' | 'm2' | 'within1' | 'within2' | 'across'>;

/** Random trials of the paper's formula. */
const TRIALS = 1000;
/** Of the published code: how often it repeats, triples a repeat, and how many standard errors its bound lies below the share. */
const REPEATS = 40;
const TRIPLES = 20;
const ERRORS = 1.96;

/** Any but one. */
const another = (m: number, one: number, random: Random): number => (one + 1 + random.below(m - 1)) % m;

/**
 * The paper's formula, 1 - |s / n - 1|: in each of n trials, from either side, a model, another of its set and one of the other set are drawn; s counts how often the first two are not farther apart.
 * A tie counts as a whole yes, as it is written.
 */
export function paperScore({ m1, m2, within1, within2, across }: Distances, random: Random, trials = TRIALS): number {
  let yes = 0;
  for (let n = 0; n < trials; n++) {
    const i = random.below(m1);
    if (within1[i * m1 + another(m1, i, random)]! <= across[i * m2 + random.below(m2)]!) yes++;
    const j = random.below(m2);
    if (within2[j * m2 + another(m2, j, random)]! <= across[random.below(m1) * m2 + j]!) yes++;
  }
  return 1 - Math.abs(yes / trials - 1);
}

/**
 * What the published code computes: 40 times, 20 triples are drawn, seen from side 1 alone, and p is the share of those in which the sibling is strictly nearer; the result is how often
 * p - 1.96 sqrt(p (1 - p) / 20) exceeds one half. Siblings are drawn with replacement: a model may be its own, at distance 0. So it is high where the sets differ.
 */
export function codeShare({ m1, m2, within1, across }: Distances, random: Random, repeats = REPEATS): number {
  let found = 0;
  for (let n = 0; n < repeats; n++) {
    let yes = 0;
    for (let t = 0; t < TRIPLES; t++) {
      const i = random.below(m1);
      if (within1[i * m1 + random.below(m1)]! < across[i * m2 + random.below(m2)]!) yes++;
    }
    if (boundAboveHalf(yes / TRIPLES)) found++;
  }
  return found / repeats;
}

/** Wald's bound, as the code has it. */
export const boundAboveHalf = (p: number): boolean => p - ERRORS * Math.sqrt((p * (1 - p)) / TRIPLES) > 0.5;
