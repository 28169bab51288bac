/** Element types: how values come out of them, and how they go in. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadOnnx } from '../../../../src/model/formats/onnx/file/load.js';
import { fromFloat32, toFloat32, toHalf } from '../../../../src/model/formats/onnx/file/values.js';
import { fixture } from './helpers.js';

describe('float16', () => {
  const every = toFloat32(
    Uint16Array.from({ length: 65_536 }, (_, bits) => bits),
    'float16',
  );

  test('every value comes back', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 65_536; bits++) {
      const value = every[bits]!;
      const right = Number.isNaN(value) ? (toHalf(value) & 0x7fff) > 0x7c00 : toHalf(value) === bits;
      if (!right) wrong.push(bits);
    }
    expect(every).toHaveLength(65_536);
    expect(wrong).toEqual([]);
  });

  test('any float32 goes to a nearest one, ties to the even', () => {
    const finite = every.filter((value) => Number.isFinite(value)).toSorted();
    const distance = (value: number): number => {
      let [low, high] = [0, finite.length - 1];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (finite[middle]! <= value) low = middle;
        else high = middle;
      }
      return Math.min(Math.abs(finite[low]! - value), Math.abs(finite[high]! - value));
    };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.float({ min: -65_504, max: 65_504, noNaN: true }),
          fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4), noNaN: true }),
        ),
        (value) => {
          const bits = toHalf(value);
          expect(Math.abs(every[bits]! - value)).toBe(distance(value));
          // on a tie the neighbour is as near
          const tie = [bits - 1, bits + 1].some(
            (other) =>
              other >= 0 &&
              other < 65_536 &&
              Math.abs(every[other]! - value) === Math.abs(every[bits]! - value) &&
              every[other] !== every[bits],
          );
          if (tie) expect(bits & 1).toBe(0);
        },
      ),
      { numRuns: 2000 },
    );
    expect([65_520, -65_520, Infinity, 65_519].map(toHalf)).toEqual([0x7c00, 0xfc00, 0x7c00, 0x7bff]);
  });
});

test('integers: the nearest, ties to the even, cut to the range, and 0 for what is no number', () => {
  const values = Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, 3.7, 1e9, -1e9, NaN, Infinity);
  expect([...fromFloat32(values, 'int8', 'int8')]).toEqual([0, 2, 2, -0, -2, 4, 127, -128, 0, 127].map((x) => x + 0));
  expect([...fromFloat32(values, 'uint8', 'int32')]).toEqual([0, 2, 2, 0, 0, 4, 255, 0, 0, 255]);
  expect([...fromFloat32(values, 'bool', 'int32')]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect([...fromFloat32(Float32Array.of(0, 7.5, -3), 'int64', 'int64')]).toEqual([0n, 8n, -3n]);
});

/** Columns of the logits of types.onnx, three each, and what becomes of 3.7 and of -1e9 on the way in. */
const kinds: readonly (readonly [site: string, near: number, far: number])[] = [
  ['double', Math.fround(3.7), -1e9],
  ['int8', 4, -128],
  ['uint8', 4, 0],
  ['int16', 4, -32_768],
  ['uint16', 4, 0],
  ['int32', 4, -1e9],
  ['uint32', 4, 0],
  ['int64', 4, -1e9],
  ['uint64', 4, 0],
  ['half', 3.69921875, -Infinity],
  ['sign', 1, 1],
];

describe.each(kinds)('a tensor of type %s', (site, near, far) => {
  const rows = [
    { shape: [3], data: [0.5, -1, 2] },
    { shape: [3], data: [3, 0.25, -0.75] },
  ];
  const columns = (logits: Float32Array, row: number): number[] => [...logits.subarray(33 * row, 33 * (row + 1))];

  test.each([
    ['in part', { at: { feature: [1] } }],
    ['as a whole', {}],
    ['as a whole, again and again', {}],
  ])('is replaced %s by what it can hold, and what follows sees that', async (how, at) => {
    const model = await loadOnnx(fixture('types.onnx'), { trusted: true });
    const clean = await model.run(rows, { capture: [site] });
    const from = 3 * kinds.findIndex(([name]) => name === site);
    for (const [value, stored] of [
      [3.7, near],
      [-1e9, far],
    ] as const) {
      for (let time = 0; time < (how.endsWith('again') ? 4 : 1); time++) {
        const patched = await model.run(rows, {
          interventions: [{ site, ...at, by: { kind: 'value', value } }],
          capture: [site],
        });
        for (const row of [0, 1]) {
          const expected = columns(clean.logits.data, row).map((old, i) =>
            i >= from && i < from + 3 && (!('at' in at) || i === from + 1) ? stored : old,
          );
          expect(columns(patched.logits.data, row)).toEqual(expected);
          const own = [...clean.activations.get(site)!.data.subarray(3 * row, 3 * row + 3)].map((old, i) =>
            !('at' in at) || i === 1 ? stored : old,
          );
          expect([...patched.activations.get(site)!.data.subarray(3 * row, 3 * row + 3)]).toEqual(own);
        }
      }
    }
    model.dispose();
  });
});
