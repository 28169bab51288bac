import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EVD, Matrix } from 'ml-matrix';
import { NumericalError } from '../../src/errors';
import { createKernel } from '../../src/tensor/kernels';
import { symmetricEigen } from '../../src/tensor/linalg';
import { largestDifference, normals, rotation, stream, times, type Features } from '../measure/data';

const turned = ({ data, shape: [n, p] }: Features): Features => ({
  data: Float64Array.from({ length: n * p }, (_, at) => data[(at % n) * p + Math.floor(at / n)]!),
  shape: [p, n],
});

describe.each(['fastest', 'js'] as const)('symmetricEigen, %s', (kind) => {
  const kernel = createKernel(kind);
  const eigen = (a: Features) =>
    kernel.scope(() => {
      const block = kernel.alloc(a.data.length);
      block.view.set(a.data);
      return symmetricEigen(kernel, a.shape[0], block);
    });
  /** V^T diag(values) V with orthonormal rows V, values descending */
  const check = (a: Features): Float64Array => {
    const n = a.shape[0];
    const { values, vectors } = eigen(a);
    const v: Features = { data: vectors, shape: [n, n] };
    const size = Math.max(Math.abs(values[0]!), Math.abs(values[n - 1]!), 1e-300);
    const identity = times(v, turned(v)).data;
    expect(
      largestDifference(
        identity,
        Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0)),
      ),
    ).toBeLessThan(1e-13 * n);
    const back = times(turned(v), {
      data: vectors.map((x, at) => x * values[Math.floor(at / n)]!),
      shape: [n, n],
    }).data;
    expect(largestDifference(back, a.data)).toBeLessThan(1e-14 * n * size);
    expect([...values]).toEqual([...values].sort((x, y) => y - x));
    return values;
  };

  test('puts any symmetric matrix together again, rank deficient or not, with the values of ml-matrix', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 45 }),
        fc.integer({ min: 1, max: 45 }),
        fc.boolean(),
        fc.nat(),
        (n, p, definite, seed) => {
          const x = normals(stream(seed), n, definite ? p : n);
          const a: Features = definite
            ? times(x, turned(x))
            : {
                data: Float64Array.from(
                  { length: n * n },
                  (_, at) => x.data[at]! + x.data[(at % n) * n + Math.floor(at / n)]!,
                ),
                shape: [n, n],
              };
          const want = new EVD(Matrix.from1DArray(n, n, a.data), { assumeSymmetric: true }).realEigenvalues.sort(
            (s, t) => t - s,
          );
          const got = check(a);
          expect(largestDifference(got, want)).toBeLessThan(1e-13 * n * (Math.abs(want[0]!) + Math.abs(want[n - 1]!)));
        },
      ),
    );
  });

  test('repeated, zero and far apart values', () => {
    const values = [1e6, 1, 1, 1, 1e-6, 0, 0, -2];
    const q = rotation(stream(1), values.length);
    const a = times(
      times(turned(q), {
        data: Float64Array.from({ length: 64 }, (_, at) => (at % 9 === 0 ? values[at / 9]! : 0)),
        shape: [8, 8],
      }),
      q,
    );
    expect(largestDifference(check(a), values)).toBeLessThan(1e-9);
    check({ data: new Float64Array(49), shape: [7, 7] });
    check({ data: Float64Array.from({ length: 400 }, (_, at) => (at % 21 === 0 ? 3 : 0)), shape: [20, 20] });
  });

  test('reads the lower triangle only, and leaves no block behind', () => {
    const x = normals(stream(2), 9, 9);
    const a = times(x, turned(x));
    const half = { data: a.data.map((v, at) => (at % 9 > Math.floor(at / 9) ? NaN : v)), shape: a.shape };
    expect(eigen(half).values).toEqual(eigen(a).values);
    kernel.reset();
    expect(kernel.alloc(2).start).toBe(0);
  });

  test('refuses NaN and infinity', () => {
    for (const bad of [NaN, Infinity])
      expect(() =>
        eigen({
          data: Float64Array.from({ length: 16 }, (_, at) => (at === 6 || at === 9 ? bad : at % 5 === 0 ? 1 : 0)),
          shape: [4, 4],
        }),
      ).toThrow(NumericalError);
  });
});
