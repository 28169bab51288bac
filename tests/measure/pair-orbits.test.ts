import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PairOrbits } from '../../src/measure/pair-orbits';
import { cyclicCosets, inversesOf } from '../../src/measure/permutations';
import { pack, packedLength } from '../../src/representation/packed';
import { atOnce } from '../../src/signal';
import { closeGroup } from '../../src/task/symmetries';
import { createKernel } from '../../src/tensor/kernels';
import { largestDifference, stream } from './data';

const after = (a: Uint32Array, b: Uint32Array): Uint32Array => b.map((i) => a[i]!);
const permutation = (n: number) =>
  fc
    .shuffledSubarray(
      Array.from({ length: n }, (_, i) => i),
      { minLength: n, maxLength: n },
    )
    .map((order) => Uint32Array.from(order));
const powersOf = (cycle: Uint32Array): Uint32Array[] => {
  const powers: Uint32Array[] = [cycle.map((_, i) => i)];
  for (let next: Uint32Array = cycle; next.some((to, i) => to !== i); next = after(cycle, next)) powers.push(next);
  return powers;
};
const symmetric = (seed: number, n: number): Float64Array => {
  const r = stream(seed);
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) data[i * n + j] = data[j * n + i] = r.normal();
  return data;
};

test('the inner products under all powers of a permutation are what sums over all entries give', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }).chain((n) => fc.tuple(permutation(n), permutation(n))),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      ([cycle, by], rows, count, seed) => {
        const n = cycle.length;
        // with cycles of several lengths at once, orders up to 60
        const powers = powersOf(cycle);
        const h = powers.length;
        const kernel = createKernel();
        const orbits = new PairOrbits(kernel, n, cycle, h);
        const qs = Array.from({ length: rows }, (_, i) => symmetric(seed + i, n));
        const ks = Array.from({ length: count }, (_, i) => symmetric(seed + 10 + i, n));
        const [left, right, products] = [
          kernel.alloc(rows * orbits.length),
          kernel.alloc(count * orbits.length),
          kernel.alloc(2 * rows * count),
        ];
        const packed = new Float64Array(packedLength(n));
        qs.forEach((q, i) => {
          // both ways in
          pack(q, n, packed, 2);
          if (i % 2 === 0) orbits.transformPacked(packed, left, i);
          else orbits.transformFull(q, n, powers[0]!, left, i, 2);
        });
        ks.forEach((k, i) => orbits.transformFull(k, n, by, right, i, 1));
        const found = new Float64Array(h * rows * count);
        atOnce(orbits.correlate(left, rows, right, count, products, found));
        const expected = powers.flatMap((power) =>
          qs.flatMap((q) =>
            ks.map((k) => {
              const g = after(by, power);
              let sum = 0;
              for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum += q[i * n + j]! * k[g[i]! * n + g[j]!]!;
              return sum;
            }),
          ),
        );
        expect(largestDifference(found, expected)).toBeLessThan(1e-10);
      },
    ),
  );
});

test('cosets of a largest cyclic subgroup hold every member once, where they say', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 2, max: 5 })
        .chain((n) => fc.array(permutation(n), { maxLength: 3 }).map((generators) => closeGroup(n, generators))),
      (group) => {
        const { cycle, order, cosets } = cyclicCosets(group);
        const powers = powersOf(cycle);
        expect(powers).toHaveLength(order);
        expect(order).toBe(Math.max(...group.map((g) => powersOf(g).length)));
        expect(cosets.flatMap(({ places }) => Array.from(places)).toSorted((a, b) => a - b)).toEqual(
          group.map((_, at) => at),
        );
        for (const { by, places } of cosets)
          powers.forEach((power, k) => expect(group[places[k]!]!.join()).toBe(after(by, power).join()));
        inversesOf(group).forEach((at, i) => expect(after(group[i]!, group[at]!).join()).toBe(group[0]!.join()));
      },
    ),
  );
});
