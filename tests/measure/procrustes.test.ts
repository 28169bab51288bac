import { describe, expect, test } from '@jest/globals';
import { Matrix, SVD } from 'ml-matrix';
import { OptionError } from '../../src/errors';
import { procrustes, procrustesMeasure } from '../../src/measure';
import { random } from '../../src/random';
import { centred, gram, lowRank, mapFeatures, normals, plus, rotation, stream, times, type Features } from './data';

/** the angle from the singular values of X^T Y, over a right angle */
function inFeatureSpace(a: Features, b: Features): number {
  const [x, y] = [centred(a), centred(b)].map(({ data, shape: [n, p] }) => Matrix.from1DArray(n, p, data)) as [
    Matrix,
    Matrix,
  ];
  const cosine =
    new SVD(x.transpose().mmul(y), { autoTranspose: true }).diagonal.reduce((sum, v) => sum + v, 0) /
    (x.norm() * y.norm());
  return Math.acos(cosine) / (Math.PI / 2);
}

test.each([
  [12, 5, 7],
  [12, 30, 20],
  [50, 3, 60],
  [40, 1, 1],
  [128, 40, 90],
])('equals the singular value decomposition over features: n %i, p %i and %i', async (n, p, q) => {
  const r = stream(n + p);
  const [a, b] = [lowRank(r, n, p, 3, 0.3), lowRank(r, n, q, 3, 0.3)];
  const { data } = await procrustes.distances([gram(a), gram(b)], { seed: 0 });
  expect(data[1]).toBeCloseTo(inFeatureSpace(a, b), 7);
});

test('low rank: what is beyond the rank adds nothing', async () => {
  const r = stream(1);
  const [a, b] = [lowRank(r, 60, 40, 2), lowRank(r, 60, 50, 4)];
  const { data } = await procrustes.distances([gram(a), gram(b)], { seed: 0 });
  expect(data[1]).toBeCloseTo(inFeatureSpace(a, b), 7);
});

test('a small perturbation is a small angle of its own size', async () => {
  const r = stream(2);
  const a = normals(r, 80, 20);
  const b = times(
    plus(
      a,
      mapFeatures(normals(r, 80, 20), (v) => 1e-3 * v),
    ),
    rotation(r, 20),
  );
  const { data } = await procrustes.distances([gram(a), gram(b)], { seed: 0 });
  expect(data[1]).toBeGreaterThan(1e-4);
  expect(data[1]).toBeLessThan(1e-3);
});

test('copies, rotated or not, are apart by rounding only', async () => {
  const r = stream(3);
  for (const [n, p] of [
    [30, 5],
    [30, 100],
    [100, 100],
  ] as const) {
    const a = normals(r, n, p);
    const { data } = await procrustes.distances([gram(a), gram(a), gram(times(a, rotation(r, p)))], { seed: 0 });
    expect(Math.max(...data)).toBeLessThan(1e-6);
  }
});

describe('many inputs', () => {
  const r = stream(4);
  const n = 140;
  const [a, b] = [lowRank(r, n, 9, 4, 0.2), lowRank(r, n, 6, 4, 0.2)];
  const grams = [gram(a), gram(b)];

  test('above 128, a seeded subset of 128 is compared', async () => {
    const { data } = await procrustes.distances(grams, { seed: 5 });
    const rows = random(5, 'procrustes inputs').subset(n, 128);
    const take = (x: Features): Features => ({
      data: Float64Array.from(
        { length: 128 * x.shape[1] },
        (_, at) => x.data[rows[Math.floor(at / x.shape[1])]! * x.shape[1] + (at % x.shape[1])]!,
      ),
      shape: [128, x.shape[1]],
    });
    expect(data[1]).toBeCloseTo(inFeatureSpace(take(a), take(b)), 7);
    expect((await procrustes.distances(grams, { seed: 6 })).data[1]).not.toBe(data[1]);
    expect((await procrustes.distances(grams, { seed: 5 })).data).toEqual(data);
  });

  test('unless all are asked for', async () => {
    const { data } = await procrustesMeasure({ maxInputs: Infinity }).distances(grams, { seed: 5 });
    expect(data[1]).toBeCloseTo(inFeatureSpace(a, b), 7);
  });

  test.each([1, 0, NaN, -3])('at most %d inputs is no option', (maxInputs) => {
    expect(() => procrustesMeasure({ maxInputs })).toThrow(OptionError);
  });
});
