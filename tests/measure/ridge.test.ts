import { describe, expect, test } from '@jest/globals';
import { inverse, Matrix } from 'ml-matrix';
import { NumericalError, OptionError } from '../../src/errors';
import { ridge, ridgeFits, ridgeMeasure, ridgePairs, splitInputs } from '../../src/measure';
import { gram, largestDifference, lowRank, mapFeatures, normals, plus, stream, type Features } from './data';
import { errorOf } from '../helpers/error-of';

const rowsOf = (x: Features, rows: readonly number[]): Matrix => {
  const p = x.shape[1];
  return new Matrix(rows.map((i) => Array.from(x.data.subarray(i * p, (i + 1) * p))));
};

/** Ridge regression by the textbook, in feature space: centre, solve the normal equations, add the mean back. */
function predict(x: Matrix, y: Matrix, at: Matrix, alpha: number): Matrix {
  const [mx, my] = [x.mean('column'), y.mean('column')];
  const xc = x.clone().subRowVector(mx);
  const w = inverse(xc.transpose().mmul(xc).add(Matrix.eye(x.columns).mul(alpha))).mmul(
    xc.transpose().mmul(y.clone().subRowVector(my)),
  );
  return at.clone().subRowVector(mx).mmul(w).addRowVector(my);
}

const squares = (m: Matrix): number => m.to1DArray().reduce((sum, v) => sum + v * v, 0);

/** The penalty chosen by leaving each training input out in turn and fitting again, and R2 on the test rows. */
function byRefitting(
  x: Features,
  y: Features,
  train: readonly number[],
  test_: readonly number[],
  alphas: readonly number[],
) {
  const errors = alphas.map((alpha) =>
    train.reduce((sum, left) => {
      const others = train.filter((i) => i !== left);
      return (
        sum + squares(rowsOf(y, [left]).sub(predict(rowsOf(x, others), rowsOf(y, others), rowsOf(x, [left]), alpha)))
      );
    }, 0),
  );
  const alpha = alphas[errors.indexOf(Math.min(...errors))]!;
  const truth = rowsOf(y, test_);
  const sse = squares(truth.clone().sub(predict(rowsOf(x, train), rowsOf(y, train), rowsOf(x, test_), alpha)));
  return { alpha, r2: 1 - sse / squares(truth.clone().subRowVector(truth.mean('column'))) };
}

describe('fits', () => {
  const r = stream(11);
  const n = 24;
  const base = lowRank(r, n, 4, 3);
  const sides: Features[] = [
    lowRank(r, n, 5, 3, 0.3),
    plus(
      base,
      mapFeatures(normals(r, n, 4), (v) => 0.2 * v),
    ),
    mapFeatures(base, (v) => 5 * v + 3),
    normals(r, n, 7),
    normals(r, n, 30),
  ];
  const alphas = [0.01, 0.1, 1, 10, 100];

  test('equal the textbook: fitting again without each input chooses the same penalty, and predicts the same', async () => {
    const split = splitInputs(n, 0.25, 3, 0);
    const grams = sides.map(gram);
    const fits = await ridgeFits(grams, grams.slice(0, 4), split, { alphas });
    const want = sides.flatMap((x) =>
      sides.slice(0, 4).map((y) => byRefitting(x, y, [...split.train], [...split.test], alphas)),
    );
    expect([...fits.alpha]).toEqual(want.map(({ alpha }) => alpha));
    expect(
      largestDifference(
        fits.r2,
        want.map(({ r2 }) => r2),
      ),
    ).toBeLessThan(1e-9);
    // the check means something only where the choice was one
    expect(new Set(fits.alpha).size).toBeGreaterThan(2);
  });

  test('several splits share an inverse: each comes out as by an inverse over its own training rows', async () => {
    const grams = sides.map(gram);
    const together = await ridgePairs(grams, { seed: 3, splits: 4, distinct: true });
    for (const [index, fits] of together.entries()) {
      const alone = await ridgeFits(grams, grams, splitInputs(n, 0.1, 3, index));
      expect(fits.split).toEqual(alone.split);
      expect(fits.alpha).toEqual(alone.alpha);
      expect(largestDifference(fits.r2, [...alone.r2])).toBeLessThan(1e-9);
    }
  });

  test('do not depend on how many targets fit in memory', async () => {
    const split = splitInputs(n, 0.1, 3, 0);
    const grams = sides.map(gram);
    const all = await ridgeFits(grams, grams, split);
    for (const residentBytes of [1, 2 * 8 * 300, 4 * 8 * 300]) {
      const some = await ridgeFits(grams, grams, split, { residentBytes });
      expect(some.r2).toEqual(all.r2);
      expect(some.alpha).toEqual(all.alpha);
    }
  });
});

describe('distance', () => {
  test('is symmetric, zero on the diagonal, the mean over splits of the worse direction', async () => {
    const r = stream(4);
    const grams = Array.from({ length: 5 }, () => gram(lowRank(r, 40, 12, 4, 0.3)));
    const { m, data, bySplit } = await ridge.distances(grams, { seed: 9, splits: 2 });
    const pairs = await ridgePairs(grams, { seed: 9, splits: 2 });
    expect(m).toBe(5);
    expect(bySplit).toHaveLength(2);
    for (let i = 0; i < m; i++) {
      expect(data[i * m + i]).toBe(0);
      for (let j = 0; j < m; j++) {
        expect(data[i * m + j]).toBe(data[j * m + i]);
        if (i === j) continue;
        const each = pairs.map(({ r2 }) => Math.sqrt(1 - Math.min(r2[i * m + j]!, r2[j * m + i]!)));
        expect(data[i * m + j]).toBeCloseTo((each[0]! + each[1]!) / 2, 12);
        expect(bySplit!.map((one) => one[i * m + j])).toEqual(each);
      }
    }
  });

  test('three splits unless told otherwise; same seed, same bits; another seed, other splits', async () => {
    const r = stream(5);
    const grams = [gram(lowRank(r, 30, 5, 4, 0.5)), gram(lowRank(r, 30, 5, 4, 0.5))];
    const first = await ridge.distances(grams, { seed: 1 });
    expect(first.bySplit).toHaveLength(3);
    expect(await ridge.distances(grams, { seed: 1 })).toEqual(first);
    expect((await ridge.distances(grams, { seed: 2 })).data[1]).not.toBe(first.data[1]);
  });

  test('between unrelated representations is above 1 or near it, and never NaN', async () => {
    const r = stream(6);
    const grams = [gram(normals(r, 40, 200)), gram(normals(r, 40, 3))];
    const { data } = await ridge.distances(grams, { seed: 1 });
    expect(data[1]).toBeGreaterThan(0.8);
  });

  test('between copies is what a representation cannot predict of itself: rounding where it is low-rank and large', async () => {
    const r = stream(7);
    // shrinkage, alpha over an eigenvalue, is 1e-9 here; so is the square root of rounding
    const low = gram(mapFeatures(lowRank(r, 60, 30, 5), (v) => 100 * v));
    expect((await ridge.distances([low, low], { seed: 1 })).data[1]).toBeLessThan(1e-6);
    // many more dimensions than inputs: new inputs bring new directions, which nothing predicts
    const wide = gram(normals(r, 60, 3000));
    const { data } = await ridge.distances([wide, wide], { seed: 1 });
    expect(data[1]).toBeGreaterThan(0.9);
    const [fit] = await ridgePairs([wide, wide], { seed: 1, splits: 1 });
    expect(fit!.r2[0]).toBe(fit!.r2[1]);
  });

  test('the triangle inequality fails: y lies near x and z lies in y, but z is what x lacks', async () => {
    const r = stream(8);
    const [u, v] = [normals(r, 400, 1).data, normals(r, 400, 1).data];
    const columns = (a: number, b: number): Features => ({
      data: Float64Array.from({ length: 800 }, (_, at) => (at % 2 === 0 ? a * u[at >> 1]! : b * v[at >> 1]!)),
      shape: [400, 2],
    });
    // a twentieth of y is in a direction of its own: enough to predict all of z from
    const [x, y, z] = [columns(100, 0), columns(100, 5), columns(5, 100)];
    const { data } = await ridge.distances([x, y, z].map(gram), { seed: 1 });
    const [xy, xz, yz] = [data[1]!, data[2]!, data[5]!];
    expect(xy).toBeLessThan(0.1);
    expect(yz).toBeLessThan(0.1);
    expect(xz).toBeGreaterThan(0.9);
  });
});

describe('penalties are absolute', () => {
  const r = stream(10);
  const x = lowRank(r, 60, 10, 6, 0.2);
  const y = lowRank(r, 60, 10, 6, 0.2);
  const scaled = (f: Features, c: number): Features => mapFeatures(f, (v) => c * v);

  test('so scale matters: shrinking a representation until the penalties swamp it makes it predict the mean', async () => {
    const near = plus(x, scaled(normals(r, 60, 10), 0.1));
    const at = async (c: number) =>
      (await ridge.distances([gram(scaled(x, c)), gram(scaled(near, c))], { seed: 1 })).data[1]!;
    const [large, one, small] = [await at(100), await at(1), await at(1e-4)];
    expect(Math.abs(large - one)).toBeGreaterThan(1e-6);
    expect(one).toBeLessThan(0.5);
    expect(small).toBeGreaterThan(0.95);
  });

  test('scaling by c is dividing the penalties by c squared', async () => {
    const c = 4;
    const a = await ridge.distances([gram(scaled(x, c)), gram(scaled(y, c))], { seed: 1 });
    const b = await ridgeMeasure({ alphas: [0.1 / c ** 2, 1 / c ** 2, 10 / c ** 2] }).distances([gram(x), gram(y)], {
      seed: 1,
    });
    expect(largestDifference(a.data, b.data)).toBeLessThan(1e-11);
  });

  test('a representation so large that the penalties drown in rounding is refused, naming it; well below that nothing moves', async () => {
    const at = (c: number) => ridge.distances([gram(y), gram(scaled(x, c))], { seed: 1 });
    expect(largestDifference((await at(1e4)).data, (await at(1e3)).data)).toBeLessThan(1e-5);
    await expect(at(1e6)).rejects.toThrow(
      errorOf(NumericalError, /alpha 0\.1 is lost in rounding[\s\S]*representation 1/),
    );
  });

  test('scaling the target alone changes no prediction of it', async () => {
    const split = splitInputs(60, 0.1, 1, 0);
    const fits = await ridgeFits([gram(x)], [gram(y), gram(scaled(y, 1e-3)), gram(scaled(y, 1e4))], split);
    expect(
      largestDifference(
        fits.r2.map((v) => v - fits.r2[0]!),
        [0, 0, 0],
      ),
    ).toBeLessThan(1e-11);
  });
});

describe('options', () => {
  const grams = [gram(normals(stream(1), 20, 4)), gram(normals(stream(2), 20, 4))];

  test.each([[[]], [[0]], [[-1, 1]], [[NaN]], [[Infinity]]])('penalties %j are refused', (alphas) => {
    expect(() => ridgeMeasure({ alphas })).toThrow(OptionError);
  });

  test.each([0, -0.1, 0.6, NaN])('a test share of %d is refused', (testShare) => {
    expect(() => ridgeMeasure({ testShare })).toThrow(OptionError);
  });

  test.each([0, -1, 1.5, NaN])('%d splits are refused', async (splits) => {
    await expect(ridge.distances(grams, { seed: 1, splits })).rejects.toThrow(OptionError);
  });

  test('a split holds out a tenth, at least two, and depends on seed and number alone', () => {
    for (const [n, held] of [
      [10, 2],
      [20, 2],
      [21, 3],
      [30, 3],
      [400, 40],
      [1000, 100],
    ] as const) {
      const { train, test: rest } = splitInputs(n, 0.1, 5, 0);
      expect(rest).toHaveLength(held);
      expect([...train, ...rest].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      expect([...train]).toEqual([...train].sort((a, b) => a - b));
      expect(splitInputs(n, 0.1, 5, 0)).toEqual({ train, test: rest });
    }
    expect(splitInputs(100, 0.1, 5, 1)).not.toEqual(splitInputs(100, 0.1, 5, 0));
  });
});

test('distances that are asked for bit by bit are those of all at once, to the bit', async () => {
  const r = stream(11);
  const all = Array.from({ length: 7 }, () => gram(lowRank(r, 40, 12, 4, 0.3)));
  for (const splits of [1, 3]) {
    const measuring = ridge.measuring!({ seed: 9, splits });
    for (const numbers of [
      [0, 1],
      [3, 1, 2],
      [4, 5],
      [5, 0, 6, 4],
      [6, 5, 4, 3, 2, 1, 0],
      [2, 2, 0],
    ]) {
      const grams = numbers.map((i) => all[i]!);
      expect(await measuring.among(grams)).toEqual(await ridge.distances(grams, { seed: 9, splits, distinct: true }));
    }
    await expect(measuring.among([all[0]!, gram(lowRank(r, 41, 12, 4, 0.3))])).rejects.toThrow('cannot be compared');
    await expect(measuring.among([])).rejects.toThrow('no representations');
  }
});
