/** Candidates that gradients find: masks over neurons or principal directions, and subspaces. All sites begin, and the better ones go on. */
import type { Part } from '../../program/alignment.js';
import type { Random } from '../../random.js';
import { classesOf, principal, turned, type Rows } from './activations.js';
import { orthonormal, pruned, type Labels } from './candidates.js';
import type { Learner } from './learner.js';
import type { Scorer } from './scoring.js';

type Vectors = readonly (readonly number[])[];

/** Rounds: what share of the steps each that is left has, and what share of them goes on; at the end one. */
const ROUNDS = [
  { steps: 0, stay: 1 / 2 },
  { steps: 1 / 4, stay: 1 / 4 },
  { steps: 1 / 2, stay: 0 },
  { steps: 1, stay: 0 },
];

/** Tries all as they begin, and goes on with the better ones, round by round. */
async function race<T>(
  entrants: readonly T[],
  steps: number,
  run: (entrant: T, steps: number) => Promise<{ readonly score: number; readonly next: T } | undefined>,
  scorer: Scorer,
): Promise<void> {
  let left = entrants;
  for (const round of ROUNDS) {
    const ran: { readonly score: number; readonly next: T }[] = [];
    for (const entrant of left) {
      const one = await run(entrant, Math.ceil(round.steps * steps));
      if (scorer.done) return;
      if (one !== undefined) ran.push(one);
    }
    left = ran
      .toSorted((a, b) => b.score - a.score)
      .slice(0, Math.max(1, Math.ceil(round.stay * ran.length)))
      .map(({ next }) => next);
  }
}

/** A mask begins no farther from undecided than this, so that it can still go either way. */
const START = 2;

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
  { labels, classes }: Labels,
  steps: number,
  random: Random,
): Promise<void> {
  const entrants = sites.flatMap((rows): Masked[] => {
    const directions = directionsOf?.(rows);
    const along = directions === undefined ? rows : turned(rows, directions);
    if (along.width === 0) return [];
    const { total, explained } = classesOf(along, labels, classes);
    // what the variable explains of each is the share that is taken of it
    const mask = Array.from(total, (all, i) => {
      const share = all > 0 ? explained[i]! / all : 0;
      return Math.max(-START, Math.min(START, Math.log(share / (1 - share))));
    });
    return [{ rows, directions, mask }];
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
    const score = await scorer.offerWhole(partsOf(chosen));
    if (scorer.done) await pruned(scorer, chosen, partsOf);
    return score === undefined ? undefined : { score, next: { rows, directions, mask } };
  };
  await race(entrants, steps, run, scorer);
}

interface Turned {
  readonly rows: Rows;
  readonly directions: Vectors;
}

/** Subspaces of the residual stream that begin where the means of the variable's values differ, as wide as these are, and of two directions. */
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
  const stream = sites.filter(({ site }) => /\.hook_resid_(pre|mid|post)$/.test(site.name));
  const entrants = stream.flatMap((rows): Turned[] => {
    const means = uprightAt(rows)(principal(classesOf(rows, labels, classes).between, rows.width));
    return [...new Set([means.length, Math.min(2, means.length)])].flatMap((size) =>
      size === 0 ? [] : [{ rows, directions: means.slice(0, size) }],
    );
  });
  const run = async ({ rows, directions: from }: Turned, count: number) => {
    const directions = await learner.subspace(rows.site, from, uprightAt(rows), count, random);
    const score = await scorer.offerWhole([{ site: rows.site.name, directions }]);
    return score === undefined ? undefined : { score, next: { rows, directions } };
  };
  await race(entrants, steps, run, scorer);
}
