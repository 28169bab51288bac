/** Every measure against numpy, scipy and scikit-learn, which see the features and not the Grams (tests/parity/measures.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  canonicalCorrelations,
  cca,
  contractionDistance,
  debiasedCka,
  debiasedCkaMeasure,
  gaussianGram,
  gulpMeasure,
  pwcca,
  pwccaColumns,
  ridgeColumns,
  ridgeFits,
  rsa,
  rsaCorrelations,
  svcca,
} from '../../src/measure';
import { gramOf } from '../../src/representation/gram';
import { largestDifference } from './data';

interface Case {
  name: string;
  train: number[];
  test: number[];
  x: number[][];
  y: number[][];
  expected: {
    debiasedCka: number;
    canonical: number[];
    svcca: { correlations: number[]; kept: [number, number] };
    pwcca: [number, number];
    pwccaColumns: number;
    rsa: Record<string, number>;
    gulp: Record<string, number>;
    kernelRidge: { alpha: number; r2: number };
    ridgeColumns: { alpha: number; columns: number[] };
    contraction: [number, number];
  };
}

const { cases } = JSON.parse(readFileSync(join(__dirname, '../parity/measures-fixture.json'), 'utf8')) as {
  cases: Case[];
};
const rowsOf = (rows: number[][]) => ({
  data: Float64Array.from(rows.flat()),
  shape: [rows.length, rows[0]!.length] as const,
});
const angle = (cosine: number): number => Math.acos(Math.max(0, cosine)) / (Math.PI / 2);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe.each(cases)('$name', ({ x: rowsX, y: rowsY, train, test: held, expected }) => {
  const [x, y] = [rowsOf(rowsX), rowsOf(rowsY)];
  const [k, l] = [gramOf(x), gramOf(y)];
  const [p, q] = [x.shape[1], y.shape[1]];

  test('debiased CKA: the unbiased HSIC of Song et al.', async () => {
    expect((await debiasedCka([k, l]))[1]).toBeCloseTo(expected.debiasedCka, 12);
    expect((await debiasedCkaMeasure.distances([k, l], { seed: 0 })).data[1]).toBeCloseTo(
      angle(expected.debiasedCka),
      9,
    );
  });

  test('CCA: scipy subspace angles', async () => {
    const got = await canonicalCorrelations(k, l);
    expect(largestDifference(got, expected.canonical)).toBeLessThan(1e-9);
    expect((await cca.distances([k, l], { seed: 0 })).data[1]).toBeCloseTo(
      angle(sum(expected.canonical) / Math.sqrt(p * q)),
      7,
    );
  });

  test('SVCCA: numpy', async () => {
    const { correlations, kept } = expected.svcca;
    expect(largestDifference(await canonicalCorrelations(k, l, 0.99), correlations)).toBeLessThan(1e-9);
    expect((await svcca.distances([k, l], { seed: 0 })).data[1]).toBeCloseTo(
      angle(sum(correlations) / Math.sqrt(kept[0] * kept[1])),
      7,
    );
  });

  test('PWCCA: variates and weights in feature space, squared and as its authors have them', async () => {
    expect((await pwcca.distances([k, l], { seed: 0 })).data[1]).toBeCloseTo(1 - Math.min(...expected.pwcca), 9);
    expect(await pwccaColumns(x, y)).toBeCloseTo(expected.pwccaColumns, 9);
    // the narrower of the two has the weights, whichever comes first
    if (p !== q) expect(await pwccaColumns(y, x)).toBeCloseTo(expected.pwccaColumns, 9);
  });

  test('RSA: scipy pdist, spearmanr and pearsonr', async () => {
    for (const rdm of ['euclidean', 'cosine'] as const)
      for (const compare of ['spearman', 'pearson'] as const)
        expect((await rsaCorrelations([k, l], { rdm, compare }))[1]).toBeCloseTo(
          expected.rsa[`${rdm} ${compare}`]!,
          10,
        );
    expect((await rsa.distances([k, l], { seed: 0 })).data[1]).toBeCloseTo(
      angle(expected.rsa['euclidean spearman']!),
      8,
    );
  });

  test.each(['0.01', '1', '0.0001'])('GULP: the formula over covariances, lambda %s', async (lambda) => {
    expect((await gulpMeasure({ lambda: Number(lambda) }).distances([k, l], { seed: 0 })).data[1]).toBeCloseTo(
      expected.gulp[lambda]!,
      9,
    );
  });

  test('kernel ridge: KernelRidge on a centred Gaussian kernel, the penalty by leaving rows out', async () => {
    const split = { train: Uint32Array.from(train), test: Uint32Array.from(held) };
    const { alpha, r2 } = await ridgeFits([gaussianGram(k)], [l], split, { alphas: [1e-4, 1e-3, 1e-2, 0.1, 1] });
    expect(alpha[0]).toBe(expected.kernelRidge.alpha);
    expect(r2[0]).toBeCloseTo(expected.kernelRidge.r2, 8);
  });

  test('ridge by columns: RidgeCV and r2_score of every column', async () => {
    const split = { train: Uint32Array.from(train), test: Uint32Array.from(held) };
    const got = await ridgeColumns(x, y, { split });
    expect(got.alpha).toBe(expected.ridgeColumns.alpha);
    expect(largestDifference(got.columns, expected.ridgeColumns.columns)).toBeLessThan(1e-8);
    expect(got.r2).toBeCloseTo(sum(expected.ridgeColumns.columns) / q, 10);
    expect(got.score).toBeCloseTo(Math.sqrt(Math.max(0, sum(expected.ridgeColumns.columns) / q)), 10);
  });

  test('contraction: projected gradient in feature space', () => {
    const want = Math.max(...expected.contraction);
    for (const gap of [0.005, 1e-4, 1e-5]) {
      const got = contractionDistance(k, l, { gap });
      expect(got.gap).toBeLessThanOrEqual(gap);
      expect(got.distance).toBeGreaterThan(want - 1e-9);
      expect(got.distance - got.gap).toBeLessThan(want + 1e-9);
    }
  });
});

test('the cases choose among the penalties of the kernel, and one of them has a negative R2', () => {
  expect(new Set(cases.map(({ expected }) => expected.kernelRidge.alpha)).size).toBeGreaterThan(1);
  expect(Math.min(...cases.map(({ expected }) => expected.kernelRidge.r2))).toBeLessThan(0);
});
