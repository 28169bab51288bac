/** Batches of rows of several lengths: padded at the end, and cleared there again. */
import type { Tokens } from '../../../input.js';
import { isAlong } from '../../../interventions.js';
import type { Axis } from '../../../model.js';

/** Row-major [rows, positions]. A row is padded with its own last token: it reads nothing that it would not read alone. */
export function padded(batch: readonly Tokens[], positions: number): Int32Array {
  const tokens = new Int32Array(batch.length * positions);
  batch.forEach((row, at) => {
    tokens.set(row, at * positions);
    tokens.fill(row.at(-1)!, at * positions + row.length, (at + 1) * positions);
  });
  return tokens;
}

/**
 * Sets to zero what lies beyond each row's length, on every axis that runs along the input.
 * @param data row-major [rows, ...sizes]
 */
export function clearPadding(
  data: Float32Array,
  axes: readonly Axis[],
  sizes: readonly number[],
  lengths: readonly number[],
): void {
  const rowSize = data.length / lengths.length;
  lengths.forEach((length, row) => {
    let outer = 1;
    let inner = rowSize;
    axes.forEach((axis, i) => {
      const size = sizes[i]!;
      inner /= size;
      // every run of `size` blocks of `inner` values loses its last blocks
      if (isAlong(axis) && length < size)
        for (let run = 0; run < outer; run++) {
          const from = row * rowSize + run * size * inner;
          data.fill(0, from + length * inner, from + size * inner);
        }
      outer *= size;
    });
  });
}
