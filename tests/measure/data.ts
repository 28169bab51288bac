/** Representations for the tests of measures, and what can be done to features that a distance should or should not notice. */
import type { Gram } from '../../src/measure/measure';
import { random, type Random } from '../../src/random';
import { gramOf } from '../../src/representation/gram';

/** float64, so that what a test sees is the measure's error and not that of storing features */
export interface Features {
  readonly data: Float64Array;
  readonly shape: readonly [n: number, p: number];
}

export const gram = (x: Features): Gram => gramOf(x);

export const stream = (seed: number): Random => random(seed, 'measure tests');

export function normals(r: Random, n: number, p: number): Features {
  return { data: Float64Array.from({ length: n * p }, () => r.normal()), shape: [n, p] };
}

/** A (n x k) times B (k x p) */
export function times(a: Features, b: Features): Features {
  const [n, k] = a.shape;
  const p = b.shape[1];
  const data = new Float64Array(n * p);
  for (let i = 0; i < n; i++) {
    for (let l = 0; l < k; l++) {
      const x = a.data[i * k + l]!;
      for (let j = 0; j < p; j++) data[i * p + j] = data[i * p + j]! + x * b.data[l * p + j]!;
    }
  }
  return { data, shape: [n, p] };
}

export function mapFeatures(x: Features, fn: (value: number, row: number, column: number) => number): Features {
  const p = x.shape[1];
  return { data: x.data.map((value, at) => fn(value, Math.floor(at / p), at % p)), shape: x.shape };
}

export const plus = (a: Features, b: Features): Features =>
  mapFeatures(a, (value, i, j) => value + b.data[i * a.shape[1] + j]!);

/** features of a given rank plus isotropic noise */
export function lowRank(r: Random, n: number, p: number, rank: number, noise = 0): Features {
  const signal = times(normals(r, n, rank), normals(r, rank, p));
  return noise === 0
    ? signal
    : plus(
        signal,
        mapFeatures(normals(r, n, p), (x) => noise * x),
      );
}

/** a p x p orthogonal matrix: a product of p Householder reflections */
export function rotation(r: Random, p: number): Features {
  const data = new Float64Array(p * p);
  for (let i = 0; i < p; i++) data[i * p + i] = 1;
  for (let k = 0; k < p; k++) {
    const v = Float64Array.from({ length: p }, () => r.normal());
    const square = v.reduce((sum, x) => sum + x * x, 0);
    for (let i = 0; i < p; i++) {
      let dot = 0;
      for (let j = 0; j < p; j++) dot += data[i * p + j]! * v[j]!;
      for (let j = 0; j < p; j++) data[i * p + j] = data[i * p + j]! - (2 * dot * v[j]!) / square;
    }
  }
  return { data, shape: [p, p] };
}

export function permuteFeatures(x: Features, order: Uint32Array): Features {
  const p = x.shape[1];
  return mapFeatures(x, (_, i, j) => x.data[i * p + order[j]!]!);
}

export function centred(x: Features): Features {
  const [n, p] = x.shape;
  const mean = new Float64Array(p);
  x.data.forEach((value, at) => (mean[at % p] = mean[at % p]! + value / n));
  return mapFeatures(x, (value, _, j) => value - mean[j]!);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  // written so that NaN is not lost
  for (let i = 0; i < a.length; i++) if (!(Math.abs(a[i]! - b[i]!) <= worst)) worst = Math.abs(a[i]! - b[i]!);
  return worst;
}
