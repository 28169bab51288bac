/** Blocks of distances for tests, and brute-force versions of what src/verdict computes cleverly. */
import * as fc from 'fast-check';
import { random } from '../../src/random';
import type { Blocks, Policy } from '../../src/statistics/judgement';
import { resolvePolicy } from '../../src/verdict/rule/policy';

export type Point = readonly number[];

const euclidean = (a: Point, b: Point): number => Math.hypot(...a.map((v, i) => v - b[i]!));

export function blocksOf(first: readonly Point[], second: readonly Point[], d = euclidean): Blocks {
  const matrix = (a: readonly Point[], b: readonly Point[]): Float64Array =>
    Float64Array.from(a.flatMap((p) => b.map((q) => d(p, q))));
  return {
    m1: first.length,
    m2: second.length,
    within1: matrix(first, first),
    within2: matrix(second, second),
    across: matrix(first, second),
  };
}

/** Gaussian points: side 2 shifted along the first axis and scaled. */
export function gaussian(m1: number, m2: number, dimension: number, shift: number, seed: number, scale = 1): Blocks {
  const r = random(seed, 'test points');
  const points = (m: number, by: number, of: number): Point[] =>
    Array.from({ length: m }, () => Array.from({ length: dimension }, (_, f) => of * r.normal() + (f === 0 ? by : 0)));
  return blocksOf(points(m1, 0, 1), points(m2, shift, scale));
}

/** The same comparison seen from the other side. */
export function swapped(b: Blocks): Blocks {
  const across = new Float64Array(b.m1 * b.m2);
  for (let i = 0; i < b.m1; i++) for (let k = 0; k < b.m2; k++) across[k * b.m1 + i] = b.across[i * b.m2 + k]!;
  return { m1: b.m2, m2: b.m1, within1: b.within2, within2: b.within1, across };
}

export function mapped(b: Blocks, within: (d: number) => number, across = within): Blocks {
  return { ...b, within1: b.within1.map(within), within2: b.within2.map(within), across: b.across.map(across) };
}

/** Quick but complete judgements. */
export const policy: Policy = resolvePolicy({ bootstrap: 200, permutations: 399 });

/** T of side 1 by going through every triple. */
export function bruteT(
  { m1, m2, within1, across }: Blocks,
  weights1: readonly number[] = Array(m1).fill(1),
  weights2: readonly number[] = Array(m2).fill(1),
): number {
  let yes = 0;
  let all = 0;
  for (let i = 0; i < m1; i++) {
    for (let j = 0; j < m1; j++) {
      if (i === j) continue;
      for (let k = 0; k < m2; k++) {
        const w = weights1[i]! * weights1[j]! * weights2[k]!;
        const sibling = within1[i * m1 + j]!;
        const stranger = across[i * m2 + k]!;
        all += w;
        yes += w * (sibling < stranger ? 1 : sibling === stranger ? 0.5 : 0);
      }
    }
  }
  return yes / all;
}

export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** Mean over i != j. */
export function meanWithin(within: Float64Array, m: number): number {
  return mean(Array.from(within).filter((_, at) => at % (m + 1) !== 0));
}

/** Points with small integer coordinates: many ties. */
const coarse = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 2 });
const fine = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 });

export function anyBlocks(fewest = 2, most = 7): fc.Arbitrary<Blocks> {
  const sets = <T extends Point>(point: fc.Arbitrary<T>): fc.Arbitrary<[T[], T[]]> =>
    fc.tuple(
      fc.array(point, { minLength: fewest, maxLength: most }),
      fc.array(point, { minLength: fewest, maxLength: most }),
    );
  return fc.oneof(sets(coarse), sets(fine)).map(([a, b]) => blocksOf(a, b));
}
