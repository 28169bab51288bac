/** The kernel for stacks of small matrices, in a memory of its own, against plain sums. */
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { backend } from '../../src/tensor/backend.js';
import { stackedProducts, stacksOn, type Memory } from '../../src/tensor/backends/wasm-stacks.js';

declare const WebAssembly: { Memory: new (of: { initial: number }) => Memory };

const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 }));
const cases = fc.record({
  count: fc.integer({ min: 1, max: 5 }),
  m: size,
  n: size,
  k: fc.oneof(fc.constant(0), size),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  shared: fc.constantFrom('a', 'b', 'neither'),
  seed: fc.nat(1000),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

const values = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => Math.fround(Math.sin(i * 1.7 + seed)));

/** Entry (row, column) of matrix i of a stack. */
type Entry = (i: number, row: number, column: number) => number;

const operands = ({ count, m, n, k, transposeA, transposeB, shared, seed }: Case) => {
  const [a, b] = [
    values((shared === 'a' ? 1 : count) * m * k, seed),
    values((shared === 'b' ? 1 : count) * k * n, seed + 0.5),
  ];
  const entryA: Entry = (i, r, c) => a[(shared === 'a' ? 0 : i * m * k) + (transposeA ? c * m + r : r * k + c)]!;
  const entryB: Entry = (i, r, c) => b[(shared === 'b' ? 0 : i * k * n) + (transposeB ? c * k + r : r * n + c)]!;
  return { a, b, entryA, entryB };
};

/** float32 sums in the order of k: what the kernel promises, to the bit. */
const expected = ({ count, m, n, k }: Case, entryA: Entry, entryB: Entry): number[] =>
  Array.from({ length: count * m * n }, (_, at) => {
    const [i, row, column] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
    let sum = 0;
    for (let p = 0; p < k; p++) sum = Math.fround(sum + Math.fround(entryA(i, row, p) * entryB(i, p, column)));
    return sum;
  });

/** Jest compares lists entry by entry, which takes longer than the products. */
const expectBits = (got: Float32Array, wanted: readonly number[]): void => {
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
  if (!bytes(got).equals(bytes(Float32Array.from(wanted)))) expect([...got]).toEqual(wanted);
};

/** Runs it between walls of NaN, and checks that nothing was read or written beyond A, B, C and the scratch. */
function run(drawn: Case, a: readonly number[], b: readonly number[]): Float32Array {
  const { count, m, n, k, transposeA, transposeB, shared } = drawn;
  const memory = new WebAssembly.Memory({ initial: 4 });
  const stacks = stacksOn(memory)!;
  const floats = new Float32Array(memory.buffer).fill(NaN);
  const wall = 5; // an odd number of floats: nothing need be aligned
  const lengths = [a.length, b.length, count * m * n, stacks.workLength(k)];
  const starts = lengths.map(
    (_, i) => lengths.slice(0, i).reduce((sum, length) => sum + length, 0) + (i + 1) * wall,
  ) as [number, number, number, number];
  floats.set(a, starts[0]);
  floats.set(b, starts[1]);
  const [pa, pb, pc, work] = starts.map((start) => start * 4) as [number, number, number, number];
  const step = (name: string, length: number): number => (shared === name ? 0 : length);
  stacks.products(
    count,
    m,
    n,
    k,
    pa,
    step('a', m * k),
    transposeA ? 1 : k,
    transposeA ? m : 1,
    pb,
    step('b', k * n),
    transposeB ? 1 : n,
    transposeB ? k : 1,
    pc,
    work,
  );
  expectBits(floats.subarray(starts[0], starts[0] + a.length), a);
  expectBits(floats.subarray(starts[1], starts[1] + b.length), b);
  const mine = new Set<number>();
  starts.forEach((start, i) => {
    for (let at = 0; at < lengths[i]!; at++) mine.add(start + at);
  });
  const touched = floats
    .subarray(0, starts[3] + lengths[3]! + 1000)
    .findIndex((value, at) => !mine.has(at) && !Number.isNaN(value));
  expect(touched).toBe(-1);
  return floats.slice(starts[2], starts[2] + count * m * n);
}

test('products of any size, strides and sharing, to the bit; nothing else is read or written', () => {
  fc.assert(
    fc.property(cases, (drawn) => {
      const { a, b, entryA, entryB } = operands(drawn);
      expectBits(run(drawn, a, b), expected(drawn, entryA, entryB));
    }),
    { numRuns: 200 },
  );
});

test('infinities and NaN stay in their row and column', () => {
  fc.assert(
    fc.property(
      cases.filter(({ k }) => k > 0),
      fc.nat(),
      fc.nat(),
      fc.constantFrom(NaN, Infinity, -Infinity),
      (drawn, inA, inB, odd) => {
        const { a, b, entryA, entryB } = operands(drawn);
        a[inA % a.length] = odd;
        b[inB % b.length] = -Infinity;
        expectBits(run(drawn, a, b), expected(drawn, entryA, entryB));
      },
    ),
  );
});

test("on tfjs's memory it leaves no data behind, and works after that memory has grown", async () => {
  const wasm = await backend({ backend: 'wasm' });
  wasm.within(() => {
    const heap = tf.backend() as tf.KernelBackend & { wasm: { HEAPU8: Uint8Array } };
    const once = (): number[] =>
      tf.tidy(() => {
        const [x, y] = [tf.tensor(values(3 * 2 * 5, 1), [3, 2, 5]), tf.tensor(values(3 * 4 * 5, 2), [3, 4, 5])];
        const held = heap.numDataIds();
        const out = stackedProducts(x, y, false, true, [3], heap)!;
        expect(heap.numDataIds()).toBe(held + 1);
        const found = [...(heap.readSync(out.dataId) as Float32Array)];
        heap.disposeData(out.dataId);
        return found;
      });
    const first = once();
    const before = heap.wasm.HEAPU8.length;
    const large = tf.zeros([before / 4 + 1]);
    expect(heap.wasm.HEAPU8.length).toBeGreaterThan(before);
    expect(once()).toEqual(first);
    large.dispose();
  });
});

test('a backend that does not show its memory is left to its own kernels', () => {
  const x = { dataId: {}, dtype: 'float32', shape: [2, 2, 2] } as unknown as tf.TensorInfo;
  for (const heap of [
    {},
    { wasm: { HEAPU8: new Uint8Array(4) } },
    { wasm: { HEAPU8: new Uint8Array(4), asm: { memory: { buffer: new ArrayBuffer(4) } } } },
  ])
    expect(stackedProducts(x, x, false, false, [2], heap)).toBeUndefined();
});
