import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { NumericalError } from '../../src/errors';
import { random } from '../../src/random';
import { borrowKernel, createKernel, matrix, returnKernel, transpose, type Kernel } from '../../src/tensor/kernels';
import { errorOf } from '../helpers/error-of';

const simd = createKernel();
const js = createKernel('js');

interface Product {
  m: number;
  n: number;
  k: number;
  alpha: number;
  transposeA: boolean;
  transposeB: boolean;
  seed: number;
}

/** C + alpha A B, C kept in a wider buffer whose margin must stay untouched */
function run(
  kernel: Kernel,
  { m, n, k, alpha, transposeA, transposeB, seed }: Product,
  lower = false,
): { c: number[]; margin: number[] } {
  const r = random(seed, 'product');
  return kernel.scope(() => {
    const a = kernel.alloc(m * k);
    const b = kernel.alloc(k * n);
    const ldc = n + 3;
    const c = kernel.alloc(m * ldc);
    for (const block of [a, b, c]) {
      const { view } = block;
      for (let i = 0; i < view.length; i++) view[i] = r.normal();
    }
    const ma = transposeA ? transpose(matrix(a, m)) : matrix(a, k);
    const mb = transposeB ? transpose(matrix(b, k)) : matrix(b, n);
    if (lower) kernel.lowerProduct(n, k, alpha, ma, mb, matrix(c, ldc));
    else kernel.product(m, n, k, alpha, ma, mb, matrix(c, ldc));
    const out: number[] = [];
    const margin: number[] = [];
    c.view.forEach((x, at) => {
      const [i, j] = [Math.floor(at / ldc), at % ldc];
      if (j >= n) margin.push(x);
      else if (!lower || j <= i) out.push(x);
    });
    return { c: out, margin };
  });
}

function close(a: readonly number[], b: readonly number[], tolerance: number): void {
  expect(a.length).toBe(b.length);
  let worst = 0;
  a.forEach((x, i) => {
    if (!(Math.abs(x - b[i]!) <= worst)) worst = Math.abs(x - b[i]!);
  });
  expect(worst).toBeLessThanOrEqual(tolerance);
}

/** a symmetric positive definite matrix */
function definite(n: number, seed: number): Float64Array {
  const r = random(seed, 'definite');
  const x = Float64Array.from({ length: n * n }, () => r.normal());
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < n; k++) sum += (x[i * n + k]! * x[j * n + k]!) / n;
      a[i * n + j] = sum;
    }
  }
  return a;
}

const sizes = fc.record({
  m: fc.integer({ min: 1, max: 70 }),
  n: fc.integer({ min: 1, max: 70 }),
  k: fc.integer({ min: 1, max: 70 }),
  alpha: fc.constantFrom(1, -1, 0.5),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  seed: fc.nat(),
});

test('this machine has the fast kernel', () => {
  expect(simd.name).toBe('wasm-simd');
  expect(js.name).toBe('js');
});

describe('product', () => {
  test('a product by hand', () => {
    for (const kernel of [simd, js]) {
      kernel.scope(() => {
        const a = kernel.alloc(6);
        const b = kernel.alloc(6);
        const c = kernel.alloc(4);
        a.view.set([1, 2, 3, 4, 5, 6]);
        b.view.set([7, 8, 9, 10, 11, 12]);
        c.view.set([1000, 0, 0, 0]);
        kernel.product(2, 2, 3, 1, matrix(a, 3), matrix(b, 2), matrix(c, 2));
        expect([...c.view]).toEqual([1058, 64, 139, 154]);
      });
    }
  });

  test('equals the plain one for every shape and layout, and writes nowhere else', () => {
    fc.assert(
      fc.property(sizes, (shape) => {
        const [fast, plain] = [run(simd, shape), run(js, shape)];
        close(fast.c, plain.c, 1e-12 * shape.k);
        expect(fast.margin).toEqual(plain.margin);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    [97, 5, 257],
    [98, 513, 40],
    [4, 530, 256],
    [101, 33, 513],
  ])('equals the plain one across cache blocks: %i x %i x %i', (m, n, k) => {
    const shape = { m, n, k, alpha: -1, transposeA: false, transposeB: true, seed: 7 };
    close(run(simd, shape).c, run(js, shape).c, 1e-12 * k);
  });

  test('computes the lower triangle alone', () => {
    fc.assert(
      fc.property(sizes, (shape) => {
        const square = { ...shape, m: shape.n };
        close(run(simd, square, true).c, run(js, square, true).c, 1e-12 * shape.k);
      }),
      { numRuns: 50 },
    );
    const big = { m: 530, n: 530, k: 3, alpha: 1, transposeA: false, transposeB: false, seed: 3 };
    close(run(simd, big, true).c, run(js, big, true).c, 1e-12);
  });

  test('an entry does not depend on what else is computed', () => {
    const r = random(5, 'columns');
    simd.scope(() => {
      const a = simd.alloc(3 * 700);
      const b = simd.alloc(9 * 700);
      for (const { view } of [a, b]) for (let i = 0; i < view.length; i++) view[i] = r.normal();
      const all = simd.alloc(27);
      const one = simd.alloc(1);
      simd.product(3, 9, 700, 1, matrix(a, 700), transpose(matrix(b, 700)), matrix(all, 9));
      simd.product(1, 1, 700, 1, matrix(a, 700, 1400), transpose(matrix(b, 700, 5600)), matrix(one, 1));
      expect(one.view[0]).toBe(all.view[26]);
    });
  });

  test('of few and long rows: equals the plain one, whatever was there before, and writes nowhere else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 2500 }),
        fc.nat(),
        (m, n, k, seed) => {
          const [fast, plain] = [simd, js].map((kernel) =>
            kernel.scope(() => {
              const r = random(seed, 'long');
              const [a, b, c] = [m * k, n * k, m * (n + 2)].map((length) => kernel.alloc(length));
              for (const { view } of [a!, b!, c!]) for (let i = 0; i < view.length; i++) view[i] = r.normal();
              const margin = c!.view.filter((_, at) => at % (n + 2) >= n);
              kernel.longProduct(m, n, k, matrix(a!, k), matrix(b!, k), matrix(c!, n + 2));
              expect(c!.view.filter((_, at) => at % (n + 2) >= n)).toEqual(margin);
              return [...c!.view];
            }),
          );
          // a sum of k products of normal numbers, each rounded
          close(fast!, plain!, 1e-15 * k * 20);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('mirrored and scaled: columns of a symmetric matrix times a number each', () => {
    for (const kernel of [simd, js])
      for (const n of [1, 2, 31, 32, 33, 70])
        kernel.scope(() => {
          const r = random(n, 'mirror');
          const [a, scale] = [kernel.alloc(n * (n + 1)), kernel.alloc(n)];
          for (const { view } of [a, scale]) for (let i = 0; i < view.length; i++) view[i] = r.normal();
          const before = a.view.slice();
          kernel.mirrorScaled(n, matrix(a, n + 1), matrix(scale, n));
          const expected = before.map((x, at) => {
            const [i, j] = [Math.floor(at / (n + 1)), at % (n + 1)];
            const lower = before[Math.max(i, j) * (n + 1) + Math.min(i, j)]!;
            return j === n ? x : lower * scale.view[j]!;
          });
          expect([...a.view].findIndex((x, at) => !Object.is(x, expected[at]))).toBe(-1);
        });
  });
});

describe('factorisations', () => {
  test.each([1, 2, 31, 32, 33, 64, 65, 97, 161])('order %i: Cholesky and inverse', (n) => {
    const a = definite(n, n);
    for (const kernel of [simd, js]) {
      kernel.scope(() => {
        const block = kernel.alloc(n * n);
        block.view.set(a);
        kernel.cholesky(n, matrix(block, n));
        const l = block.view.slice();
        const back: number[] = [];
        const want: number[] = [];
        for (let i = 0; i < n; i++) {
          for (let j = 0; j <= i; j++) {
            let sum = 0;
            for (let k = 0; k <= j; k++) sum += l[i * n + k]! * l[j * n + k]!;
            back.push(sum);
            want.push(a[i * n + j]!);
          }
        }
        close(back, want, 1e-12);

        block.view.set(a);
        // only the lower triangle may be read
        for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) block.view[i * n + j] = NaN;
        kernel.invert(n, matrix(block, n));
        const original = kernel.alloc(n * n);
        const identity = kernel.alloc(n * n);
        original.view.set(a);
        kernel.product(n, n, n, 1, matrix(original, n), matrix(block, n), matrix(identity, n));
        close(
          [...identity.view],
          Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0)),
          1e-11,
        );
      });
    }
  });

  test.each([
    ['not positive', 40, -1],
    ['NaN', 40, NaN],
    ['infinite', 3, Infinity],
  ])('a pivot that is %s: NumericalError naming the minor', (_, place, value) => {
    const n = 70;
    for (const kernel of [simd, js]) {
      kernel.scope(() => {
        const block = kernel.alloc(n * n);
        for (let i = 0; i < n; i++) block.view[i * n + i] = 1;
        block.view[place * n + place] = value;
        const attempt = () => kernel.invert(n, matrix(block, n));
        expect(attempt).toThrow(NumericalError);
        block.view.fill(0);
        for (let i = 0; i < n; i++) block.view[i * n + i] = 1;
        block.view[place * n + place] = value;
        expect(attempt).toThrow(errorOf(NumericalError, `minor ${place + 1} is not`));
      });
    }
  });
});

describe('memory', () => {
  test('blocks are zeros, apart, and freed with their scope', () => {
    const kernel = createKernel();
    const outer = kernel.alloc(5);
    outer.view.fill(7);
    const start = kernel.scope(() => {
      const inner = kernel.alloc(1000);
      inner.view.fill(3);
      return inner.start;
    });
    const next = kernel.alloc(1000);
    expect(next.start).toBe(start);
    expect(next.view.every((x) => x === 0)).toBe(true);
    expect([...outer.view]).toEqual([7, 7, 7, 7, 7]);
  });

  test('contents survive growth, and a scope that throws is freed', () => {
    for (const kind of ['fastest', 'js'] as const) {
      const kernel = createKernel(kind);
      const small = kernel.alloc(10);
      small.view.fill(2);
      kernel.alloc(3_000_000);
      expect([...small.view]).toEqual(Array(10).fill(2));
      const before = kernel.bytes;
      for (let i = 0; i < 50; i++) {
        expect(() =>
          kernel.scope(() => {
            kernel.alloc(1_000_000);
            throw new Error('as planned');
          }),
        ).toThrow('as planned');
      }
      expect(kernel.bytes).toBeLessThanOrEqual(before + 8 * 1_600_000);
    }
  });

  test('what leaves its block is refused', () => {
    const a = simd.alloc(6);
    expect(() => simd.product(2, 2, 4, 1, matrix(a, 4), matrix(a, 2), matrix(a, 2))).toThrow(RangeError);
    expect(() => simd.product(1, 1, 1, 1, matrix(a, 1, -1), matrix(a, 1), matrix(a, 1))).toThrow(RangeError);
    expect(() => simd.alloc(-1)).toThrow(RangeError);
    expect(() => simd.alloc(2.5)).toThrow(RangeError);
  });

  test('too much memory: NumericalError that says how much', () => {
    expect(() => createKernel().alloc(2 ** 33)).toThrow(errorOf(NumericalError, '65536 MiB'));
  });

  test('a returned kernel is lent again, empty; one that grew large is let go', () => {
    const kernel = borrowKernel();
    kernel.alloc(8);
    returnKernel(kernel);
    const again = borrowKernel();
    expect(again).toBe(kernel);
    expect(again.alloc(1).start).toBe(0);
    again.alloc(10_000_000);
    returnKernel(again);
    expect(borrowKernel()).not.toBe(again);
  });
});

test('without WebAssembly the plain kernel takes over', () => {
  const held = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')!;
  try {
    Object.defineProperty(globalThis, 'WebAssembly', { value: undefined, configurable: true, writable: true });
    jest.isolateModules(() => {
      const alone = require('../../src/tensor/kernels') as typeof import('../../src/tensor/kernels');
      expect(alone.createKernel().name).toBe('js');
    });
  } finally {
    Object.defineProperty(globalThis, 'WebAssembly', held);
  }
});

test('the committed modules are what their sources compile to', () => {
  const build = join(__dirname, '../../src/tensor/kernels/build.mjs');
  const { status, stderr } = spawnSync(process.execPath, [build, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
