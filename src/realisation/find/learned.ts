/** Candidates that gradients find: masks over neurons or principal directions, and subspaces. All sites begin, and the better ones go on. */
import type { Part } from '../../program/alignment.js';
import type { Random } from '../../random.js';
import { classesOf, principal, type Rows } from './activations.js';
import { orthonormal, pruned, type Labels } from './candidates.js';
import type { Learner } from './learner.js';
import type { Scorer } from './scoring.js';

type Vectors = readonly (readonly number[])[];

/** Of those that are tried in a round, so many go on; each has twice the steps of the round before. */
const STAY = 1 / 4;

/** Tries all with a quarter of the steps, the best quarter with half, the best of them with all. */
async function race<T>(
  entrants: readonly T[],
  steps: number,
  run: (entrant: T, steps: number) => Promise<{ readonly score: number; readonly next: T } | undefined>,
  scorer: Scorer,
): Promise<void> {
  let left = entrants;
  for (const share of [1 / 4, 1 / 2, 1]) {
    const ran: { readonly score: number; readonly next: T }[] = [];
    for (const entrant of left) {
      const one = await run(entrant, Math.ceil(share * steps));
      if (scorer.done) return;
      if (one !== undefined) ran.push(one);
    }
    left = ran
      .toSorted((a, b) => b.score - a.score)
      .slice(0, share === 1 / 2 ? 1 : Math.ceil(STAY * ran.length))
      .map(({ next }) => next);
  }
}

/** As it is scored, and kept where it is the best. */
async function offered(scorer: Scorer, parts: readonly Part[]): Promise<number | undefined> {
  const score = await scorer.score(parts, true);
  if (score !== undefined && (scorer.best === undefined || score > scorer.best.score)) scorer.best = { parts, score };
  return score;
}

interface Masked {
  readonly rows: Rows;
  /** undefined: the features themselves */
  readonly directions: Vectors | undefined;
  readonly mask: readonly number[];
}

/** Masks over the features of each site, or over its principal directions. What is found is pruned. */
export async function masks(
  scorer: Scorer,
  learner: Learner,
  sites: readonly Rows[],
  directionsOf: ((rows: Rows) => Vectors) | undefined,
  steps: number,
  random: Random,
): Promise<void> {
  const entrants = sites.flatMap((rows): Masked[] => {
    const directions = directionsOf?.(rows);
    const count = directions?.length ?? rows.width;
    return count === 0 ? [] : [{ rows, directions, mask: Array.from({ length: count }, () => 0) }];
  });
  const run = async ({ rows, directions, mask: from }: Masked, count: number) => {
    const { site } = rows;
    const mask = await learner.mask(site, directions, from, count, random);
    const partsOf = (some: readonly number[]): readonly Part[] => [
      directions === undefined
        ? { site: site.name, at: { feature: some.toSorted((a, b) => a - b) } }
        : { site: site.name, directions: some.map((i) => directions[i]!) },
    ];
    const order = [...mask.keys()].toSorted((a, b) => mask[b]! - mask[a]!);
    const within = order.filter((i) => mask[i]! > 0);
    // at least the one that is the most within
    const chosen = within.length === 0 ? order.slice(0, 1) : within;
    const score = await offered(scorer, partsOf(chosen));
    if (scorer.done) await pruned(scorer, chosen, partsOf);
    return score === undefined ? undefined : { score, next: { rows, directions, mask } };
  };
  await race(entrants, steps, run, scorer);
}

interface Turned {
  readonly rows: Rows;
  readonly directions: Vectors;
}

/** Subspaces of each site that begin where the means of the variable's values differ, as wide as these are, and of two directions. */
export async function turns(
  scorer: Scorer,
  learner: Learner,
  sites: readonly Rows[],
  { labels, classes }: Labels,
  steps: number,
  random: Random,
): Promise<void> {
  const uprightAt = ({ site }: Rows): ((vectors: Vectors) => Vectors) => {
    const taken = scorer.taken(site.name);
    return (vectors) => orthonormal(vectors, taken);
  };
  const entrants = sites.flatMap((rows): Turned[] => {
    const means = uprightAt(rows)(principal(classesOf(rows, labels, classes).between, rows.width));
    return [...new Set([means.length, Math.min(2, means.length)])].flatMap((size) =>
      size === 0 ? [] : [{ rows, directions: means.slice(0, size) }],
    );
  });
  const run = async ({ rows, directions: from }: Turned, count: number) => {
    const directions = await learner.subspace(rows.site, from, uprightAt(rows), count, random);
    const score = await offered(scorer, [{ site: rows.site.name, directions }]);
    return score === undefined ? undefined : { score, next: { rows, directions } };
  };
  await race(entrants, steps, run, scorer);
}
