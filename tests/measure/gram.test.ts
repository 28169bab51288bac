import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RepresentationError } from '../../src/errors';
import { addGrams, centreGram, gramOf, shuffleInputs, subsetInputs, traceOf } from '../../src/representation/gram';
import { centred, gram, largestDifference, normals, stream, type Features } from './data';

const float32 = (x: Features) => ({ data: Float32Array.from(x.data), shape: x.shape });

/** inner products of centred rows, one at a time */
function byDefinition(x: Features): Float64Array {
  const [n, p] = x.shape;
  const c = centred(x).data;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < p; k++) sum += c[i * p + k]! * c[j * p + k]!;
    return sum;
  });
}

const shapes = fc.tuple(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 1, max: 40 }), fc.nat());

/** the error that fn throws */
function refusal(fn: () => unknown): RepresentationError {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(RepresentationError);
    return error as RepresentationError;
  }
  throw new Error('nothing was thrown');
}

describe('gramOf', () => {
  test('is the inner products of centred features', () => {
    fc.assert(
      fc.property(shapes, ([n, p, seed]) => {
        const x = normals(stream(seed), n, p);
        const k = gram(x);
        expect(k.n).toBe(n);
        expect(largestDifference(k.data, byDefinition(x))).toBeLessThan(1e-12 * p);
      }),
    );
  });

  test('across chunks of columns, symmetric to the bit, centred', () => {
    const x = normals(stream(1), 37, 900);
    const k = gram(x);
    expect(largestDifference(k.data, byDefinition(x))).toBeLessThan(1e-10);
    for (let i = 0; i < 37; i++) {
      expect(Math.abs(k.data.slice(i * 37, (i + 1) * 37).reduce((a, b) => a + b))).toBeLessThan(1e-10);
      for (let j = 0; j < i; j++) expect(k.data[i * 37 + j]).toBe(k.data[j * 37 + i]);
    }
  });

  test('float32 features are summed in float64: a large common offset costs nothing', () => {
    // multiples of 1/16 beside 4096 are exact in float32, so only the summation can lose
    const x = normals(stream(2), 20, 500).data.map((v) => Math.round(v * 16) / 16);
    const plain = gramOf({ data: Float32Array.from(x), shape: [20, 500] });
    const offset = gramOf({ data: Float32Array.from(x, (v) => v + 4096), shape: [20, 500] });
    expect(largestDifference(plain.data, offset.data)).toBeLessThan(1e-9);
  });

  test('leaves the features as they were', () => {
    const x = float32(normals(stream(3), 9, 5));
    const before = x.data.slice();
    gramOf(x);
    expect(x.data).toEqual(before);
  });

  test.each([NaN, Infinity, -Infinity])('%d: names site, input and feature', (value) => {
    const x = float32(normals(stream(4), 8, 300));
    x.data[5 * 300 + 271] = value;
    const error = refusal(() => gramOf(x, { where: 'blocks.0.hook_resid_post' }));
    expect(error.where).toBe(`blocks.0.hook_resid_post: input 5, feature 271 is ${value}`);
  });

  test('float64 features whose squares overflow are not finite', () => {
    expect(refusal(() => gramOf({ data: Float64Array.of(1e200, -1e200), shape: [2, 1] })).where).toContain('overflow');
  });

  test.each([0, 0.1, 1e30, -3])(
    'constant at %d, or up to float32 rounding: an error that says where, or zeros when asked',
    (value) => {
      const exact = { data: new Float32Array(7 * 3).fill(value), shape: [7, 3] as const };
      const rounded = { data: exact.data.map((v, at) => (at === 4 ? v * (1 - 2 ** -24) : v)), shape: exact.shape };
      for (const rows of [exact, rounded]) {
        const error = refusal(() => gramOf(rows, { where: 'hook_embed' }));
        expect(error.what).toContain('constant');
        expect(error.where).toBe('hook_embed');
        expect(gramOf(rows, { constant: 'zero' }).data).toEqual(new Float64Array(49));
      }
    },
  );

  test('small variation on a large offset that float32 can hold is not constant', () => {
    const rows = { data: Float32Array.from({ length: 40 }, (_, i) => 1000 + (i % 3) / 64), shape: [20, 2] as const };
    expect(traceOf(gramOf(rows))).toBeGreaterThan(0);
  });

  test.each([
    [0, 4],
    [1, 4],
    [4, 0],
  ])('%i inputs of %i features are refused', (n, p) => {
    refusal(() => gramOf({ data: new Float32Array(n * p), shape: [n, p] }));
  });

  test('values that do not fill the shape are refused', () => {
    expect(refusal(() => gramOf({ data: new Float32Array(11), shape: [3, 4] })).what).toContain(
      '11 values instead of 12',
    );
  });
});

describe('sums and selections', () => {
  test('Grams of concatenated features add up', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 20 }), ([n, p, seed], q) => {
        const r = stream(seed);
        const [a, b] = [normals(r, n, p), normals(r, n, q)];
        const both: Features = {
          data: Float64Array.from({ length: n * (p + q) }, (_, at) => {
            const [i, j] = [Math.floor(at / (p + q)), at % (p + q)];
            return j < p ? a.data[i * p + j]! : b.data[i * q + j - p]!;
          }),
          shape: [n, p + q],
        };
        expect(largestDifference(addGrams([gram(a), gram(b)]).data, gram(both).data)).toBeLessThan(1e-11 * (p + q));
      }),
    );
  });

  test('a constant site beside one that varies is fine; constant sites alone are not', () => {
    const varying = gram(normals(stream(5), 6, 3));
    const zero = { n: 6, data: new Float64Array(36) };
    expect(addGrams([zero, varying]).data).toEqual(varying.data);
    expect(refusal(() => addGrams([zero, zero], 'all sites')).where).toBe('all sites');
    refusal(() => addGrams([]));
    refusal(() => addGrams([varying, gram(normals(stream(5), 7, 3))]));
  });

  test('shuffling inputs and taking some of them are what they are in feature space', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 3, max: 20 }), fc.integer({ min: 1, max: 10 }), fc.nat()),
        ([n, p, seed]) => {
          const r = stream(seed);
          const x = normals(r, n, p);
          const pickRows = (rows: Uint32Array): Features => ({
            data: Float64Array.from(
              { length: rows.length * p },
              (_, at) => x.data[rows[Math.floor(at / p)]! * p + (at % p)]!,
            ),
            shape: [rows.length, p],
          });
          const order = r.permutation(n);
          expect(largestDifference(shuffleInputs(gram(x), order).data, gram(pickRows(order)).data)).toBeLessThan(1e-11);
          const some = r.subset(n, 2 + r.below(n - 2));
          expect(largestDifference(subsetInputs(gram(x), some).data, byDefinition(pickRows(some)))).toBeLessThan(1e-11);
        },
      ),
    );
  });

  test('centring what was not centred', () => {
    const x = normals(stream(6), 12, 4);
    const raw = Float64Array.from({ length: 144 }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += x.data[Math.floor(at / 12) * 4 + k]! * x.data[(at % 12) * 4 + k]!;
      return sum;
    });
    expect(largestDifference(centreGram({ n: 12, data: raw }).data, gram(x).data)).toBeLessThan(1e-12);
  });

  test.each([
    ['too short', [0, 1]],
    ['twice the same', [0, 1, 1]],
    ['out of range', [0, 1, 3]],
    ['negative', [0, 1, -1]],
    ['fractional', [0, 1, 1.5]],
  ])('no permutation: %s', (_, order) => {
    refusal(() => shuffleInputs(gram(normals(stream(7), 3, 3)), order));
  });

  test.each([[[0]], [[]], [[0, 0]], [[0, 9]]])('no subset: %j', (indices) => {
    refusal(() => subsetInputs(gram(normals(stream(7), 3, 3)), indices));
  });
});
