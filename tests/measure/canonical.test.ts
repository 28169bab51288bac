/** CCA, SVCCA and PWCCA: the trap of too few inputs, and what tells the three apart. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OptionError, RepresentationError } from '../../src/errors';
import { canonicalCorrelations, cca, pwcca, svcca, svccaMeasure, type Measure } from '../../src/measure';
import { gram, lowRank, mapFeatures, normals, plus, stream, times, type Features } from './data';

const distance = async (measure: Measure, a: Features, b: Features): Promise<number> =>
  (await measure.distances([gram(a), gram(b)], { seed: 0 })).data[1]!;

describe.each([cca, svccaMeasure({ share: 1 }), pwcca])('$name', (measure) => {
  test('refuses as many directions as there are inputs, where every correlation would be 1', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 6, max: 30 }), fc.nat(), fc.nat(), async (n, cut, seed) => {
        const r = stream(seed);
        const p = 1 + (cut % (n - 2));
        const rest = n - 1 - p;
        const a = normals(r, n, p);
        // at most: together they fill the space
        if (rest >= 1) expect(await distance(measure, a, normals(r, n, rest))).toBeGreaterThan(0);
        const error = await distance(measure, a, normals(r, n, rest + 1)).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(RepresentationError);
        expect((error as RepresentationError).message).toMatch(
          new RegExp(`over ${n} inputs share at least 1 directions[\\s\\S]*at least ${n + 1} inputs`),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('one representation alone may have any rank', async () => {
    expect([...(await measure.distances([gram(normals(stream(1), 10, 50))], { seed: 0 })).data]).toEqual([0]);
  });
});

test('the trap is real: representations without anything in common, canonical correlations of 1 by counting', async () => {
  // ranks that just fit: what is left after counting is close to 1 all the same
  const r = stream(2);
  const values = await canonicalCorrelations(gram(normals(r, 61, 30)), gram(normals(r, 61, 30)));
  expect(values[0]).toBeGreaterThan(0.99);
});

test('rounding of float32 is no direction', async () => {
  const r = stream(3);
  // c = a + b up to the rounding of float32, so the rank is 6 and not 9
  const [a, b] = [normals(r, 40, 3), normals(r, 40, 3)].map((x) => mapFeatures(x, Math.fround)) as [Features, Features];
  const c = mapFeatures(plus(a, b), Math.fround);
  const wide: Features = {
    data: Float64Array.from(
      { length: 40 * 9 },
      (_, at) => [a, b, c][Math.floor((at % 9) / 3)]!.data[Math.floor(at / 9) * 3 + (at % 3)]!,
    ),
    shape: [40, 9],
  };
  expect(await canonicalCorrelations(gram(wide), gram(normals(r, 40, 8)))).toHaveLength(6);
});

test('correlations built in are found', async () => {
  // columns of x and y pairwise at chosen angles, in orthonormal directions, then mixed
  const r = stream(5);
  const [n, p] = [50, 4];
  const want = [0.99, 0.7, 0.3, 0];
  const basis = normals(r, n, 2 * p);
  const columns: Float64Array[] = [];
  for (let j = 0; j < 2 * p; j++) {
    const v = Float64Array.from({ length: n }, (_, i) => basis.data[i * 2 * p + j]!);
    const mean = v.reduce((s, x) => s + x, 0) / n;
    for (let i = 0; i < n; i++) v[i] = v[i]! - mean;
    for (const u of columns) {
      const dot = u.reduce((s, x, i) => s + x * v[i]!, 0);
      for (let i = 0; i < n; i++) v[i] = v[i]! - dot * u[i]!;
    }
    const norm = Math.sqrt(v.reduce((s, x) => s + x * x, 0));
    columns.push(v.map((x) => x / norm));
  }
  const x: Features = {
    data: Float64Array.from({ length: n * p }, (_, at) => columns[at % p]![Math.floor(at / p)]!),
    shape: [n, p],
  };
  const y = mapFeatures(x, (v, i, j) => want[j]! * v + Math.sqrt(1 - want[j]! ** 2) * columns[p + j]![i]!);
  const got = await canonicalCorrelations(gram(times(x, normals(r, p, p))), gram(times(y, normals(r, p, p))));
  want.forEach((rho, i) => expect(got[i]).toBeCloseTo(rho, 9));
});

test('a direction of little variance counts fully in cca, hardly in pwcca, and not in svcca', async () => {
  const r = stream(6);
  const strong = normals(r, 60, 2);
  const weak = (): Features => mapFeatures(normals(r, 60, 2), (v) => 1e-3 * v);
  const joined = (a: Features, b: Features): Features => ({
    data: Float64Array.from(
      { length: 60 * 4 },
      (_, at) => (at % 4 < 2 ? a : b).data[Math.floor(at / 4) * 2 + (at % 2)]!,
    ),
    shape: [60, 4],
  });
  const [a, b] = [joined(strong, weak()), joined(strong, weak())];
  expect(await distance(cca, a, b)).toBeGreaterThan(0.4);
  expect(await distance(pwcca, a, b)).toBeLessThan(1e-3);
  expect(await distance(svcca, a, b)).toBeLessThan(1e-2);
});

test('svcca allows wide representations that hold their variance in few directions', async () => {
  const r = stream(7);
  const shared = normals(r, 40, 3);
  const wide = (): Features =>
    plus(
      times(shared, normals(r, 3, 100)),
      mapFeatures(normals(r, 40, 100), (v) => 0.02 * v),
    );
  const [a, b] = [wide(), wide()];
  await expect(distance(cca, a, b)).rejects.toThrow(RepresentationError);
  expect(await distance(svcca, a, b)).toBeLessThan(0.05);
  expect(await distance(svcca, a, lowRank(r, 40, 100, 3, 0.02))).toBeGreaterThan(0.5);
});

test.each([0, -1, 1.1, NaN])('a share of %d is no option', (share) => {
  expect(() => svccaMeasure({ share })).toThrow(OptionError);
});
