/** From the square of all distances to the blocks a verdict looks at, and back to plain numbers. */
import type { Distances } from '../measure/index.js';
import type { Matrices } from './evidence.js';
import type { Blocks } from '../statistics/judgement.js';

const rowsOf = (data: Float64Array, rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));

/** Cuts the distances among [side 1, side 2, controls 1, controls 2] into blocks. @param paired the two sides are twins */
export function blocksOf(
  { data: all, m, copies }: Distances,
  m1: number,
  m2: number,
  controls: readonly [number, number],
  paired = false,
): Blocks {
  const cut = (row: number, rows: number, column: number, columns: number): Float64Array => {
    const out = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++)
      out.set(all.subarray((row + i) * m + column, (row + i) * m + column + columns), i * columns);
    return out;
  };
  const at1 = m1 + m2;
  const at2 = at1 + controls[0];
  return {
    m1,
    m2,
    within1: cut(0, m1, 0, m1),
    within2: cut(m1, m2, m1, m2),
    across: cut(0, m1, m1, m2),
    ...(paired && { paired }),
    ...(controls[0] > 0 && { control1: { columns: controls[0], data: cut(0, m1, at1, controls[0]) } }),
    ...(controls[1] > 0 && { control2: { columns: controls[1], data: cut(m1, m2, at2, controls[1]) } }),
    ...(copies && { copies1: copies.slice(0, m1), copies2: copies.slice(m1, at1) }),
  };
}

/**
 * Means of siblings and strangers, and each side's excess, of the distances among [side 1, side 2, any others], m in all.
 * @param paired the two sides are twins, who are no strangers
 */
export function means(
  all: Float64Array,
  m: number,
  m1: number,
  m2: number,
  resolution: number,
  paired = false,
): { siblings: [number, number]; strangers: number; excess: [number, number] } {
  const mean = (row: number, rows: number, column: number, columns: number): number => {
    let sum = 0;
    let pairs = 0;
    for (let i = row; i < row + rows; i++)
      for (let j = column; j < column + columns; j++)
        if (i !== j && !(paired && i + m1 === j)) {
          sum += all[i * m + j]!;
          pairs++;
        }
    return sum / pairs;
  };
  const siblings: [number, number] = [mean(0, m1, 0, m1), mean(m1, m2, m1, m2)];
  const strangers = mean(0, m1, m1, m2);
  return {
    siblings,
    strangers,
    excess: [strangers / Math.max(siblings[0], resolution) - 1, strangers / Math.max(siblings[1], resolution) - 1],
  };
}

/** The blocks as a report keeps them: rows of numbers. */
export const matricesOf = ({ m1, m2, within1, within2, across }: Blocks): Matrices => ({
  within1: rowsOf(within1, m1, m1),
  within2: rowsOf(within2, m2, m2),
  across: rowsOf(across, m1, m2),
});
