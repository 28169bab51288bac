/** Debiased CKA, RSA, GULP, the kernel ridge distance and the columnwise score: what each is for. */
import { describe, expect, test } from '@jest/globals';
import { OptionError, RepresentationError } from '../../src/errors';
import {
  debiasedCka,
  debiasedCkaMeasure,
  gaussianGram,
  gulpMeasure,
  kernelRidge,
  kernelRidgeMeasure,
  linearCka,
  ridge,
  ridgeColumns,
  rsaCorrelations,
  rsaMeasure,
} from '../../src/measure';
import { gram, lowRank, mapFeatures, normals, plus, rotation, stream, times, type Features } from './data';
import { errorOf } from '../helpers/error-of';

describe('debiased CKA', () => {
  test('is about 0 on average between unrelated representations with more features than inputs, where CKA is near 1', async () => {
    const grams = Array.from({ length: 30 }, (_, seed) => gram(normals(stream(seed), 30, 300)));
    const mean = (values: Float64Array): number =>
      values.reduce((sum, x, at) => (at % 31 === 0 ? sum : sum + x), 0) / (30 * 29);
    expect(mean(await linearCka(grams))).toBeGreaterThan(0.85);
    const debiased = await debiasedCka(grams);
    expect(Math.abs(mean(debiased))).toBeLessThan(0.01);
    expect(Math.min(...debiased)).toBeLessThan(0);
    // below 0 the distance stays at a right angle
    expect(Math.max(...(await debiasedCkaMeasure.distances(grams, { seed: 0 })).data)).toBe(1);
  });

  test('refuses three inputs, and inputs all equally alike', async () => {
    await expect(debiasedCka([gram(normals(stream(1), 3, 5))])).rejects.toThrow(RepresentationError);
    const identity = gram({
      data: Float64Array.from({ length: 64 }, (_, at) => (at % 9 === 0 ? 1 : 0)),
      shape: [8, 8],
    });
    await expect(debiasedCka([identity])).rejects.toThrow(errorOf(RepresentationError, /equally alike/));
  });
});

describe('RSA', () => {
  test('Spearman does not notice a monotone change of the distances that Pearson does', async () => {
    const line: Features = { data: Float64Array.from({ length: 12 }, (_, i) => i), shape: [12, 1] };
    // distances on a half circle are chords: a monotone function of those on the line
    const arc: Features = {
      data: Float64Array.from({ length: 24 }, (_, at) =>
        (at % 2 === 0 ? Math.cos : Math.sin)((Math.floor(at / 2) * Math.PI) / 11),
      ),
      shape: [12, 2],
    };
    const grams = [gram(line), gram(arc)];
    expect((await rsaCorrelations(grams))[1]).toBeCloseTo(1, 12);
    expect((await rsaCorrelations(grams, { compare: 'pearson' }))[1]).toBeLessThan(0.999);
  });

  test('inputs that coincide are tied, whatever rounding says', async () => {
    const r = stream(2);
    const four = normals(r, 4, 5);
    const repeated: Features = {
      data: Float64Array.from({ length: 60 }, (_, at) => four.data[(Math.floor(at / 5) % 4) * 5 + (at % 5)]!),
      shape: [12, 5],
    };
    const got = await rsaCorrelations([gram(repeated), gram(times(repeated, rotation(r, 5)))]);
    expect(got[1]).toBeCloseTo(1, 12);
  });

  test('refuses inputs all equally far apart, and options it does not know', async () => {
    const corners = gram({ data: Float64Array.from({ length: 36 }, (_, at) => (at % 7 === 0 ? 1 : 0)), shape: [6, 6] });
    for (const compare of ['spearman', 'pearson'] as const)
      await expect(rsaCorrelations([corners], { compare })).rejects.toThrow(
        errorOf(RepresentationError, /equally far apart/),
      );
    expect(() => rsaMeasure({ rdm: 'correlation' as 'cosine' })).toThrow(OptionError);
    expect(() => rsaMeasure({ compare: 'kendall' as 'pearson' })).toThrow(OptionError);
  });
});

describe('GULP', () => {
  test('bounds the root mean square difference of ridge predictions of labels', async () => {
    const r = stream(3);
    const [n, lambda] = [40, 0.05];
    const [a, b] = [lowRank(r, n, 6, 3, 0.3), lowRank(r, n, 8, 3, 0.3)];
    const { data } = await gulpMeasure({ lambda }).distances([gram(a), gram(b)], { seed: 0 });
    // predictions by gradient descent on the penalised squared error, features centred and of mean squared norm 1
    const predict = (x: Features, y: Float64Array): Float64Array => {
      const [, p] = x.shape;
      const mean = Float64Array.from(
        { length: p },
        (_, j) => Array.from({ length: n }, (_, i) => x.data[i * p + j]!).reduce((s, v) => s + v, 0) / n,
      );
      const c = x.data.map((v, at) => v - mean[at % p]!);
      const size = Math.sqrt(c.reduce((s, v) => s + v * v, 0) / n);
      const z = c.map((v) => v / size);
      const w = new Float64Array(p);
      const fit = new Float64Array(n);
      for (let step = 0; step < 4000; step++) {
        for (let i = 0; i < n; i++) fit[i] = w.reduce((s, v, j) => s + v * z[i * p + j]!, 0);
        for (let j = 0; j < p; j++) {
          let slope = lambda * w[j]!;
          for (let i = 0; i < n; i++) slope += (z[i * p + j]! * (fit[i]! - y[i]!)) / n;
          w[j] = w[j]! - 0.5 * slope;
        }
      }
      return fit.slice();
    };
    for (let trial = 0; trial < 10; trial++) {
      const label = normals(r, n, 1).data;
      const mean = label.reduce((s, v) => s + v, 0) / n;
      const size = Math.sqrt(label.reduce((s, v) => s + (v - mean) ** 2, 0) / n);
      const y = label.map((v) => (v - mean) / size);
      const [f, g] = [predict(a, y), predict(b, y)];
      const off = Math.sqrt(f.reduce((s, v, i) => s + (v - g[i]!) ** 2, 0) / n);
      expect(off).toBeLessThanOrEqual(data[1]! + 1e-6);
      expect(off).toBeGreaterThan(0);
    }
  });

  test('a small penalty forgives an invertible linear map that a large one does not', async () => {
    const r = stream(4);
    const a = normals(r, 50, 5);
    const grams = [gram(a), gram(mapFeatures(times(a, normals(r, 5, 5)), (v) => v))];
    const at = async (lambda: number): Promise<number> =>
      (await gulpMeasure({ lambda }).distances(grams, { seed: 0 })).data[1]!;
    expect(await at(1e-7)).toBeLessThan(0.01);
    expect(await at(0.1)).toBeGreaterThan(0.1);
  });

  test.each([0, -1, NaN, Infinity])('lambda %d is no option', (lambda) =>
    expect(() => gulpMeasure({ lambda })).toThrow(OptionError),
  );
});

describe('the kernel ridge distance', () => {
  const r = stream(6);
  const n = 400;
  const uniform = (): Features => ({
    data: Float64Array.from({ length: 2 * n }, () => 2 * r.unit() - 1),
    shape: [n, 2],
  });
  const mixed = (z: Features): Features => times(z, normals(r, 2, 10));
  const z = uniform();
  const other = (i: number, j: number): number => z.data[2 * i + 1 - j]!;
  // invertible changes of two dimensions, one linear mixing before and another after
  const changes: Record<string, Features> = {
    'a quadratic shear': mapFeatures(z, (v, i, j) => (j === 0 ? v + 3 * other(i, j) ** 2 : v)),
    'a twist by up to half a turn': mapFeatures(z, (v, i, j) => {
      const turn = Math.PI * Math.hypot(v, other(i, j));
      return v * Math.cos(turn) + (j === 0 ? -1 : 1) * other(i, j) * Math.sin(turn);
    }),
    'a leaky rectifier': mapFeatures(z, (v) => (v > 0 ? v : 0.1 * v)),
    'an exponential': mapFeatures(z, (v) => Math.exp(2 * v)),
  };
  const grams = [gram(mixed(z)), ...Object.values(changes).map((x) => gram(mixed(x))), gram(mixed(uniform()))];

  test('an invertible nonlinear change is near, where ridge finds it far; the unrelated is far for both', async () => {
    const [near, far] = await Promise.all(
      [kernelRidge, ridge].map(async (measure) => (await measure.distances(grams, { seed: 1 })).data),
    );
    Object.keys(changes).forEach((name, at) => {
      expect([name, far![at + 1]! > 0.35]).toEqual([name, true]);
      expect([name, near![at + 1]! < far![at + 1]! / 2]).toEqual([name, true]);
    });
    for (const data of [near!, far!]) expect(data[grams.length - 1]).toBeGreaterThan(0.9);
  });

  test('a copy is near, but not at 0: a kernel has to learn the identity', async () => {
    const { data } = await kernelRidge.distances([grams[0]!, { n, data: grams[0]!.data.slice() }], { seed: 1 });
    expect(data[1]).toBeGreaterThan(0);
    expect(data[1]).toBeLessThan(0.1);
  });

  test('the kernel is a function of distances over their median, centred', () => {
    const k = gaussianGram(gram(lowRank(stream(8), 15, 4, 2, 0.3)), 0.7);
    const big = gaussianGram(gram(mapFeatures(lowRank(stream(8), 15, 4, 2, 0.3), (v) => 1e50 * v)), 0.7);
    for (let i = 0; i < 15; i++)
      expect(Array.from(k.data.subarray(i * 15, (i + 1) * 15)).reduce((s, v) => s + v, 0)).toBeCloseTo(0, 12);
    k.data.forEach((v, at) => expect(big.data[at]).toBeCloseTo(v, 10));
  });

  test('options out of range', () => {
    for (const options of [{ bandwidth: 0 }, { bandwidth: NaN }, { alphas: [] }, { alphas: [-1] }, { testShare: 0.9 }])
      expect(() => kernelRidgeMeasure(options)).toThrow(OptionError);
  });
});

describe("the reference's score by columns", () => {
  const r = stream(10);
  const shared = normals(r, 60, 3);
  const x = plus(
    times(shared, normals(r, 3, 6)),
    mapFeatures(normals(r, 60, 6), (v) => 0.1 * v),
  );

  test('depends on the basis the target is written in, which the ridge measure does not', async () => {
    // one loud column that is predicted, nine faint ones of noise: alike in variance after a rotation
    const y: Features = {
      data: Float64Array.from({ length: 600 }, (_, at) =>
        at % 10 === 0 ? 20 * x.data[Math.floor(at / 10) * 6]! : 0.5 * r.normal(),
      ),
      shape: [60, 10],
    };
    const turned = times(y, rotation(r, 10));
    const [before, after] = [await ridgeColumns(x, y), await ridgeColumns(x, turned)];
    expect(Math.max(...before.columns)).toBeGreaterThan(0.95);
    expect(after.r2 - before.r2).toBeGreaterThan(0.3);
    const by = async (target: Features): Promise<number> =>
      (await ridge.distances([gram(x), gram(target)], { seed: 0, splits: 1 })).data[1]!;
    expect(Math.abs((await by(y)) - (await by(turned)))).toBeLessThan(1e-9);
  });

  test('columns that do not vary: 1 where they are predicted as such, and the score is never below 0', async () => {
    const y = mapFeatures(normals(r, 60, 3), (v, _, j) => (j === 1 ? 4.2 : v));
    const { columns, r2, score } = await ridgeColumns(x, y);
    expect(columns[1]).toBe(1);
    expect(r2).toBeCloseTo((columns[0]! + 1 + columns[2]!) / 3, 12);
    const noise = await ridgeColumns(x, normals(r, 60, 3));
    expect(noise.r2).toBeLessThan(0.2);
    expect(noise.score).toBe(Math.sqrt(Math.max(0, noise.r2)));
    expect(score).toBe(Math.sqrt(Math.max(0, r2)));
  });
});
