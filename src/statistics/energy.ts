/**
 * Energy distance between two sets (Szekely and Rizzo 2004), 2 mean across - mean within 1 - mean within 2, and its
 * permutation test: under exchangeable sets every assignment of labels is equally likely.
 */
import * as z from 'zod';
import type { Random } from '../random.js';
import type { Plain } from '../schema.js';
import type { Pieces } from '../signal.js';
import type { Square } from './blocks.js';

export const energySchema = z.strictObject({
  distance: z.number(),
  p: z.number(),
  permutations: z.int().describe('Label assignments looked at.'),
  exact: z.boolean().describe('true: all of them; false: a random sample.'),
});

export type EnergyTest = Plain<typeof energySchema>;

/** n choose k, or Infinity once it passes 2^53. */
export function choose(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) {
    count = Math.round((count * (n - Math.min(k, n - k) + i)) / i);
    if (count > Number.MAX_SAFE_INTEGER) return Infinity;
  }
  return count;
}

/** Every ascending k-subset of 0..n-1 (one array, reused). */
export function* subsets(n: number, k: number): Generator<Uint32Array, void, void> {
  const subset = Uint32Array.from({ length: k }, (_, i) => i);
  for (;;) {
    yield subset;
    let at = k - 1;
    while (at >= 0 && subset[at] === n - k + at) at--;
    if (at < 0) return;
    subset[at]!++;
    for (let next = at + 1; next < k; next++) subset[next] = subset[next - 1]! + 1;
  }
}

/**
 * @param square pooled distances, side 1 first
 * @param permutations enumerate where there are at most this many assignments, else draw this many: p = (1 + b) / (1 + B)
 */
export function* energyTest(square: Square, m1: number, permutations: number, random: Random): Pieces<EnergyTest> {
  const { size, data } = square;
  const m2 = size - m1;
  const rows = new Float64Array(size);
  let total = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) rows[i]! += data[i * size + j]!;
    total += rows[i]!;
  }
  // sums over ordered pairs: of all `total`, within the subset `inside`, from the subset to anyone `reach`
  const distance = (subset: ArrayLike<number>): number => {
    let inside = 0;
    let reach = 0;
    for (let a = 0; a < m1; a++) {
      const i = subset[a]!;
      reach += rows[i]!;
      for (let b = 0; b < a; b++) inside += data[i * size + subset[b]!]!;
    }
    inside *= 2;
    const across = reach - inside;
    const outside = total - reach - across;
    return (2 * across) / (m1 * m2) - inside / (m1 * (m1 - 1)) - outside / (m2 * (m2 - 1));
  };
  const observed = distance(Uint32Array.from({ length: m1 }, (_, i) => i));
  // assignments that differ by rounding only (the swapped labels, copies) count as ties, against rejection
  const atLeast = observed - 1e-12 * (total / (size * (size - 1)));
  const assignments = choose(size, m1);
  let beyond = 0;
  if (assignments <= permutations) {
    for (const subset of subsets(size, m1)) {
      if (distance(subset) >= atLeast) beyond++;
      yield;
    }
    return { distance: observed, p: beyond / assignments, permutations: assignments, exact: true };
  }
  const items = Uint32Array.from({ length: size }, (_, i) => i);
  for (let b = 0; b < permutations; b++) {
    // the first m1 steps of a Fisher-Yates shuffle, from whatever order the last draw left: still uniform
    for (let i = 0; i < m1; i++) {
      const j = i + random.below(size - i);
      const held = items[i]!;
      items[i] = items[j]!;
      items[j] = held;
    }
    if (distance(items) >= atLeast) beyond++;
    yield;
  }
  return { distance: observed, p: (1 + beyond) / (1 + permutations), permutations, exact: false };
}
