/** The contraction distance against what can be worked out by hand, its certificate, and the laws it has besides those of laws.test.ts. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OptionError } from '../../src/errors';
import { contraction, contractionDistance, contractionMeasure, linearCka, procrustesMeasure } from '../../src/measure';
import { random } from '../../src/random';
import { centreGram, subsetInputs } from '../../src/representation/gram';
import {
  gram,
  largestDifference,
  lowRank,
  mapFeatures,
  normals,
  plus,
  rotation,
  stream,
  times,
  type Features,
} from './data';

const scaled = (x: Features, c: number): Features => mapFeatures(x, (v) => c * v);
const raw = { normalise: false, gap: 1e-5 } as const;

/** n - 1 orthonormal centred directions (Helmert), each times a root of a variance: a Gram diagonal in a basis that all share */
function diagonal(variances: readonly number[]): Features {
  const p = variances.length;
  const n = p + 1;
  const data = new Float64Array(n * p);
  for (let j = 0; j < p; j++) {
    const length = Math.sqrt((j + 1) * (j + 2));
    for (let i = 0; i <= j; i++) data[i * p + j] = Math.sqrt(variances[j]!) / length;
    data[(j + 1) * p + j] = (-(j + 1) * Math.sqrt(variances[j]!)) / length;
  }
  return { data, shape: [n, p] };
}

const positive = fc.double({ min: 0.01, max: 4, noNaN: true });
const pairOfSpectra = fc
  .integer({ min: 2, max: 8 })
  .chain((p) =>
    fc.tuple(fc.array(positive, { minLength: p, maxLength: p }), fc.array(positive, { minLength: p, maxLength: p })),
  );

describe('by hand', () => {
  test('a copy, rotated or not, is at 0', () => {
    const r = stream(1);
    for (const [n, p] of [
      [20, 3],
      [20, 50],
      [60, 60],
    ] as const) {
      const a = normals(r, n, p);
      for (const b of [a, times(a, rotation(r, p))]) {
        const { distance, gap } = contractionDistance(gram(a), gram(b));
        expect(distance).toBeLessThan(1e-6);
        expect(gap).toBeLessThan(1e-6);
      }
    }
  });

  test('X and cX, c < 1, unscaled: X cannot be stretched to, so (1 - c) |X|; with unit norms 0', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true, minExcluded: true }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(),
        (share, p, seed) => {
          const c = 0.01 + 0.98 * share;
          const x = gram(normals(stream(seed), 15, p));
          const norm = Math.sqrt(x.data.reduce((sum, v, at) => (at % 16 === 0 ? sum + v : sum), 0));
          const small = { n: 15, data: x.data.map((v) => c * c * v) };
          for (const [a, b] of [
            [x, small],
            [small, x],
          ] as const) {
            expect(Math.abs(contractionDistance(a, b, raw).distance - (1 - c) * norm)).toBeLessThan(2e-5 * norm);
            expect(contractionDistance(a, b).distance).toBeLessThan(1e-6);
          }
        },
      ),
    );
  });

  test('diagonal Grams in one basis: each direction is a problem of its own, max(0, |y| - |x|)', () => {
    fc.assert(
      fc.property(pairOfSpectra, ([k, l]) => {
        const one = (from: number[], to: number[]): number =>
          Math.sqrt(from.reduce((sum, v, i) => sum + Math.max(0, Math.sqrt(to[i]!) - Math.sqrt(v)) ** 2, 0));
        const want = Math.max(one(k, l), one(l, k));
        const unit = Math.sqrt(Math.max(...[k, l].map((v) => v.reduce((a, b) => a + b, 0))));
        const got = contractionDistance(gram(diagonal(k)), gram(diagonal(l)), raw);
        expect(got.distance).toBeGreaterThan(want - 1e-7 * unit);
        expect(got.distance - got.gap).toBeLessThan(want + 1e-7 * unit);
        expect(got.gap).toBeLessThanOrEqual(1e-5 * unit);
      }),
    );
  });

  test('representations without a direction in common are as far apart as the larger norm', () => {
    const [a, b] = [diagonal([1, 2, 0, 0]), diagonal([0, 0, 0.5, 9])];
    expect(contractionDistance(gram(a), gram(b)).distance).toBeCloseTo(1, 9);
    expect(contractionDistance(gram(a), gram(b), raw).distance).toBeCloseTo(Math.sqrt(9.5), 6);
  });

  test('a line and another at an angle: sin of it', () => {
    for (const angle of [0.01, 0.3, 1, 1.5]) {
      const basis = diagonal([1, 1]);
      const line = (c: number, s: number): Features => ({
        data: Float64Array.from({ length: 3 }, (_, i) => c * basis.data[2 * i]! + s * basis.data[2 * i + 1]!),
        shape: [3, 1],
      });
      const { distance } = contractionDistance(gram(line(1, 0)), gram(line(Math.cos(angle), Math.sin(angle))), {
        gap: 1e-6,
      });
      expect(Math.abs(distance - Math.sin(angle))).toBeLessThan(2e-6);
    }
  });
});

describe('the certificate', () => {
  const related = (seed: number, n: number, p: number, q: number, noise: number): [Features, Features] => {
    const r = stream(seed);
    const shared = normals(r, n, 3);
    const side = (width: number): Features =>
      plus(times(shared, normals(r, 3, width)), scaled(normals(r, n, width), noise));
    return [side(p), side(q)];
  };

  test('the interval is as narrow as asked for, narrower ones lie inside it, and it is symmetric', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 30 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        fc.nat(),
        (n, p, q, noise, seed) => {
          const [a, b] = related(seed, n, p, q, noise).map(gram) as [ReturnType<typeof gram>, ReturnType<typeof gram>];
          const wide = contractionDistance(a, b, { gap: 0.02 });
          const narrow = contractionDistance(a, b, { gap: 1e-3 });
          expect(wide.gap).toBeLessThanOrEqual(0.02);
          expect(narrow.gap).toBeLessThanOrEqual(1e-3);
          for (const { gap } of [wide, narrow]) expect(gap).toBeGreaterThanOrEqual(0);
          // intervals around one number overlap
          expect(narrow.distance - narrow.gap).toBeLessThanOrEqual(wide.distance + 1e-9);
          expect(wide.distance - wide.gap).toBeLessThanOrEqual(narrow.distance + 1e-9);
          expect(Math.abs(contractionDistance(b, a, { gap: 1e-3 }).distance - narrow.distance)).toBeLessThan(1e-3);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('lies between linear regression and the sine of the Procrustes angle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 5, max: 25 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        fc.nat(),
        async (n, p, noise, seed) => {
          const [a, b] = related(seed, n, p, p, noise).map(gram) as [ReturnType<typeof gram>, ReturnType<typeof gram>];
          const { distance } = contractionDistance(a, b, { gap: 1e-3 });
          const angle =
            ((await procrustesMeasure({ maxInputs: Infinity }).distances([a, b], { seed: 0 })).data[1]! * Math.PI) / 2;
          expect(distance).toBeLessThanOrEqual(Math.sin(angle) + 1e-6);
          // one column only: the part of y that is not along x
          if (p === 1)
            expect(distance).toBeGreaterThanOrEqual(Math.sqrt(Math.max(0, 1 - (await linearCka([a, b]))[1]!)) - 1e-3);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('comes with the distances of all pairs', async () => {
    const grams = [1, 2, 3, 4].map((seed) => gram(lowRank(stream(seed), 20, 8, 3, 0.4)));
    const { data, gap } = await contractionMeasure({ gap: 1e-3 }).distances(grams, { seed: 0 });
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < i; j++) {
        const alone = contractionDistance(grams[i]!, grams[j]!, { gap: 1e-3 });
        expect(data[i * 4 + j]).toBeCloseTo(alone.distance, 12);
        expect(gap![i * 4 + j]).toBeCloseTo(alone.gap, 12);
        expect(gap![j * 4 + i]).toBe(gap![i * 4 + j]);
      }
  });
});

test('unscaled, the triangle inequality holds too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 4, max: 15 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), positive), { minLength: 3, maxLength: 5 }),
      fc.nat(),
      async (n, sides, seed) => {
        const r = stream(seed);
        const shared = normals(r, n, 2);
        const grams = sides.map(([p, size]) =>
          gram(scaled(plus(times(shared, normals(r, 2, p)), normals(r, n, p)), size)),
        );
        const m = grams.length;
        const { data, gap } = await contractionMeasure({ normalise: false, gap: 1e-3 }).distances(grams, { seed: 0 });
        for (let i = 0; i < m; i++)
          for (let j = 0; j < m; j++)
            for (let k = 0; k < m; k++)
              expect(data[i * m + k]! - gap![i * m + k]!).toBeLessThanOrEqual(
                data[i * m + j]! + data[j * m + k]! + 1e-7 * data[i * m + k]!,
              );
      },
    ),
    { numRuns: 20 },
  );
});

test('0 one way only: a Gram below another is reached by a contraction, but not the other way', () => {
  // y = x and more besides: y to x by dropping, x to y never
  const [x, y] = [diagonal([1, 1, 0]), diagonal([1, 1, 1])];
  const { distance } = contractionDistance(gram(x), gram(y), raw);
  expect(distance).toBeCloseTo(1, 5);
});

describe('many inputs', () => {
  test('above 100, a seeded subset of 100 is compared', async () => {
    const r = stream(4);
    const grams = [9, 6].map((p) => gram(lowRank(r, 130, p, 4, 0.2)));
    const rows = random(5, 'contraction inputs').subset(130, 100);
    const want = contractionDistance(
      ...(grams.map((g) => subsetInputs(g, rows)) as [ReturnType<typeof gram>, ReturnType<typeof gram>]),
    );
    const { data } = await contraction.distances(grams, { seed: 5 });
    expect(data[1]).toBeCloseTo(want.distance, 12);
    expect((await contraction.distances(grams, { seed: 6 })).data[1]).not.toBe(data[1]);
    const all = await contractionMeasure({ maxInputs: Infinity }).distances(grams, { seed: 5 });
    expect(all.data[1]).toBeCloseTo(contractionDistance(grams[0]!, grams[1]!).distance, 12);
  });
});

test('very large and very small representations', () => {
  const r = stream(9);
  const [a, b] = [normals(r, 20, 5), normals(r, 20, 5)];
  const at = (c: number): number => contractionDistance(gram(scaled(a, c)), gram(b), { gap: 1e-5 }).distance;
  for (const c of [1e-70, 1e70]) expect(Math.abs(at(c) - at(1))).toBeLessThan(2e-5);
  expect(contractionDistance(gram(scaled(a, 1e70)), gram(b), raw).distance).toBeGreaterThan(1e70);
});

test('is the same for a Gram that was centred elsewhere', () => {
  const g = gram(normals(stream(3), 12, 4));
  const other = gram(normals(stream(4), 12, 4));
  expect(
    largestDifference([contractionDistance(centreGram(g), other).distance], [contractionDistance(g, other).distance]),
  ).toBeLessThan(1e-6);
});

test.each([{ gap: 0 }, { gap: NaN }, { gap: 2 }, { maxInputs: 1 }, { normalise: 'yes' as unknown as boolean }])(
  '%j is no option',
  (options) => {
    expect(() => contractionMeasure(options)).toThrow(OptionError);
  },
);
