/** Representations given directly: every form comes to the same Gram, and what is none is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileError, RepresentationError } from '../../src/errors';
import { writeSafetensors } from '../../src/io/safetensors';
import { gramOfGiven, readRepresentations, type GivenRepresentation } from '../../src/representation/given';
import { gram, largestDifference, mapFeatures, normals, stream } from '../measure/data';
import { errorOf } from '../helpers/error-of';

const x = mapFeatures(normals(stream(1), 12, 5), Math.fround);
const [n, p] = x.shape;
const rows = Array.from({ length: n }, (_, i) => Array.from(x.data.subarray(i * p, (i + 1) * p)));
const want = gram(x).data;
const raw = Float64Array.from({ length: n * n }, (_, at) =>
  rows[Math.floor(at / n)]!.reduce((sum, v, j) => sum + v * rows[at % n]![j]!, 0),
);

describe('forms', () => {
  test.each<[string, GivenRepresentation]>([
    ['rows of numbers', rows],
    ['rows of typed arrays', rows.map((row) => Float32Array.from(row))],
    ['float32 with a shape', { data: Float32Array.from(x.data), shape: [n, p] }],
    ['float64 with a shape', { data: x.data, shape: [n, p] }],
    ['numbers with a shape', { data: [...x.data], shape: [n, p] }],
    ['a centred Gram', { n, data: want }],
    ['a Gram that was never centred', { n, data: raw }],
  ])('%s', (_, given) => {
    expect(largestDifference(gramOfGiven(given, 'x').data, want)).toBeLessThan(1e-12);
  });

  test('integers, of any width', () => {
    const whole = [
      [1, 2],
      [3, 5],
      [0, 1],
    ];
    const same = gramOfGiven(whole, 'x');
    for (const kind of [Int8Array, Uint16Array, Int32Array])
      expect(gramOfGiven({ data: kind.from(whole.flat()), shape: [3, 2] }, 'x')).toEqual(same);
  });
});

test.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /undefined is no representation/],
  ['a string', 'abc', /string is no representation/],
  ['an empty list', [], /at least two inputs/],
  ['rows of unequal length', [[1, 2], [3]], /Row 1 has 1 features, row 0 has 2/],
  [
    'rows that are no numbers',
    [
      [1, 2],
      ['3', 4],
    ],
    /Row 1 is not a list of numbers/,
  ],
  ['three axes', { data: new Float32Array(8), shape: [2, 2, 2] }, /two axes[\s\S]*average over positions/],
  ['a shape that the data do not fill', { data: new Float32Array(7), shape: [2, 4] }, /7 values instead of 8/],
  ['big integers', { data: new BigInt64Array(8), shape: [2, 4] }, /big integers/],
  [
    'NaN',
    [
      [1, NaN],
      [3, 4],
    ],
    /input 0, feature 1 is NaN/,
  ],
  [
    'constant',
    [
      [1, 2],
      [1, 2],
    ],
    /constant/,
  ],
  ['an asymmetric Gram', { n: 2, data: [1, 2, 3, 4] }, /not symmetric/],
  ['a Gram of big integers', { n: 2, data: new BigInt64Array(4) }, /big integers/],
  ['more than there can be', { data: new Float32Array(4), shape: [4, 2 ** 40] }, /4 values instead of/],
  ['a Gram of NaN', { n: 2, data: [1, NaN, NaN, 4] }, /not symmetric and finite/],
  ['a Gram of the wrong size', { n: 3, data: [1, 2, 3, 4] }, /4 values/],
  ['an object of something else', { rows }, /without data and shape/],
])('refused: %s', (_, given, message) => {
  expect(() => gramOfGiven(given as GivenRepresentation, 'mine')).toThrow(errorOf(RepresentationError, message));
  expect(() => gramOfGiven(given as GivenRepresentation, 'mine')).toThrow(errorOf(RepresentationError, /mine/));
});

describe('files', () => {
  const fixtures = join(__dirname, '..', 'io', 'fixtures');

  test('.npy: one matrix, by its path', async () => {
    const path = join(fixtures, 'f8-fortran.npy');
    const [one, ...others] = await readRepresentations(path);
    expect(others).toEqual([]);
    expect(one).toMatchObject({ name: path, shape: [3, 4] });
    expect(gramOfGiven(one!, 'x').n).toBe(3);
    await expect(readRepresentations(path, { tensors: ['a'] })).rejects.toThrow(errorOf(FileError, /no names/));
    await expect(readRepresentations(join(fixtures, 'i2-three-axes-fortran.npy'))).rejects.toThrow(
      errorOf(FileError, /two axes/),
    );
  });

  test('.safetensors: every tensor, or those named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'given-'));
    try {
      const path = join(folder, 'runs.safetensors');
      const tensor = (by: number) => ({ shape: [n, p], data: Float32Array.from(x.data, (v) => v * by) });
      await writeSafetensors(
        path,
        new Map([
          ['b', tensor(2)],
          ['a', tensor(1)],
        ]),
      );
      const all = await readRepresentations(path);
      expect(all.map(({ name }) => name)).toEqual([`${path}, a`, `${path}, b`]);
      expect(largestDifference(gramOfGiven(all[0]!, 'x').data, want)).toBeLessThan(1e-12);
      const [one] = await readRepresentations(path, { tensors: ['b'] });
      expect(
        largestDifference(
          gramOfGiven(one!, 'x').data,
          want.map((v) => 4 * v),
        ),
      ).toBeLessThan(1e-11);
      await expect(readRepresentations(path, { tensors: ['c'] })).rejects.toThrow(errorOf(FileError, /no tensor "c"/));
      const deep = join(folder, 'deep.safetensors');
      await writeSafetensors(deep, new Map([['t', { shape: [2, 2, 2], data: new Float32Array(8) }]]));
      await expect(readRepresentations(deep)).rejects.toThrow(errorOf(FileError, /two axes/));
      writeFileSync(join(folder, 'x.csv'), '1,2');
      await expect(readRepresentations(join(folder, 'x.csv'))).rejects.toThrow(FileError);
      await expect(readRepresentations(join(folder, 'none.safetensors'))).rejects.toThrow(FileError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
