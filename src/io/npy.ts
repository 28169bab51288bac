/**
 * NumPy's .npy, read as if written by an enemy. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html (versions 1 to 3).
 * The header is a Python dictionary in text; exactly the three entries that NumPy writes are understood, by a scanner that evaluates nothing.
 */
// jsdom has no such global
import { TextDecoder } from 'node:util';
import { FileError } from '../errors.js';
import { readLimited } from './files.js';
import { foreign } from './foreign.js';
import { halfOf } from './half.js';
import { entriesOf } from '../shape.js';

export interface NpyArray {
  readonly shape: readonly number[];
  /** row-major, whatever the file's order; float32 for float16 and float32, else float64 */
  readonly data: Float32Array | Float64Array;
}

/** NumPy itself refuses longer ones, unless told to trust the file */
const MAX_HEADER = 10_000;
const MAX_RANK = 32;
const MAX_FILE = 2 ** 31 - 1;
/** How many bytes the numbers of a file may take, for each of its own that are allowed: eight-bit integers take eight as float64. */
const WIDENING = 2;

type Read = (view: DataView, at: number, little: boolean) => number;
const kinds: Readonly<Record<string, { readonly bytes: number; readonly single?: true; readonly read: Read }>> = {
  f2: { bytes: 2, single: true, read: (view, at, little) => halfOf(view.getUint16(at, little)) },
  f4: { bytes: 4, single: true, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  i8: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  u2: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  u8: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
};

function fail(
  where: string,
  what: string,
  hint = "the file is damaged or is no .npy: write it anew with numpy.save(path, array.astype('float32'))",
): never {
  throw new FileError({ what, where, hint });
}

const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, entries in any order, nothing else. */
function parseHeader(text: string, where: string): { descr: string; fortran: boolean; shape: number[] } {
  const outer = /^\s*\{([^{}]*)\}\s*$/.exec(text);
  if (!outer) fail(where, `the header is ${shown(text)}, not a dictionary`);
  let rest = outer[1]!;
  const found = new Map<string, string>();
  while (rest.trim() !== '') {
    const entry = /^\s*(['"])(\w+)\1\s*:\s*('[^'\\]*'|"[^"\\]*"|True|False|\([\d\s,]*\))\s*(?:,|$)/.exec(rest);
    if (!entry)
      fail(
        where,
        `the header has ${shown(rest.trim())} where 'descr', 'fortran_order' or 'shape' with a plain value belongs`,
        "structured and object arrays are not read: write it anew with numpy.save(path, array.astype('float32'))",
      );
    if (found.has(entry[2]!)) fail(where, `the header names ${shown(entry[2]!)} twice`);
    found.set(entry[2]!, entry[3]!);
    rest = rest.slice(entry[0].length);
  }
  const names = ['descr', 'fortran_order', 'shape'];
  for (const name of found.keys())
    if (!names.includes(name)) fail(where, `the header has the unknown entry ${shown(name)}`);
  for (const name of names) if (!found.has(name)) fail(where, `the header has no ${shown(name)}`);
  const [descr, fortran, shape] = names.map((name) => found.get(name)!) as [string, string, string];
  if (!/^['"]/.test(descr)) fail(where, `the header's descr is ${shown(descr)}, not a string`);
  if (fortran !== 'True' && fortran !== 'False') fail(where, `the header's fortran_order is ${shown(fortran)}`);
  // one number in a tuple is written with a comma
  if (!/^\(\s*(?:\d+\s*,\s*(?:\d+\s*(?:,\s*\d+\s*)*,?\s*)?)?\)$/.test(shape))
    fail(where, `the header's shape is ${shown(shape)}, not a tuple of counts`);
  const counts = (shape.match(/\d+/g) ?? []).map(Number);
  if (counts.length > MAX_RANK || !counts.every(Number.isSafeInteger))
    fail(where, `the header's shape is ${shown(shape)}: too many axes, or counts beyond 2^53`);
  return { descr: descr.slice(1, -1), fortran: fortran === 'True', shape: counts };
}

/**
 * @param where what messages call the file
 * @param maxBytes the most that a file may have: its numbers may take twice that. Default 2 GiB - 1
 * @throws FileError for anything but a whole, well-formed array of numbers
 */
export function parseNpy(bytes: Uint8Array, where = '.npy data', maxBytes = MAX_FILE): NpyArray {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 10 || !magic.every((byte, i) => bytes[i] === byte)) {
    const other = foreign(bytes);
    fail(where, `the file does not begin as a .npy does${other === undefined ? '' : `: ${other.what}`}`, other?.hint);
  }
  const [major, minor] = [bytes[6]!, bytes[7]!];
  if (major < 1 || major > 3 || minor !== 0)
    fail(where, `the file is of .npy version ${major}.${minor}; 1.0, 2.0 and 3.0 are read`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) fail(where, `the file ends after ${bytes.length} bytes, inside its header`);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) fail(where, `the header is said to have ${length} bytes; ${MAX_HEADER} are allowed`);
  if (start + length > bytes.length)
    fail(where, `the header is said to have ${length} bytes, the file has ${bytes.length}`);
  const { descr, fortran, shape } = parseHeader(
    new TextDecoder('latin1').decode(bytes.subarray(start, start + length)),
    where,
  );
  const type = /^([<>|])([fiu][1248])$/.exec(descr);
  const kind = type && Object.hasOwn(kinds, type[2]!) ? kinds[type[2]!] : undefined;
  if (!type || !kind || (type[1] === '|' && kind.bytes > 1)) {
    fail(
      where,
      `the array is of type ${shown(descr)}; ${Object.keys(kinds).join(', ')} are read, little or big-endian`,
      "convert it: numpy.save(path, array.astype('float32'))",
    );
  }
  let count = 1;
  for (const one of shape) count *= one;
  const data = start + length;
  if (count * kind.bytes !== bytes.length - data) {
    fail(
      where,
      `an array of shape [${shape.join(', ')}] takes ${count * kind.bytes} bytes; the file has ${bytes.length - data}`,
    );
  }
  const widened = count * (kind.single ? 4 : 8);
  if (widened > WIDENING * maxBytes) {
    fail(
      where,
      `the array takes ${widened} bytes as ${kind.single ? 'float32' : 'float64'}, more than the ${WIDENING * maxBytes} that are allowed`,
      'save it in parts',
    );
  }
  const out = kind.single ? new Float32Array(count) : new Float64Array(count);
  const little = type[1] !== '>';
  if (!fortran || shape.length < 2) {
    for (let i = 0, at = data; i < count; i++, at += kind.bytes) out[i] = kind.read(view, at, little);
    return { shape, data: out };
  }
  // first axis fastest in the file, last axis fastest here
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => entriesOf(shape.slice(axis + 1)));
  for (let i = 0, at = data, to = 0; i < count; i++, at += kind.bytes) {
    out[to] = kind.read(view, at, little);
    for (let axis = 0; axis < shape.length; axis++) {
      to += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      to -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { shape, data: out };
}

/**
 * Reads an array that `numpy.save` wrote.
 * @throws FileError where it is missing, unreadable, larger than 2 GiB, or not well-formed, or where its numbers take more than 4 GiB
 */
export async function readNpy(path: string): Promise<NpyArray> {
  return parseNpy(await readLimited(path, path, MAX_FILE), path);
}
