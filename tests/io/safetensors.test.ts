/** The loader against damaged and hostile files. */
import { mkdtemp, mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FileError } from '../../src/errors.js';
import {
  openSafetensors,
  parseSafetensors,
  readSafetensors,
  type Safetensors,
  type StoredTensor,
} from '../../src/io/safetensors.js';
import { encodeSafetensors, writeSafetensors } from '../../src/io/safetensors-write.js';
import { errorOf } from '../helpers/error-of.js';

/** A file with any header and data, as nobody should write it. */
function file(header: unknown, data = 0, claimed?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const entry = (dtype: unknown, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

function failure(bytes: Uint8Array): FileError {
  try {
    parseSafetensors(bytes, 'a.safetensors');
  } catch (error) {
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).where).toBe('a.safetensors');
    return error as FileError;
  }
  throw new Error('this file was accepted');
}

const tensors: fc.Arbitrary<Map<string, StoredTensor>> = fc
  .dictionary(
    fc
      .oneof(fc.string({ maxLength: 12 }), fc.constantFrom('__proto__', 'constructor', 'a.b', 'ä'))
      .filter((name) => name !== '__metadata__'),
    fc.array(fc.nat({ max: 4 }), { maxLength: 3 }).chain((shape) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return fc
        .array(fc.float({ noNaN: true }), { minLength: count, maxLength: count })
        .map((data) => ({ shape, data: Float32Array.from(data) }));
    }),
    { maxKeys: 5 },
  )
  .map((all) => new Map(Object.entries(all)));

/** What every accepted file must be. */
function expectWellFormed({ tensors: all, metadata }: Safetensors): void {
  for (const [name, { shape, data }] of all) {
    expect(typeof name).toBe('string');
    expect(ArrayBuffer.isView(data) && data.constructor.name).toBe('Float32Array');
    expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
    expect(data.buffer.byteLength).toBe(data.byteLength);
  }
  for (const value of Object.values(metadata)) expect(typeof value).toBe('string');
}

describe('reading and writing', () => {
  test('what is written is what is read', () =>
    fc.assert(
      fc.property(tensors, fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }), (all, metadata) => {
        const bytes = encodeSafetensors(all, metadata);
        expect((new DataView(bytes.buffer).getUint32(0, true) + 8) % 8).toBe(0);
        const read = parseSafetensors(bytes);
        expect([...read.tensors].toSorted()).toEqual([...all].toSorted());
        expect({ ...read.metadata }).toEqual({ ...metadata });
      }),
    ));

  test('names that JSON escapes come back, also where V8 of Node 24 would read them wrong', () => {
    const one = { shape: [], data: new Float32Array(1) };
    for (const name of ['"', 'a\\b', 'line\n', '\\']) {
      const { tensors, metadata } = parseSafetensors(
        encodeSafetensors(
          new Map([
            ['#', one],
            [name, one],
          ]),
          { [name]: 'x' },
        ),
      );
      expect([...tensors.keys()].toSorted()).toEqual(['#', name].toSorted());
      expect({ ...metadata }).toEqual({ [name]: 'x' });
    }
  });

  test('data need not be aligned, and come out as copies', () => {
    const bytes = encodeSafetensors(new Map([['a', { shape: [2], data: new Float32Array([1.5, -2]) }]]));
    for (let shift = 0; shift < 8; shift++) {
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      const { data } = parseSafetensors(moved.subarray(shift)).tensors.get('a')!;
      moved.fill(0);
      expect([...data]).toEqual([1.5, -2]);
    }
  });

  test.each([
    ['F64', 8, (v: DataView) => v.setFloat64(0, -0.1, true), Math.fround(-0.1)],
    ['F32', 4, (v: DataView) => v.setFloat32(0, 0.1, true), Math.fround(0.1)],
    ['F16', 2, (v: DataView) => v.setUint16(0, 0xc248, true), -3.140625],
    ['F16', 2, (v: DataView) => v.setUint16(0, 0x0001, true), 2 ** -24],
    ['F16', 2, (v: DataView) => v.setUint16(0, 0x7bff, true), 65504],
    ['F16', 2, (v: DataView) => v.setUint16(0, 0xfc00, true), -Infinity],
    ['F16', 2, (v: DataView) => v.setUint16(0, 0x7e00, true), NaN],
    ['BF16', 2, (v: DataView) => v.setUint16(0, 0xc049, true), -3.140625],
    ['I64', 8, (v: DataView) => v.setBigInt64(0, -5n, true), -5],
    ['I32', 4, (v: DataView) => v.setInt32(0, -70000, true), -70000],
    ['I16', 2, (v: DataView) => v.setInt16(0, -300, true), -300],
    ['I8', 1, (v: DataView) => v.setInt8(0, -3), -3],
    ['U64', 8, (v: DataView) => v.setBigUint64(0, 2n ** 63n, true), 2 ** 63],
    ['U32', 4, (v: DataView) => v.setUint32(0, 70000, true), 70000],
    ['U16', 2, (v: DataView) => v.setUint16(0, 60000, true), 60000],
    ['U8', 1, (v: DataView) => v.setUint8(0, 200), 200],
    ['BOOL', 1, (v: DataView) => v.setUint8(0, 1), 1],
  ] as [string, number, (view: DataView) => void, number][])(
    '%s of %i bytes is converted',
    (dtype, width, set, expected) => {
      const bytes = file({ x: entry(dtype, [], 0, width) }, width);
      set(new DataView(bytes.buffer, bytes.length - width));
      expect([...parseSafetensors(bytes).tensors.get('x')!.data]).toEqual([expected]);
      // as Node reads a file: somewhere in memory that other data lie in
      const shared = Buffer.alloc(bytes.length + 3, 0xff);
      shared.set(bytes, 3);
      expect([...parseSafetensors(shared.subarray(3)).tensors.get('x')!.data]).toEqual([expected]);
    },
  );
});

describe('each fault, named', () => {
  const pair = { a: entry('F32', [2], 0, 8), b: entry('F32', [1], 8, 12) };
  const faults: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /0 bytes, fewer than the 8/],
    ['half a header length', new Uint8Array(7), /7 bytes, fewer than the 8/],
    ['a header of 2^63 bytes', file({}, 0, 2n ** 63n), /claims 9223372036854775808 bytes, more than the 25000000/],
    ['a header longer than the file', file({}, 0, 3n), /claims 3 bytes, but the file has only 2/],
    ['a header of no bytes', file(''), /header is not JSON/],
    ['a header that is not UTF-8', new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]), /header is not JSON/],
    ['a header that is not JSON', file('{"a":'), /header is not JSON/],
    ['a header with a byte order mark', file('\ufeff{}'), /does not begin with \{/],
    ['a header that is a list', file('[]'), /does not begin with \{/],
    [
      'a tensor named twice',
      file(
        '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
        4,
      ),
      /the key "a" comes twice/,
    ],
    [
      'offsets given twice',
      file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"data_offsets":[0,4]}}', 4),
      /the key "data_offsets" comes twice/,
    ],
    ['a tensor that is a number', file({ a: 1 }), /tensor "a" is described by 1/],
    [
      'a tensor with an unknown entry',
      file({ a: { ...entry('F32', [], 0, 4), stride: 1 } }, 4),
      /tensor "a" has the unknown entry "stride"/,
    ],
    ['a tensor without a dtype', file({ a: { shape: [], data_offsets: [0, 4] } }, 4), /tensor "a" has dtype undefined/],
    [
      'an unknown dtype',
      file({ a: entry('F8_E4M3', [4], 0, 4) }, 4),
      /tensor "a" has dtype "F8_E4M3", which is none of F64, F32/,
    ],
    [
      'a dtype from the prototype',
      file({ a: entry('constructor', [4], 0, 4) }, 4),
      /dtype "constructor", which is none of/,
    ],
    [
      'a wrong dtype',
      file({ a: entry('F16', [2], 0, 8) }, 8),
      /tensor "a" of shape \[2\] and dtype F16 takes 4 bytes, but its data_offsets span 8/,
    ],
    ['a shape that is no list', file({ a: entry('F32', 2, 0, 8) }, 8), /tensor "a" has shape 2/],
    ['a negative count', file({ a: entry('F32', [-1, -2], 0, 8) }, 8), /tensor "a" has shape \[-1,-2\]/],
    ['half a count', file({ a: entry('F32', [0.5], 0, 2) }, 2), /tensor "a" has shape \[0\.5\]/],
    [
      '2^60 values',
      file('{"a":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,4]}}', 4),
      /tensor "a" has shape \[115292150460684\d+\]/,
    ],
    [
      '2^30 by 2^30 values',
      file({ a: entry('F32', [2 ** 30, 2 ** 30], 0, 4) }, 4),
      /tensor "a" has shape \[1073741824,1073741824\]: more bytes than can be counted/,
    ],
    [
      'a product that wraps around to 0 in 64 bits',
      file({ a: entry('F32', [2 ** 31, 2 ** 31, 4], 0, 0) }),
      /more bytes than can be counted/,
    ],
    ['too many axes', file({ a: entry('F32', Array(33).fill(1), 0, 4) }, 4), /tensor "a" has 33 axes/],
    [
      'three offsets',
      file({ a: { dtype: 'F32', shape: [], data_offsets: [0, 4, 8] } }, 8),
      /tensor "a" has data_offsets \[0,4,8\]/,
    ],
    [
      'an offset of 2^60',
      file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1152921504606846976]}}', 4),
      /tensor "a" has data_offsets/,
    ],
    ['a negative offset', file({ a: entry('F32', [1], -4, 0) }, 4), /tensor "a" has data_offsets \[-4,0\]/],
    [
      'an end before the beginning',
      file({ a: entry('F32', [1], 4, 0) }, 4),
      /tensor "a" begins at byte 4, after its end at 0/,
    ],
    [
      'an offset out of range',
      file({ a: entry('F32', [2], 0, 8) }, 7),
      /tensor "a" ends at byte 8, but the file holds only 7/,
    ],
    [
      'offsets that contradict the shape',
      file({ a: entry('F32', [2], 0, 4) }, 4),
      /tensor "a" of shape \[2\] and dtype F32 takes 8 bytes, but its data_offsets span 4/,
    ],
    [
      'an overlap',
      file({ ...pair, b: entry('F32', [2], 4, 12) }, 12),
      /tensors "a" and "b" overlap: the one ends at byte 8, the other begins at 4/,
    ],
    ['two tensors in one place', file({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 0, 4) }, 4), /overlap/],
    [
      'a hole',
      file({ ...pair, b: entry('F32', [1], 12, 16) }, 16),
      /bytes 8 to 12, before tensor "b", belong to no tensor/,
    ],
    ['a hole before the first', file({ a: entry('F32', [1], 4, 8) }, 8), /bytes 0 to 4, before tensor "a"/],
    ['a truncated file', file(pair, 11), /tensor "b" ends at byte 12, but the file holds only 11/],
    ['an oversized file', file(pair, 13), /the last 1 of 13 bytes of data belong to no tensor/],
    ['metadata that are a list', file({ __metadata__: [] }), /__metadata__ is \[\]/],
    ['metadata that are numbers', file({ __metadata__: { a: 1 } }), /__metadata__ "a" is 1, not a string/],
    ['nesting', file(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), /nested more than 64 deep/],
    [
      'nesting in the shape',
      file(`{"a":{"dtype":"F32","shape":[${'['.repeat(200_000)}${']'.repeat(200_000)}],"data_offsets":[0,4]}}`, 4),
      /nested more than 64 deep/,
    ],
  ];
  test.each(faults)('%s', (_, bytes, message) => {
    expect(failure(bytes).message).toMatch(message);
  });

  test('a number that float32 cannot hold', () => {
    const wide = file({ x: entry('F64', [1], 0, 8) }, 8);
    new DataView(wide.buffer).setFloat64(wide.length - 8, 1e300, true);
    expect(failure(wide).message).toMatch(/tensor "x" holds 1e\+300 at 0, which float32 cannot hold/);
    const long = file({ x: entry('I32', [1], 0, 4) }, 4);
    new DataView(long.buffer).setInt32(long.length - 4, 2 ** 24 + 1, true);
    expect(failure(long).message).toMatch(/holds 16777217 at 0/);
    const neither = file({ x: entry('BOOL', [1], 0, 1) }, 1);
    neither[neither.length - 1] = 2;
    expect(failure(neither).message).toMatch(/dtype BOOL holds the byte 2/);
  });

  test('tensors that take more than twice what a file may have, once widened, are refused before they are', async () => {
    for (const [dtype, bytes] of [
      ['I8', 1],
      ['BOOL', 1],
      ['F16', 2],
      ['F64', 8],
    ] as const) {
      const whole = file(
        { x: entry(dtype, [50], 0, 50 * bytes), y: entry(dtype, [50], 50 * bytes, 100 * bytes) },
        100 * bytes,
      );
      expect(parseSafetensors(whole, 'x', 200).tensors.size).toBe(2);
      expect(() => parseSafetensors(whole, 'x', 199)).toThrow(
        errorOf(FileError, /the tensors take 400 bytes as float32, more than the 398 that are allowed/),
      );
    }
    // a file without data on the disk
    const folder = await mkdtemp(join(tmpdir(), 'wide-'));
    const path = join(folder, 'wide.safetensors');
    const count = 2 ** 30 + 1;
    const header = file({ x: entry('U8', [count], 0, count) }, 0);
    await writeFile(path, header);
    await truncate(path, header.length + count);
    const opened = await openSafetensors(path);
    await expect(opened.read('x')).rejects.toThrow(errorOf(FileError, /tensor "x" takes 4294967300 bytes as float32/));
    await opened.close();
    await rm(folder, { recursive: true });
  });

  test('metadata that are null are none, as for the reference implementation', () => {
    expect({ ...parseSafetensors(file({ __metadata__: null })).metadata }).toEqual({});
  });

  test('a header of many tensors takes time in proportion to its length', () => {
    const header = (count: number) =>
      file(Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, entry('F32', [0], 0, 0)])), 0);
    const [short, long] = [header(4000), header(32_000)];
    const best = (bytes: Uint8Array) =>
      Math.min(
        ...Array.from({ length: 3 }, () => {
          const from = process.cpuUsage();
          parseSafetensors(bytes);
          return process.cpuUsage(from).user;
        }),
      );
    // 8 times as much: a square would be 64 whenever it is measured, and a busy machine makes less of that now and then
    const ratios: number[] = [];
    // the least of up to six counts: one that is small enough settles it
    while (ratios.length < 6 && !ratios.some((ratio) => ratio < 30)) ratios.push(best(long) / best(short));
    expect(Math.min(...ratios)).toBeLessThan(30);
  });

  test('a name of any length makes a short message', () => {
    expect(failure(file({ ['x'.repeat(1e6)]: 1 })).message.length).toBeLessThan(400);
  });
});

describe('generated corruptions', () => {
  const valid = tensors.filter((all) => all.size > 0).map((all) => encodeSafetensors(all, { by: 'test' }));
  const survives = (bytes: Uint8Array) => {
    let read;
    try {
      read = parseSafetensors(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(FileError);
      return;
    }
    expectWellFormed(read);
  };

  test('flipped bytes', () =>
    fc.assert(
      fc.property(
        valid,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        (bytes, flips) => {
          for (const [at, mask] of flips) bytes[at % bytes.length]! ^= mask;
          survives(bytes);
        },
      ),
      { numRuns: 600 },
    ));

  test('a truncation is always an error', () =>
    fc.assert(
      fc.property(valid, fc.nat(), (bytes, cut) => {
        const kept = bytes.subarray(0, cut % bytes.length);
        // only a file whose last bytes are padding of the header survives: it has no data
        if (bytes.length === 8 + new DataView(bytes.buffer).getUint32(0, true)) survives(kept);
        else expect(() => parseSafetensors(kept)).toThrow(FileError);
      }),
      { numRuns: 200 },
    ));

  test('bytes added at the end are always an error', () =>
    fc.assert(
      fc.property(valid, fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes, more) => {
        expect(() => parseSafetensors(Uint8Array.from([...bytes, ...more]))).toThrow(FileError);
      }),
      { numRuns: 150 },
    ));

  test('any other header length', () =>
    fc.assert(
      fc.property(valid, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.boolean(), (bytes, claimed, near) => {
        new DataView(bytes.buffer).setBigUint64(0, near ? claimed % BigInt(2 * bytes.length) : claimed, true);
        survives(bytes);
      }),
      { numRuns: 400 },
    ));

  test('edited headers: entries replaced by other values, dropped, or added', () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(2 ** 53, 2 ** 60, -1, 1e308, 'F16', 'I8', [0, 4], [4, 0], [2 ** 31, 2 ** 31]),
      fc.nat({ max: 64 }),
    );
    const edits = fc.array(
      fc.tuple(fc.nat(), fc.constantFrom('dtype', 'shape', 'data_offsets', 'begin', 'end', 'drop', 'add'), odd),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(valid, edits, (bytes, changes) => {
        const length = new DataView(bytes.buffer).getUint32(0, true);
        const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
          string,
          Record<string, unknown>
        >;
        for (const [which, what, drawn] of changes) {
          // a copy: the same list may be drawn twice, and an edit must not put it into itself
          const value: unknown = JSON.parse(JSON.stringify(drawn));
          const names = Object.keys(header).filter((name) => name !== '__metadata__');
          const name = names[which % names.length];
          if (what === 'add')
            Object.defineProperty(header, String(which), {
              value,
              enumerable: true,
              configurable: true,
              writable: true,
            });
          else if (name === undefined || typeof header[name] !== 'object' || header[name] === null) continue;
          else if (what === 'drop') delete header[name];
          else if (what === 'begin' || what === 'end') {
            const offsets = header[name].data_offsets;
            if (Array.isArray(offsets)) offsets[what === 'begin' ? 0 : 1] = value;
          } else header[name][what] = value;
        }
        const edited = file(header, bytes.length - 8 - length);
        edited.set(bytes.subarray(8 + length), edited.length - (bytes.length - 8 - length));
        survives(edited);
      }),
      { numRuns: 600 },
    );
  });

  test('any bytes at all', () => fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 400 }));
  test('any JSON at all', () =>
    fc.assert(
      fc.property(fc.json(), fc.nat({ max: 16 }), (json, data) => survives(file(json, data))),
      { numRuns: 400 },
    ));
});

describe('files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'congruity-safetensors-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const one = new Map([['a', { shape: [1], data: new Float32Array([3]) }]]);

  test('a file is written whole and read back', async () => {
    const path = join(folder, 'whole.safetensors');
    await writeSafetensors(path, one);
    expect((await readSafetensors(path)).tensors).toEqual(one);
    expect((await readdir(folder)).filter((name) => name.includes('part'))).toEqual([]);
  });

  test('a file that cannot be written leaves nothing behind', async () => {
    const path = join(folder, 'taken');
    await mkdir(join(path, 'x'), { recursive: true });
    await expect(writeSafetensors(path, one)).rejects.toThrow(FileError);
    expect((await readdir(folder)).filter((name) => name.includes('part'))).toEqual([]);
  });

  test('a file that is missing, a folder, a device, or too large', async () => {
    await expect(readSafetensors(join(folder, 'none'))).rejects.toThrow(errorOf(FileError, /no such file/));
    await expect(readSafetensors(folder)).rejects.toThrow(errorOf(FileError, /this is a directory/));
    if (process.platform === 'linux') {
      await symlink('/dev/zero', join(folder, 'endless'));
      await expect(readSafetensors(join(folder, 'endless'))).rejects.toThrow(errorOf(FileError, /not a regular file/));
    }
    await writeFile(join(folder, 'large'), new Uint8Array(101));
    await expect(readSafetensors(join(folder, 'large'), { maxBytes: 100 })).rejects.toThrow(
      errorOf(FileError, /101 bytes, more than the 100/),
    );
    for (const name of ['none', 'large'])
      await expect(readSafetensors(join(folder, name), { maxBytes: 100 })).rejects.toThrow(FileError);
  });
});
