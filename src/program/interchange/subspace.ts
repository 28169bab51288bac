/** Replaces what an activation has along some directions. */
import type { Activation, Axis } from '../../model/model.js';
import type { PlacedPart } from './placed.js';

/** Offsets within one position of what `at` selects, row-major; and of the positions of a site. */
export function offsetsOf(
  { site, at }: PlacedPart,
  length: number,
): { readonly selected: number[]; readonly stride: number } {
  let selected = [0];
  let stride = 0;
  let size = 1;
  const strides: number[] = [];
  for (let axis = site.axes.length - 1; axis >= 0; axis--) {
    strides[axis] = size;
    size *= site.shape[axis] === -1 ? length : site.shape[axis]!;
  }
  site.axes.forEach((axis: Axis, i) => {
    if (axis === 'position') stride = strides[i]!;
    else {
      const indices = at[axis] ?? Array.from({ length: site.shape[i]! }, (_, k) => k);
      selected = selected.flatMap((offset) => indices.map((index) => offset + index * strides[i]!));
    }
  });
  return { selected, stride };
}

/**
 * The activation with the part along the directions taken from another.
 * @param where rows that change, and positions (all, if none are named)
 */
export function projected(
  part: PlacedPart,
  current: Activation,
  taken: Activation,
  where: {
    readonly rows: readonly number[];
    readonly at: Readonly<Record<Axis, readonly number[]>>;
    readonly length: number;
  },
): Activation {
  const data = current.data.slice();
  const size = data.length / current.shape[0]!;
  const { selected, stride } = offsetsOf(part, where.length);
  const positions = where.at['position'] ?? Array.from({ length: where.length }, (_, i) => i);
  for (const row of where.rows)
    for (const position of positions) {
      const from = row * size + position * stride;
      for (const direction of part.directions!) {
        let along = 0;
        selected.forEach((offset, k) => {
          along += direction[k]! * (taken.data[from + offset]! - current.data[from + offset]!);
        });
        selected.forEach((offset, k) => {
          data[from + offset]! += along * direction[k]!;
        });
      }
    }
  return { ...current, data };
}
