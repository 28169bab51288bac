/** Whether two variables stand in one place: of interchanges of both, one would undo the other. */
import type { Placed, PlacedPart } from './placed.js';
import { offsetsOf } from './subspace.js';

/** How far from right angles directions may be. */
export const RIGHT = 1e-3;

const shared = (one: readonly number[] | undefined, other: readonly number[] | undefined): boolean =>
  one === undefined || other === undefined || one.some((i) => other.includes(i));

/** Whether any direction of one has a part along any of the other, over the numbers that both select. */
function inclined(one: PlacedPart, other: PlacedPart): boolean {
  // the length is that of an axis of positions, which directions are not over
  const [a, b] = [one, other].map((part) => offsetsOf(part, 1).selected) as [number[], number[]];
  const place = new Map(b.map((offset, k) => [offset, k]));
  const both = a.flatMap((offset, k) => (place.has(offset) ? [[k, place.get(offset)!] as const] : []));
  return one.directions!.some((u) =>
    other.directions!.some((v) => Math.abs(both.reduce((sum, [i, j]) => sum + u[i]! * v[j]!, 0)) > RIGHT),
  );
}

/** Whether two parts have a number in common, or of two subspaces, are not at right angles. */
function overlap(a: Placed, b: Placed): boolean {
  return (
    shared(a.positions, b.positions) &&
    a.parts.some((one) =>
      b.parts.some(
        (other) =>
          one.site === other.site &&
          one.site.axes.every((axis) => shared(one.at[axis], other.at[axis])) &&
          (!(one.directions && other.directions) || inclined(one, other)),
      ),
    )
  );
}

/** The first two variables whose parts overlap. */
export function overlapping(placed: readonly Placed[]): readonly [Placed, Placed] | undefined {
  for (const [i, a] of placed.entries()) for (const b of placed.slice(i + 1)) if (overlap(a, b)) return [a, b];
  return undefined;
}
