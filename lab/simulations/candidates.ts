/** The intervals for the log ratio of strangers to siblings that were compared before one was chosen. */
import type { Random } from '../../src/random.js';
import type { Blocks } from '../../src/statistics/judgement.js';
import { normalCdf, normalQuantile, quantile, studentQuantile } from '../../src/statistics/distributions.js';

export type Limits = readonly [low: number, high: number];
export const candidateNames = [
  'percentile',
  'expanded percentile',
  'bootstrap t, min df',
  'jackknife t, min df',
  'jackknife t, Welch df',
  'jackknife t, pooled df',
  'jackknife normal',
] as const;

function ratio(
  within: Float64Array,
  m: number,
  other: number,
  across: (i: number, k: number) => number,
  w: ArrayLike<number>,
  v: ArrayLike<number>,
): number {
  let s = 0;
  let ws = 0;
  let x = 0;
  let wx = 0;
  for (let i = 0; i < m; i++) {
    if (w[i] === 0) continue;
    for (let j = 0; j < m; j++) {
      if (j === i) continue;
      s += w[i]! * w[j]! * within[i * m + j]!;
      ws += w[i]! * w[j]!;
    }
    for (let k = 0; k < other; k++) {
      x += w[i]! * v[k]! * across(i, k);
      wx += w[i]! * v[k]!;
    }
  }
  return Math.log(x / wx / (s / ws));
}

/** For both sides: the estimate and each candidate's limits, all from the same replicates. */
export function candidateLimits(
  blocks: Blocks,
  confidence: number,
  replicates: number,
  r: Random,
): { estimate: number; limits: Limits[] }[] {
  const { m1, m2 } = blocks;
  const at1 = (i: number, k: number): number => blocks.across[i * m2 + k]!;
  const at2 = (i: number, k: number): number => blocks.across[k * m2 + i]!;
  const sides = [
    (w: ArrayLike<number>, v: ArrayLike<number>) => ratio(blocks.within1, m1, m2, at1, w, v),
    (w: ArrayLike<number>, v: ArrayLike<number>) => ratio(blocks.within2, m2, m1, at2, v, w),
  ];
  const ones1 = new Float64Array(m1).fill(1);
  const ones2 = new Float64Array(m2).fill(1);
  const boots: number[][] = [[], []];
  while (boots[0]!.length < replicates) {
    const w = new Float64Array(m1);
    const v = new Float64Array(m2);
    for (let i = 0; i < m1; i++) w[r.below(m1)]!++;
    for (let i = 0; i < m2; i++) v[r.below(m2)]!++;
    if (w.includes(m1) || v.includes(m2)) continue;
    sides.forEach((side, a) => boots[a]!.push(side(w, v)));
  }
  const tail = (1 - confidence) / 2;
  const m = Math.min(m1, m2);
  const normal = normalQuantile(1 - tail);
  const tMin = studentQuantile(1 - tail, m - 1);
  return sides.map((side, a) => {
    const estimate = side(ones1, ones2);
    const sorted = Float64Array.from(boots[a]!).sort();
    const mean = sorted.reduce((x, y) => x + y) / sorted.length;
    const sd = Math.sqrt(sorted.reduce((x, y) => x + (y - mean) ** 2, 0) / (sorted.length - 1));
    const seBoot = sd * Math.sqrt(m / (m - 1));
    // Hesterberg: the percentiles that undo both narrownesses, of sd and of normal quantiles
    const expanded = normalCdf(-Math.sqrt(m / (m - 1)) * tMin);
    const parts = [ones1, ones2].map((ones, which) => {
      const left = Array.from(ones, (_, i) => {
        const w = ones.slice();
        w[i] = 0;
        return which === 0 ? side(w, ones2) : side(ones1, w);
      });
      const centre = left.reduce((x, y) => x + y) / left.length;
      return ((left.length - 1) / left.length) * left.reduce((x, y) => x + (y - centre) ** 2, 0);
    });
    const seJack = Math.sqrt(parts[0]! + parts[1]!);
    const welch = (parts[0]! + parts[1]!) ** 2 / (parts[0]! ** 2 / (m1 - 1) + parts[1]! ** 2 / (m2 - 1)) || 1;
    const around = (half: number): Limits => [estimate - half, estimate + half];
    return {
      estimate,
      limits: [
        [quantile(sorted, tail), quantile(sorted, 1 - tail)],
        [quantile(sorted, expanded), quantile(sorted, 1 - expanded)],
        around(tMin * seBoot),
        around(tMin * seJack),
        around(studentQuantile(1 - tail, welch) * seJack),
        around(studentQuantile(1 - tail, m1 + m2 - 2) * seJack),
        around(normal * seJack),
      ],
    };
  });
}
