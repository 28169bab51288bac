/**
 * Energy distance between two sets of twins, and its exact permutation test: where it makes no difference which of two twins is of which side, swapping them within any pairs is as likely as not.
 *
 * With w_ij = d(A_i, B_j) + d(A_j, B_i) - d(A_i, A_j) - d(B_i, B_j), the distance is the mean of w_ij over i < j, twins left out. Swapping pair i turns the sign of every w_ij, so that an
 * assignment of signs s has the distance mean s_i s_j w_ij; s and -s are the same.
 */
import type { Random } from '../random.js';
import type { Pieces } from '../signal.js';
import type { Square } from './blocks.js';
import type { EnergyTest } from './energy.js';

/**
 * @param square pooled distances of n twins: side 1 first, then side 2 in the same order
 * @param permutations enumerate where there are at most this many assignments, 2^(n-1), else draw this many: p = (1 + b) / (1 + B)
 */
export function* pairedEnergyTest({ size, data }: Square, permutations: number, random: Random): Pieces<EnergyTest> {
  const n = size / 2;
  const w = new Float64Array(n * n);
  let observed = 0;
  let scale = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const across = data[i * size + n + j]! + data[j * size + n + i]!;
      const within = data[i * size + j]! + data[(n + i) * size + n + j]!;
      w[i * n + j] = across - within;
      observed += across - within;
      scale += across + within;
    }
  const pairs = n * (n - 1);
  // assignments that differ by rounding only count as ties, against rejection
  const atLeast = observed - 1e-12 * scale;
  const signs = new Int8Array(n).fill(1);
  const sumOf = (): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum += signs[i]! * signs[j]! * w[i * n + j]!;
    return sum;
  };
  const distance = observed / pairs;
  const assignments = 2 ** (n - 1);
  let beyond = 0;
  if (assignments <= permutations) {
    for (let mask = 0; mask < assignments; mask++) {
      // the first stays: all others turned are the same assignment
      for (let i = 1; i < n; i++) signs[i] = (mask >> (i - 1)) & 1 ? -1 : 1;
      if (sumOf() >= atLeast) beyond++;
      yield;
    }
    return { distance, p: beyond / assignments, permutations: assignments, exact: true };
  }
  for (let b = 0; b < permutations; b++) {
    for (let i = 0; i < n; i++) signs[i] = random.below(2) === 0 ? 1 : -1;
    if (sumOf() >= atLeast) beyond++;
    yield;
  }
  return { distance, p: (1 + beyond) / (1 + permutations), permutations, exact: false };
}
