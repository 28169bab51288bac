/**
 * Implementations of one trained run are repeats of each other, not independent draws: where a side has several runs, the run is the unit. Distances are averaged over the implementations of
 * each pair of runs, so that every interval, resampling and permutation is over runs, and two implementations of one run are never siblings (strangers are of different runs, too).
 */
import type { Blocks } from '../../statistics/judgement.js';

/** Which run each implementation of a side is of: numbers from 0, in the order in which the runs first appear. */
export function runsOf(labels: readonly unknown[]): number[] {
  const known = new Map<unknown, number>();
  return labels.map((label) => {
    if (!known.has(label)) known.set(label, known.size);
    return known.get(label)!;
  });
}

const count = (runs: readonly number[]): number => Math.max(...runs) + 1;
const each = (m: number): number[] => Array.from({ length: m }, (_, i) => i);

/** True where both sides are made of several trained runs: breadth is then the models' own, so that a difference seen from one set is one. */
export const severalRuns = (runs: readonly [readonly number[], readonly number[]] | undefined): boolean =>
  runs !== undefined && runs.every((side) => count(side) > 1);

/** Means over pairs of runs; the diagonal of a square block is left at zero. */
function reduced(
  data: Float64Array,
  rows: readonly number[],
  columns: readonly number[],
  square: boolean,
): Float64Array {
  const [m, n] = [count(rows), count(columns)];
  const sums = new Float64Array(m * n);
  const pairs = new Float64Array(m * n);
  rows.forEach((r, i) =>
    columns.forEach((c, j) => {
      if (square && r === c) return;
      sums[r * n + c]! += data[i * columns.length + j]!;
      pairs[r * n + c]!++;
    }),
  );
  return sums.map((sum, at) => (pairs[at] === 0 ? 0 : sum / pairs[at]!));
}

/**
 * Blocks whose units are runs on the sides where there are several, and implementations where there is one.
 * @param runs of each side, by `runsOf`
 */
export function byRun(blocks: Blocks, runs: readonly [readonly number[], readonly number[]]): Blocks {
  const several = runs.map((side) => count(side) > 1);
  if (!several[0] && !several[1]) return blocks;
  const [first, second] = runs.map((side, a) => (several[a] ? side : each(side.length))) as [
    readonly number[],
    readonly number[],
  ];
  const control = (of: Blocks['control1'], side: readonly number[]): Blocks['control1'] =>
    of && { columns: of.columns, data: reduced(of.data, side, each(of.columns), false) };
  const copies = (of: Float64Array | undefined, side: readonly number[]): Float64Array | undefined =>
    of && reduced(of, side, [0], false);
  const [copies1, copies2] = [copies(blocks.copies1, first), copies(blocks.copies2, second)];
  const [control1, control2] = [control(blocks.control1, first), control(blocks.control2, second)];
  return {
    m1: count(first),
    m2: count(second),
    within1: reduced(blocks.within1, first, first, true),
    within2: reduced(blocks.within2, second, second, true),
    across: reduced(blocks.across, first, second, false),
    ...(control1 && { control1 }),
    ...(control2 && { control2 }),
    ...(copies1 && { copies1 }),
    ...(copies2 && { copies2 }),
  };
}
