/** Files of the cache: what is written comes back to the bit, and what is damaged does not come back. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { aboutEntry, decodeEntry, encodeEntry, type Entry } from '../../src/cache/entry.js';
import { parseSafetensors } from '../../src/io/safetensors.js';

const key = 'a'.repeat(64);

const number = fc.double();
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    number,
    fc.constantFrom(NaN, Infinity, -Infinity, -0, null),
    fc.string(),
    fc.boolean(),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('any'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;
const tensor = fc.oneof(
  fc.float64Array({ maxLength: 20 }).map((data) => ({ shape: [data.length], data })),
  fc.float32Array({ maxLength: 20 }).map((data) => ({ shape: [data.length], data })),
);
const entry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.string({ minLength: 1 }),
  about: fc.string(),
  rows: fc.nat(),
  value,
  tensors: fc
    .uniqueArray(fc.tuple(fc.string({ minLength: 1 }), tensor), { maxLength: 4, selector: ([name]) => name })
    .map((all) => new Map(all.filter(([name]) => name !== '__metadata__' && name !== '__proto__'))),
});

test('what is written comes back to the bit, and a reader of safetensors reads it', () => {
  fc.assert(
    fc.property(entry, (given) => {
      const bytes = encodeEntry(key, given);
      const found = decodeEntry(key, bytes)!;
      expect(found).toEqual(given);
      for (const [name, { data }] of given.tensors) {
        const there = found.tensors.get(name)!.data;
        expect(there.BYTES_PER_ELEMENT).toBe(data.BYTES_PER_ELEMENT);
        expect(data.every((x, i) => Object.is(x, there[i]))).toBe(true);
      }
      const { kind, about, rows } = given;
      expect(aboutEntry(bytes, bytes.length)).toEqual({ kind, about, rows });
      const isNarrow = [...given.tensors.values()].every(({ data }) =>
        data.every((x) => !Number.isFinite(x) || Number.isFinite(Math.fround(x))),
      );
      if (isNarrow)
        expect([...parseSafetensors(bytes).tensors.keys()].toSorted()).toEqual([...given.tensors.keys()].toSorted());
    }),
  );
});

test('a changed byte anywhere, a part of a file or another key gives nothing, and no error', () => {
  const anyByte = fc.tuple(entry, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat());
  fc.assert(
    fc.property(anyByte, ([given, at, by, end]) => {
      const bytes = encodeEntry(key, given);
      const damaged = bytes.slice();
      damaged[at % bytes.length]! ^= by;
      const found = decodeEntry(key, damaged);
      // a header may be padded otherwise, or write a letter otherwise, and still say the same
      if (found) expect(found).toEqual(given);
      expect(decodeEntry(key, bytes.subarray(0, end % bytes.length))).toBeUndefined();
      expect(decodeEntry('b'.repeat(64), bytes)).toBeUndefined();
    }),
  );
  expect(decodeEntry(key, new Uint8Array(0))).toBeUndefined();
});
