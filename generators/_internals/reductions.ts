/** Which part of a list to keep when shrinking it, in the order of delta debugging. */

/** A part to keep, and how finely to go on cutting it. */
export interface Reduction {
  /** positions that stay, ascending */
  readonly kept: readonly number[];
  readonly granularity: number;
}

/**
 * Ever smaller parts of n things (Zeller and Hildebrandt 2002, "Simplifying and isolating failure-inducing input"): first nothing at all, then cut in two, four,
 * eight, ... pieces, each piece alone, then all but one piece. The last round leaves out one thing at a time, so that a list none of
 * whose reductions will do needs everything it has. One culprit among n is found in about 1.5 log2(n) steps.
 * @param granularity pieces to begin with: what came with the reduction that made these n things
 * @param least how many must stay
 */
export function* reductions(n: number, granularity = 2, least = 0): Generator<Reduction> {
  if (n <= least) return;
  if (least === 0) yield { kept: [], granularity: 2 };
  const known = new Set<string>();
  const fresh = (key: string, size: number): boolean =>
    size > 0 && size >= least && size < n && !known.has(key) && known.add(key).size > 0;
  const positions = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  for (let pieces = Math.min(Math.max(2, granularity), n); ; pieces = Math.min(2 * pieces, n)) {
    const cut = (piece: number): number => Math.floor((piece * n) / pieces);
    for (let piece = 0; piece < pieces; piece++) {
      const [from, to] = [cut(piece), cut(piece + 1)];
      if (fresh(`${from} ${to}`, to - from)) yield { kept: positions(from, to), granularity: 2 };
    }
    for (let piece = 0; piece < pieces; piece++) {
      const [from, to] = [cut(piece), cut(piece + 1)];
      // all but the first or the last piece is a piece itself
      const key = from === 0 ? `${to} ${n}` : to === n ? `0 ${from}` : `not ${from} ${to}`;
      if (fresh(key, n - (to - from)))
        yield { kept: [...positions(0, from), ...positions(to, n)], granularity: Math.max(pieces - 1, 2) };
    }
    if (pieces === n) return;
  }
}

/** Smaller numbers to try in place of n: 0, n / 2, 3 n / 4, ..., n - 1. */
export function* downFrom(n: number): Generator<number> {
  for (let step = n; step >= 1; step = Math.floor(step / 2)) yield n - step;
}
