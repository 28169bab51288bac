/** Which sites a last look goes to, should all of them together be undecided. */

/** Sites looked at, at most: each costs memory for every implementation, and its share of alpha. */
const MOST = 6;

/** Numbers of the sites whose Grams are kept for a look: all, or so many evenly spread from the first to the last. */
export function lookedAt(sites: number): number[] {
  if (sites <= MOST) return Array.from({ length: sites }, (_, i) => i);
  return Array.from({ length: MOST }, (_, i) => Math.round((i * (sites - 1)) / (MOST - 1)));
}
