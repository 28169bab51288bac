/** .npy files: what NumPy writes is read as NumPy reads it; anything else is a FileError, and nothing worse. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FileError, RepresentationError } from '../../src/errors';
import { gramOfGiven } from '../../src/representation/given';
import { parseNpy, readNpy } from '../../src/io/npy';
import { errorOf } from '../helpers/error-of';

const folder = join(__dirname, 'fixtures');
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
  string,
  { shape: number[]; values: string[] | null }
>;
const number = (text: string): number =>
  text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text.replace('nan', 'NaN'));

describe('what numpy.save writes', () => {
  const readable = Object.entries(expected).filter(([, { values }]) => values !== null);
  test.each(readable)('%s', async (name, { shape, values }) => {
    const got = await readNpy(join(folder, `${name}.npy`));
    expect(got.shape).toEqual(shape);
    expect([...got.data]).toEqual(values!.map(number));
  });

  test.each(Object.keys(expected).filter((name) => expected[name]!.values === null))('%s is refused', async (name) => {
    await expect(readNpy(join(folder, `${name}.npy`))).rejects.toThrow(FileError);
  });
});

/** version 1, as numpy pads it */
const file = (header: string, data: Uint8Array, version: readonly [number, number] = [1, 0]): Uint8Array => {
  const wide = version[0] > 1;
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array((wide ? 12 : 10) + text.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, ...version]);
  const view = new DataView(bytes.buffer);
  if (wide) view.setUint32(8, text.length, true);
  else view.setUint16(8, text.length, true);
  bytes.set(text, wide ? 12 : 10);
  bytes.set(data, (wide ? 12 : 10) + text.length);
  return bytes;
};
const eight = new Uint8Array(32);
const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }\n";

test('a file like NumPy makes, entries in any order, double quotes, no last comma', () => {
  for (const header of [
    good,
    '{"shape": (2,4), "fortran_order": True, "descr": "<f4"}',
    "{'shape':(2, 4,),'descr':'<f4','fortran_order':False}   \n",
  ]) {
    expect(parseNpy(file(header, eight)).shape).toEqual([2, 4]);
  }
});

test('numbers that take more than twice what a file may have, once widened, are refused before they are', () => {
  const header = (type: string) => `{'descr': '${type}', 'fortran_order': False, 'shape': (1000,)}`;
  for (const [type, bytes, widened] of [
    ['|i1', 1000, 8000],
    ['|u1', 1000, 8000],
    ['<i2', 2000, 8000],
    ['<f2', 2000, 4000],
    ['<f8', 8000, 8000],
  ] as const) {
    const data = file(header(type), new Uint8Array(bytes));
    expect(() => parseNpy(data, 'x', widened / 2 - 1)).toThrow(
      errorOf(FileError, new RegExp(`takes ${widened} bytes as float(32|64), more than the ${widened - 2} `)),
    );
    expect(parseNpy(data, 'x', widened / 2).data).toHaveLength(1000);
  }
});

test('an array of nothing with 2^40 columns is read, and is no representation', () => {
  for (const shape of ['(0, 1099511627776)', '(1099511627776, 0)', '(0, 9007199254740991, 9007199254740991)']) {
    expect(
      parseNpy(file(`{'descr': '<f4', 'fortran_order': True, 'shape': ${shape}}`, new Uint8Array(0))).data,
    ).toHaveLength(0);
  }
  for (const shape of [
    [0, 2 ** 40],
    [2 ** 40, 0],
    [3, 2 ** 40],
  ] as const)
    expect(() => gramOfGiven({ data: new Float64Array(0), shape }, 'x')).toThrow(RepresentationError);
});

describe('hostile headers', () => {
  const cases: [string, Uint8Array, RegExp][] = [
    ['nothing', new Uint8Array(0), /begin/],
    ['another format', new TextEncoder().encode('PK\u0003\u0004 something zipped'), /begin/],
    ['version 9', file(good, eight, [9, 0]), /version 9\.0/],
    ['cut inside the header', file(good, eight).subarray(0, 40), /header is said to have/],
    ['cut before the length', file(good, eight, [2, 0]).subarray(0, 11), /inside its header/],
    ['cut inside the data', file(good, eight.subarray(1)), /takes 32 bytes; the file has 31/],
    ['data left over', file(good, new Uint8Array(33)), /takes 32 bytes; the file has 33/],
    [
      'a length of 4 GiB',
      (() => {
        const bytes = file(good, eight, [2, 0]);
        new DataView(bytes.buffer).setUint32(8, 0xffffffff, true);
        return bytes;
      })(),
      /4294967295 bytes; 10000 are allowed/,
    ],
    [
      'pickled objects',
      file(
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}",
        new TextEncoder().encode('cos\nsystem\n(S"true"\ntR.'),
      ),
      /of type/,
    ],
    [
      'code',
      file("{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (2, 4)}", eight),
      /plain value/,
    ],
    ['code in the shape', file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2*2)}", eight), /plain value/],
    ['not a dictionary', file('[1, 2]', eight), /not a dictionary/],
    ['two dictionaries', file(`${good.trim()}{}`, eight), /not a dictionary/],
    [
      'an entry twice',
      file("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 4)}", eight),
      /twice/,
    ],
    [
      'an unknown entry',
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), 'x': True}", eight),
      /unknown/,
    ],
    ['a missing entry', file("{'descr': '<f4', 'shape': (2, 4)}", eight), /no "fortran_order"/],
    [
      'a prototype for a type',
      file("{'descr': '<constructor', 'fortran_order': False, 'shape': (2, 4)}", eight),
      /of type/,
    ],
    [
      'an order that is a string',
      file("{'descr': '<f4', 'fortran_order': 'no', 'shape': (2, 4)}", eight),
      /fortran_order/,
    ],
    ['a shape that is a number', file("{'descr': '<f4', 'fortran_order': False, 'shape': (8)}", eight), /tuple/],
    ['a negative count', file("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -4)}", eight), /plain value/],
    [
      'counts beyond 2^53',
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 0)}", new Uint8Array(0)),
      /2\^53/,
    ],
    [
      'a product that overflows',
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", eight),
      /takes/,
    ],
    [
      'a thousand axes',
      file(`{'descr': '<f4', 'fortran_order': False, 'shape': (${'1, '.repeat(1000)})}`, eight.subarray(0, 4)),
      /too many axes/,
    ],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => parseNpy(bytes, 'evil.npy')).toThrow(errorOf(FileError, message));
  });

  test('any bytes, and any change of a good file: an array of finite size or a FileError', () => {
    const start = file(good, eight);
    const arrays = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }).map((changes) => {
        const bytes = start.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(arrays, (bytes) => {
        try {
          expect(parseNpy(bytes).data.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(FileError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('files that are not there, or folders', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'npy-'));
    try {
      for (const path of [join(temporary, 'none.npy'), temporary])
        await expect(readNpy(path)).rejects.toThrow(FileError);
      writeFileSync(join(temporary, 'a.npy'), file(good, eight));
      expect((await readNpy(join(temporary, 'a.npy'))).shape).toEqual([2, 4]);
    } finally {
      rmSync(temporary, { recursive: true });
    }
  });
});
