/** Candidates for the parts that hold a variable, stage by stage, the simplest first. */
import type { Model } from '../../model/model.js';
import type { Part } from '../../program/alignment.js';
import type { Random } from '../../random.js';
import { centred, classesOf, principal, turned, type Rows } from './activations.js';
import type { Scorer } from './scoring.js';

/** Families of more components are searched as neurons are. */
const FEW = 64;
/** Rows that principal directions are taken of, and directions. */
const ROWS = 256;
const DIRECTIONS = 64;

/** Values of a variable, one for each row. */
export interface Labels {
  readonly labels: readonly number[];
  readonly classes: number;
}

/** The last first: whatever reads the variable is placed already, and it is to stand before that, as late as it can. */
const wholeOrSlice = ({ parts }: Model): Part[] =>
  parts
    .toReversed()
    .flatMap(({ kind, site, axis, count }) =>
      axis === undefined
        ? [{ site }]
        : kind === 'neuron' || count > FEW
          ? []
          : Array.from({ length: count }, (_, i) => ({ site, at: { [axis]: [i] } })),
    );

/** Leaves out what is not needed, in ever smaller pieces. */
export async function pruned<T>(
  scorer: Scorer,
  list: readonly T[],
  partsOf: (some: readonly T[]) => readonly Part[],
): Promise<void> {
  let kept = list;
  for (let size = Math.ceil(kept.length / 2); size >= 1 && kept.length > 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = 0; from < kept.length && kept.length > 1;) {
      const rest = kept.toSpliced(from, size);
      const score = rest.length === 0 ? undefined : await scorer.score(partsOf(rest));
      if (score !== undefined && score >= scorer.best!.score) {
        kept = rest;
        scorer.best = { parts: partsOf(rest), score };
      } else from += size;
    }
}

/** Heads, and layers of attention and MLP as wholes: the best one, with whichever makes it better, until none does. */
export async function components(scorer: Scorer, model: Model): Promise<void> {
  const all = wholeOrSlice(model);
  let chosen: readonly Part[] = [];
  for (;;) {
    let better: readonly Part[] | undefined;
    for (const one of all) {
      if (chosen.includes(one)) continue;
      if (await scorer.offer([...chosen, one])) better = [...chosen, one];
      if (scorer.done) break;
    }
    if (better === undefined) break;
    chosen = better;
    if (scorer.done) break;
  }
  if (chosen.length > 1) await pruned(scorer, chosen, (some) => some);
}

/** How many of the first to take: powers of four, and where the share that the variable explains falls. */
function sizesOf(shares: readonly number[]): number[] {
  const sizes = new Set([0.999, 0.9, 0.5].map((least) => shares.filter((share) => share >= least).length));
  for (let size = 1; size < shares.length; size *= 4) sizes.add(size);
  sizes.add(shares.length);
  return [...sizes].filter((size) => size > 0).toSorted((a, b) => a - b);
}

/** Features by the share of their variance that the variable explains, the largest first. */
function ranked(rows: Rows, { labels, classes }: Labels): { readonly order: number[]; readonly shares: number[] } {
  const { total, explained } = classesOf(rows, labels, classes);
  const most = total.reduce((a, b) => Math.max(a, b), 0);
  const share = (i: number): number => explained[i]! / total[i]!;
  const order = Array.from(total.keys())
    .filter((i) => total[i]! > 1e-9 * most)
    .toSorted((a, b) => share(b) - share(a) || total[b]! - total[a]!);
  return { order, shares: order.map(share) };
}

async function prefixes<T>(
  scorer: Scorer,
  list: readonly T[],
  shares: readonly number[],
  partsOf: (some: readonly T[]) => readonly Part[],
): Promise<void> {
  let best: readonly T[] | undefined;
  for (const size of sizesOf(shares)) {
    if (await scorer.offer(partsOf(list.slice(0, size)))) best = list.slice(0, size);
    if (scorer.done) break;
  }
  if (best && scorer.done) await pruned(scorer, best, partsOf);
}

/** Neurons of a layer, or features of another site, that follow the variable. */
export async function neurons(scorer: Scorer, sites: readonly Rows[], labels: Labels): Promise<void> {
  for (const rows of sites) {
    const { order, shares } = ranked(rows, labels);
    await prefixes(scorer, order, shares, (some) => [
      { site: rows.site.name, at: { feature: some.toSorted((a, b) => a - b) } },
    ]);
    if (scorer.done) return;
  }
}

/** Directions in which a site varies most. */
export function principalOf(rows: Rows): number[][] {
  const all = centred(rows);
  const step = Math.ceil(all.length / ROWS);
  return principal(
    all.filter((_, i) => i % step === 0),
    rows.width,
  ).slice(0, DIRECTIONS);
}

/** Principal components of a site that follow the variable. */
export async function principalComponents(scorer: Scorer, sites: readonly Rows[], labels: Labels): Promise<void> {
  for (const rows of sites) {
    const directions = principalOf(rows);
    if (directions.length === 0) continue;
    const { order, shares } = ranked(turned(rows, directions), labels);
    await prefixes(scorer, order, shares, (some) => [
      { site: rows.site.name, directions: some.map((i) => directions[i]!) },
    ]);
    if (scorer.done) return;
  }
}

/**
 * Unit vectors at right angles that span the same, as far as they go.
 * @param from unit vectors at right angles, which what is found is at right angles to as well
 */
export function orthonormal(
  vectors: readonly (readonly number[])[],
  from: readonly (readonly number[])[] = [],
): readonly (readonly number[])[] {
  const found: number[][] = [];
  for (const vector of vectors) {
    let own = [...vector];
    // twice, against rounding
    for (let round = 0; round < 2; round++)
      for (const other of [...from, ...found]) {
        const product = own.reduce((sum, x, i) => sum + x * other[i]!, 0);
        own = own.map((x, i) => x - product * other[i]!);
      }
    const norm = Math.hypot(...own);
    if (norm > 1e-6 * Math.hypot(...vector)) found.push(own.map((x) => x / norm));
  }
  return found;
}

/** Directions in which the variable's classes differ most, beside how much everything else varies. */
function discriminating(
  rows: Rows,
  basis: readonly (readonly number[])[],
  { labels, classes }: Labels,
): readonly (readonly number[])[] {
  const along = turned(rows, basis);
  const { total } = classesOf(along, labels, classes);
  // what hardly varies is rounding
  const least = 1e-6 * total.reduce((a, b) => Math.max(a, b), 0) || 1;
  const scale = [...total].map((x) => Math.sqrt(Math.max(x, least)));
  const data = along.data.map((x, i) => x / scale[i % basis.length]!);
  const { between } = classesOf({ ...along, data }, labels, classes);
  return orthonormal(
    principal(between, basis.length).map((direction) =>
      Array.from({ length: rows.width }, (_, k) =>
        basis.reduce((sum, one, j) => sum + (direction[j]! / scale[j]!) * one[k]!, 0),
      ),
    ),
  );
}

/** Subspaces: those in which the means of the classes lie, those that tell the classes apart, then the best one turned at random. */
export async function subspaces(
  scorer: Scorer,
  sites: readonly Rows[],
  labels: Labels,
  turns: number,
  random: Random,
): Promise<void> {
  type Directions = readonly (readonly number[])[];
  let best: { readonly rows: Rows; readonly directions: Directions; readonly basis: Directions } | undefined;
  const offer = async (rows: Rows, wanted: Directions, basis: Directions): Promise<void> => {
    const directions = orthonormal(wanted, scorer.taken(rows.site.name));
    if (directions.length === 0) return;
    if (await scorer.offer([{ site: rows.site.name, directions }])) best = { rows, directions, basis };
  };
  for (const rows of sites) {
    const basis = principalOf(rows);
    const means = principal(classesOf(rows, labels.labels, labels.classes).between, rows.width);
    for (const all of [means, basis.length === 0 ? [] : discriminating(rows, basis, labels)])
      for (const size of new Set([all.length, 2].map((n) => Math.min(n, all.length)))) {
        await offer(rows, all.slice(0, size), basis);
        if (scorer.done) return;
      }
  }
  for (let turn = 0; turn < turns; turn++) {
    if (best === undefined || scorer.done) return;
    const { rows, directions, basis } = best;
    const towards = Array.from({ length: rows.width }, () => 0);
    for (const one of basis) {
      const weight = random.normal();
      one.forEach((x, i) => (towards[i]! += weight * x));
    }
    const norm = Math.hypot(...towards);
    const angle = [0.2, 0.5, 1][random.below(3)]!;
    const which = random.below(directions.length);
    const other = directions.map((one, i) =>
      i === which ? one.map((x, k) => Math.cos(angle) * x + (Math.sin(angle) * towards[k]!) / norm) : one,
    );
    await offer(rows, other, basis);
  }
}
