/** Linear maps along one axis of a tensor seen as [outer, size, inner]. */

export interface View {
  readonly data: Float64Array;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/**
 * An invertible map of a space with coordinates, one elementary part of it. Row vectors: v becomes v E.
 * `turn`: the plane of two coordinates turns by degrees; with three, the space turns around their diagonal (1, 1, 1), which keeps the sum of coordinates.
 */
export type Elementary =
  | { readonly turn: readonly number[]; readonly degrees: number }
  | { readonly scale: readonly number[]; readonly by: number }
  /** the second coordinate gains `by` times the first */
  | { readonly shear: readonly [number, number]; readonly by: number };

function each(
  { data, outer, size, inner }: View,
  features: readonly number[],
  change: (values: number[]) => void,
): void {
  const values = features.map(() => 0);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      features.forEach((feature, f) => (values[f] = data[(o * size + feature) * inner + i]!));
      change(values);
      features.forEach((feature, f) => (data[(o * size + feature) * inner + i] = values[f]!));
    }
}

export const swap = (view: View, a: number, b: number): void =>
  each(view, [a, b], (v) => {
    v.reverse();
  });

/**
 * Applies E to every vector along the axis, or E's inverse transposed (`dual`): what vectors must undergo for products with those under E to stay the same.
 * What reads vectors under E, a matrix with this axis for its rows, needs the dual too: v E times E^-1 W.
 */
export function apply(view: View, map: Elementary, dual: boolean): void {
  if ('scale' in map) {
    const by = dual ? 1 / map.by : map.by;
    for (const feature of map.scale) each(view, [feature], (v) => void (v[0] = v[0]! * by));
    return;
  }
  if ('shear' in map) {
    const { shear, by } = map;
    each(view, shear, (v) => {
      if (dual) v[0] = v[0]! - by * v[1]!;
      else v[1] = v[1]! + by * v[0]!;
    });
    return;
  }
  // orthogonal: its own dual
  const angle = (map.degrees * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  if (map.turn.length === 2) {
    each(view, map.turn, (v) => {
      const [x, y] = v as [number, number];
      v[0] = c * x - s * y;
      v[1] = s * x + c * y;
    });
    return;
  }
  // Rodrigues' formula for the axis (1, 1, 1) / sqrt(3)
  const [along, across] = [(1 - c) / 3, s / Math.sqrt(3)];
  each(view, map.turn, (v) => {
    const [x, y, z] = v as [number, number, number];
    const sum = along * (x + y + z);
    v[0] = c * x + sum + across * (z - y);
    v[1] = c * y + sum + across * (x - z);
    v[2] = c * z + sum + across * (y - x);
  });
}
