/** Products and inverses by OpenBLAS, where it and koffi are installed, against the plain kernel. */
import { describe, expect } from '@jest/globals';
import fc from 'fast-check';
import { NumericalError } from '../../src/errors';
import { random } from '../../src/random';
import { borrowKernel, createKernel, matrix, returnKernel, transpose, type Kernel } from '../../src/tensor/kernels';
import { accelerator } from '../../src/tensor/kernels/openblas';
import { testUnless } from '../helpers/unless';

const test = testUnless(accelerator() === undefined && 'koffi or OpenBLAS is not installed (npm i --no-save koffi)');

/** Both kernels, given the same. */
const both = (work: (kernel: Kernel) => Float64Array): [Float64Array, Float64Array] => [
  work(createKernel('accelerated')),
  work(createKernel('js')),
];

/** Largest difference, in units of the largest value. */
function apart([a, b]: readonly [Float64Array, Float64Array]): number {
  const size = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0) / size;
}

describe('OpenBLAS', () => {
  test('multiplies as the plain kernel does, transposed or not, all of it or below the diagonal', () => {
    const sizes = fc.integer({ min: 60, max: 230 });
    fc.assert(
      fc.property(sizes, sizes, sizes, fc.boolean(), fc.boolean(), fc.boolean(), (m0, n, k, ta, tb, lower) => {
        const m = lower ? n : m0;
        const pair = both((kernel) => {
          const r = random(m + 1000 * n, 'product');
          const [a, b, c] = [kernel.alloc(m * k), kernel.alloc(k * n), kernel.alloc(m * (n + 3))];
          for (const { view } of [a, b, c]) for (let i = 0; i < view.length; i++) view[i] = r.normal();
          const left = ta ? transpose(matrix(a, m)) : matrix(a, k);
          const right = tb ? transpose(matrix(b, k)) : matrix(b, n);
          if (lower) kernel.lowerProduct(n, k, -1.5, left, right, matrix(c, n + 3));
          else kernel.product(m, n, k, -1.5, left, right, matrix(c, n + 3));
          // what is above the diagonal is undefined
          return c.view.map((x, at) => (lower && at % (n + 3) < n && at % (n + 3) > Math.floor(at / (n + 3)) ? 0 : x));
        });
        expect(apart(pair)).toBeLessThan(k * 2 ** -51);
      }),
      { numRuns: 25 },
    );
  });

  test('factors and inverts as the plain kernel does, and tells what is not positive definite', () => {
    for (const n of [3, 64, 201]) {
      const definite = (kernel: Kernel, bad?: number): ReturnType<Kernel['alloc']> => {
        const r = random(n, 'definite');
        const [x, k] = [kernel.alloc(n * n), kernel.alloc(n * n)];
        for (let i = 0; i < n * n; i++) x.view[i] = r.normal();
        kernel.symmetricProduct(n, n, 1 / n, matrix(x, n), transpose(matrix(x, n)), matrix(k, n));
        const { view } = k;
        for (let i = 0; i < n; i++) view[i * n + i]! += 1;
        if (bad !== undefined) view[(n - 1) * (n + 1)] = bad;
        return k;
      };
      const inverses = both((kernel) => {
        const k = definite(kernel);
        kernel.invert(n, matrix(k, n));
        return k.view.slice();
      });
      expect(apart(inverses)).toBeLessThan(n * 2 ** -46);
      for (const bad of [-1, NaN, Infinity]) {
        const kernel = createKernel('accelerated');
        expect(() => kernel.invert(n, matrix(definite(kernel, bad), n))).toThrow(NumericalError);
        kernel.reset();
        expect(() => kernel.cholesky(n, matrix(definite(kernel, bad), n))).toThrow(NumericalError);
      }
    }
  });

  test('is asked for by name only: other work keeps our kernel', () => {
    for (const [kind, name] of [
      ['fastest', 'wasm-simd'],
      ['accelerated', 'openblas'],
    ] as const) {
      const kernel = borrowKernel(kind);
      expect(kernel.name).toBe(name);
      returnKernel(kernel);
      expect(borrowKernel(kind)).toBe(kernel);
    }
  });
});
