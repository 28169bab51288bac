import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cka, linearCka } from '../../src/measure';
import { centred, gram, largestDifference, lowRank, mapFeatures, normals, stream, times, type Features } from './data';

const transposed = (x: Features): Features => {
  const [n, p] = x.shape;
  return {
    data: Float64Array.from({ length: n * p }, (_, at) => x.data[(at % n) * p + Math.floor(at / n)]!),
    shape: [p, n],
  };
};

const norm = (x: Features): number => Math.sqrt(x.data.reduce((sum, v) => sum + v * v, 0));

/** |X^T Y|^2 / (|X^T X| |Y^T Y|) over centred features */
function inFeatureSpace(a: Features, b: Features): number {
  const [x, y] = [centred(a), centred(b)];
  return norm(times(transposed(x), y)) ** 2 / (norm(times(transposed(x), x)) * norm(times(transposed(y), y)));
}

test('equals the formula over features, all pairs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 3, max: 25 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 4 }),
      fc.nat(),
      async (n, widths, seed) => {
        const r = stream(seed);
        const sides = widths.map((p) => lowRank(r, n, p, 2, 0.5));
        const want = sides.flatMap((a) => sides.map((b) => inFeatureSpace(a, b)));
        expect(largestDifference(await linearCka(sides.map(gram)), want)).toBeLessThan(1e-12);
      },
    ),
  );
});

test('over more inputs than a chunk holds', async () => {
  const r = stream(1);
  const sides = [normals(r, 150, 6), normals(r, 150, 4)];
  expect((await linearCka(sides.map(gram)))[1]).toBeCloseTo(inFeatureSpace(sides[0]!, sides[1]!), 12);
});

test('the distance is the angle over a right angle: 0 for copies exactly, 1 for orthogonal Grams', async () => {
  // features that are products of orthogonal sign patterns: centred, and K L = 0
  const rows = [0, 1, 2, 3, 4, 5, 6, 7];
  const column = (bit: number): Features => ({
    data: Float64Array.from(rows, (i) => ((i >> bit) & 1 ? 1 : -1)),
    shape: [8, 1],
  });
  const noise = normals(stream(2), 8, 3);
  const { data } = await cka.distances(
    [column(0), column(1), column(0), noise, mapFeatures(noise, (v) => v)].map(gram),
    { seed: 0 },
  );
  expect(data[1]).toBe(1);
  expect(data[2]).toBe(0);
  expect(data[3 * 5 + 4]).toBe(0);
  expect(data[3]).toBeCloseTo(Math.acos(inFeatureSpace(column(0), noise)) / (Math.PI / 2), 12);
});

test('neither very large nor very small features matter', async () => {
  const r = stream(3);
  const [a, b] = [normals(r, 20, 5), normals(r, 20, 5)];
  const at = async (c: number) => (await linearCka([gram(mapFeatures(a, (v) => v * c)), gram(b)]))[1]!;
  for (const c of [1e-70, 1e70]) expect(await at(c)).toBeCloseTo(await at(1), 12);
});
