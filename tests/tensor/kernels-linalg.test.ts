import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Matrix, SVD } from 'ml-matrix';
import { createKernel } from '../../src/tensor/kernels';
import { pivotedCholesky, singularValues as singularValuesOf } from '../../src/tensor/linalg';
import { largestDifference, lowRank, normals, rotation, stream, times } from '../measure/data';

describe.each(['fastest', 'js'] as const)('singularValues, %s', (kind) => {
  const kernel = createKernel(kind);
  const singularValues = (data: Float64Array, rows: number, columns: number): Float64Array =>
    kernel.scope(() => {
      const block = kernel.alloc(rows * columns);
      block.view.set(data);
      return singularValuesOf(kernel, rows, columns, block);
    });

  test('of a matrix built from them, tiny ones included', () => {
    const values = [1e3, 10, 10, 1, 1e-3, 1e-9, 0];
    const r = stream(1);
    const [m, n] = [12, values.length];
    const left = rotation(r, m);
    const middle = {
      data: Float64Array.from({ length: m * n }, (_, at) => (Math.floor(at / n) === at % n ? values[at % n]! : 0)),
      shape: [m, n] as const,
    };
    const a = times(times(left, middle), rotation(r, n));
    // an error of a few eps of the largest: squaring would leave 1e-5 in the place of 1e-9
    expect(largestDifference(singularValues(a.data, m, n), values)).toBeLessThan(1e-12 * 10);
  });

  test('equal those of ml-matrix, wide or tall', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        (m, n, rank, seed) => {
          const a = lowRank(stream(seed), m, n, rank);
          const tall = m >= n ? new Matrix(m, n) : new Matrix(n, m);
          for (let i = 0; i < m; i++)
            for (let j = 0; j < n; j++) tall.set(m >= n ? i : j, m >= n ? j : i, a.data[i * n + j]!);
          const want = new SVD(tall, { computeLeftSingularVectors: false, computeRightSingularVectors: false })
            .diagonal;
          const got = singularValues(a.data, m, n);
          expect(largestDifference(got, want.slice(0, got.length))).toBeLessThan(1e-12 * (want[0]! + 1));
        },
      ),
    );
  });

  test('of zeros, of one number, of the identity', () => {
    expect([...singularValues(new Float64Array(6), 3, 2)]).toEqual([0, 0]);
    expect(singularValues(Float64Array.of(-3), 1, 1)[0]).toBeCloseTo(3, 14);
    expect(
      largestDifference(
        singularValues(
          Float64Array.from({ length: 400 }, (_, at) => (at % 21 === 0 ? 1 : 0)),
          20,
          20,
        ),
        Array(20).fill(1),
      ),
    ).toBeLessThan(1e-14);
  });
});

describe('pivotedCholesky', () => {
  test('finds the rank and a factor of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 1, max: 25 }), fc.nat(), (n, p, seed) => {
        const x = normals(stream(seed), n, p);
        const k = times(x, {
          data: Float64Array.from({ length: n * p }, (_, at) => x.data[(at % n) * p + Math.floor(at / n)]!),
          shape: [p, n],
        });
        const { rank, data } = pivotedCholesky(k.data, n);
        expect(rank).toBe(Math.min(n, p));
        const back = times(
          { data, shape: [n, rank] },
          {
            data: Float64Array.from({ length: n * rank }, (_, at) => data[(at % n) * rank + Math.floor(at / n)]!),
            shape: [rank, n],
          },
        );
        expect(largestDifference(back.data, k.data)).toBeLessThan(1e-12 * p * n);
      }),
    );
  });
});
