/**
 * safetensors, read as if written by an enemy: nothing is believed before it is checked, nothing is executed.
 * Format: https://huggingface.co/docs/safetensors (8 bytes little-endian header length, JSON header, one gapless byte buffer).
 */
import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
// jsdom has no such globals
import { TextDecoder, TextEncoder } from 'node:util';
import { FileError } from '../errors.js';
import { openRegular, readAt, readLimited, unreadable } from './files.js';
import { foreign, foreignBytes } from './foreign.js';
import { parseJson } from './json.js';
import { entriesOf } from '../shape.js';

export interface StoredTensor {
  readonly shape: readonly number[];
  /** row-major */
  readonly data: Float32Array;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** the file's `__metadata__`; a null-prototype object */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ReadOptions {
  /** files larger than this are refused before they are read; default 2 GiB - 1. As float32 their tensors may take twice that (half floats do), or they are refused before they are converted */
  readonly maxBytes?: number;
  /** used in messages; default: the path */
  readonly where?: string;
}

/** A quarter of what the reference implementation reads, and room for 250,000 tensors: a header takes up to 0.3 s a megabyte to read. */
const maxHeader = 25_000_000;
const maxFile = 2 ** 31 - 1;
/** How many bytes the float32 tensors of a file may take, for each of its own that are allowed: eight-bit integers could take four. */
const widening = 2;
const maxRank = 32;

type Convert = (view: DataView, at: number) => number;

/** IEEE 754 binary16. */
export const halfOf = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
};
let table: Float32Array | undefined;
/** All 65536 of them, made when first wanted: a checkpoint holds millions. */
const halves = (): Float32Array => (table ??= Float32Array.from({ length: 65536 }, (_, bits) => halfOf(bits)));
const half: Convert = (view, at) => halves()[view.getUint16(at, true)]!;
/** bfloat16: the upper half of a float32. */
const widen = new DataView(new ArrayBuffer(4));
const brain: Convert = (view, at) => {
  widen.setUint32(0, view.getUint16(at, true) << 16);
  return widen.getFloat32(0);
};

/** Everything that has an exact or rounded value in float32. Eight-bit floats are not accepted. */
const dtypes: Readonly<Record<string, { readonly bytes: number; readonly read: Convert }>> = {
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { bytes: 2, read: half },
  BF16: { bytes: 2, read: brain },
  I64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  I32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  I16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  I8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  U64: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  U32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  U16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  U8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  BOOL: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
/** Names and values come from the file: quote them, and cut what is absurdly long. */
function show(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? 'undefined';
  } catch {
    return 'something nested too deeply to print';
  }
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

function fail(
  where: string,
  what: string,
  hint = 'the file is damaged or was not written as safetensors: get it again, or export it anew',
  cause?: unknown,
): never {
  throw new FileError({ what, where, hint: hint, cause });
}

function checkEntry(name: string, value: unknown, size: number, where: string): Entry {
  const fault = (what: string, hint?: string): never => fail(where, `tensor ${show(name)} ${what}`, hint);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fault(`is described by ${show(value)}, not an object`);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  for (const key in value)
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets') fault(`has the unknown entry ${show(key)}`);
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypes, dtype)) {
    return fault(
      `has dtype ${show(dtype)}, which is none of ${Object.keys(dtypes).join(', ')}`,
      'convert the weights to one of these and export again',
    );
  }
  if (!Array.isArray(shape) || !shape.every(isCount))
    return fault(`has shape ${show(shape)}: not a list of counts up to 2^53 - 1`);
  if (shape.length > maxRank) fault(`has ${shape.length} axes, more than ${maxRank}`);
  let bytes = dtypes[dtype]!.bytes;
  for (const count of shape) {
    bytes *= count;
    if (!Number.isSafeInteger(bytes)) fault(`has shape ${show(shape)}: more bytes than can be counted`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return fault(`has data_offsets ${show(offsets)}: not two counts up to 2^53 - 1`);
  const [begin, end] = offsets as [number, number];
  if (begin > end) fault(`begins at byte ${begin}, after its end at ${end}`);
  if (end > size) fault(`ends at byte ${end}, but the file holds only ${size} bytes of data`);
  if (end - begin !== bytes)
    fault(
      `of shape [${shape.join(', ')}] and dtype ${dtype} takes ${bytes} bytes, but its data_offsets span ${end - begin}`,
    );
  return { name, dtype, shape: shape as number[], begin, end };
}

/** Tensors must tile the byte buffer: sorted by offset, each begins where the last ended. */
function checkTiling(entries: readonly Entry[], size: number, where: string): void {
  let end = 0;
  let before = '';
  for (const entry of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin < end)
      fail(
        where,
        `tensors ${show(before)} and ${show(entry.name)} overlap: the one ends at byte ${end}, the other begins at ${entry.begin}`,
      );
    if (entry.begin > end)
      fail(where, `bytes ${end} to ${entry.begin}, before tensor ${show(entry.name)}, belong to no tensor`);
    end = entry.end;
    before = entry.name;
  }
  if (end !== size) fail(where, `the last ${size - end} of ${size} bytes of data belong to no tensor`);
}

function convert(entry: Entry, bytes: Uint8Array, where: string): Float32Array {
  const { name, dtype, begin, end } = entry;
  const { bytes: width, read } = dtypes[dtype]!;
  const data = new Float32Array((end - begin) / width);
  if (dtype === 'F32' && littleEndian) {
    // a byte copy needs no alignment
    new Uint8Array(data.buffer).set(bytes.subarray(begin, end));
    return data;
  }
  if (width === 2 && littleEndian && dtype.endsWith('F16')) {
    // a copy where the bytes do not lie on even addresses
    const from = bytes.byteOffset + begin;
    const bits =
      from % 2 === 0
        ? new Uint16Array(bytes.buffer, from, data.length)
        : new Uint16Array(new Uint8Array(bytes.subarray(begin, end)).buffer);
    const words = new Uint32Array(data.buffer);
    const values = halves();
    if (dtype === 'BF16') for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
    else for (let i = 0; i < bits.length; i++) data[i] = values[bits[i]!]!;
    return data;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + begin, end - begin);
  for (let i = 0; i < data.length; i++) {
    const value = read(view, i * width);
    data[i] = value;
    if (
      dtype === 'F64' ? Number.isFinite(value) && !Number.isFinite(data[i]) : /^[IU]/.test(dtype) && data[i] !== value
    ) {
      fail(
        where,
        `tensor ${show(name)} holds ${value} at ${i}, which float32 cannot hold`,
        'export the weights as F32',
      );
    }
    if (dtype === 'BOOL' && value > 1)
      fail(where, `tensor ${show(name)} of dtype BOOL holds the byte ${value} at ${i}`);
  }
  return data;
}

/** The length of the header, from the first bytes (`foreignBytes` of them, or all) of `total`. */
function headerLength(start: Uint8Array, total: number, where: string): number {
  const refuse = (what: string): never => {
    // what has a header is damaged, not foreign
    const other = start[8] === 0x7b ? undefined : foreign(start);
    return fail(where, other?.what ?? what, other?.hint);
  };
  if (total < 8) refuse(`the file has ${total} bytes, fewer than the 8 of a safetensors header length`);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeader))
    refuse(`the header claims ${length} bytes, more than the ${maxHeader} that are allowed`);
  const headerBytes = Number(length);
  if (8 + headerBytes > total)
    refuse(`the header claims ${headerBytes} bytes, but the file has only ${total - 8} after its length`);
  if (headerBytes === 0 || start[8] !== 0x7b) refuse('the header is not JSON: it does not begin with {');
  return headerBytes;
}

/** @throws FileError where tensors would take more memory as float32 than is allowed */
function checkWidened(entries: readonly Entry[], most: number, where: string): void {
  const bytes = entries.reduce((sum, { shape }) => sum + 4 * entriesOf(shape), 0);
  if (bytes > most) {
    const what = entries.length === 1 ? `tensor ${show(entries[0]!.name)} takes` : 'the tensors take';
    fail(
      where,
      `${what} ${bytes} bytes as float32, more than the ${most} that are allowed`,
      'if the file is to be trusted, raise maxBytes where there is such an option; else split the file',
    );
  }
}

/** @param size bytes of data that follow the header */
function parseHeader(
  bytes: Uint8Array,
  size: number,
  where: string,
): { readonly entries: readonly Entry[]; readonly metadata: Record<string, string> } {
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = parseJson(text);
  } catch (cause) {
    fail(where, `the header is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, undefined, cause);
  }

  const metadata = Object.create(null) as Record<string, string>;
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header as object)) {
    if (name !== '__metadata__') {
      entries.push(checkEntry(name, value, size, where));
      continue;
    }
    // for the reference implementation, too, null is none
    if (value === null) continue;
    if (typeof value !== 'object' || Array.isArray(value)) fail(where, `__metadata__ is ${show(value)}, not an object`);
    for (const [key, said] of Object.entries(value as object)) {
      if (typeof said !== 'string') fail(where, `__metadata__ ${show(key)} is ${show(said)}, not a string`);
      metadata[key] = said;
    }
  }
  checkTiling(entries, size, where);
  return { entries, metadata };
}

/**
 * Reads a safetensors file held in memory. Every tensor comes out as a fresh float32 array, row-major.
 * @param where what messages call the file
 * @param maxBytes the most that a file may have: as float32 its tensors may take twice that. Default 2 GiB - 1
 * @throws FileError for anything but a well-formed file, naming the tensor and the numbers
 */
export function parseSafetensors(bytes: Uint8Array, where = 'safetensors data', maxBytes = maxFile): Safetensors {
  const headerBytes = headerLength(bytes, bytes.byteLength, where);
  const { entries, metadata } = parseHeader(
    bytes.subarray(8, 8 + headerBytes),
    bytes.byteLength - 8 - headerBytes,
    where,
  );
  checkWidened(entries, widening * maxBytes, where);
  const data = bytes.subarray(8 + headerBytes);
  const tensors = new Map(
    entries.map((entry) => [entry.name, { shape: entry.shape, data: convert(entry, data, where) }]),
  );
  return { tensors, metadata };
}

/**
 * Reads a safetensors file.
 * @throws FileError where it is missing, unreadable, too large, or not well-formed
 */
export async function readSafetensors(path: string, options: ReadOptions = {}): Promise<Safetensors> {
  const where = options.where ?? path;
  const { maxBytes = maxFile } = options;
  return parseSafetensors(await readLimited(path, where, maxBytes), where, maxBytes);
}

/** A safetensors file whose tensors are read one at a time. */
export interface SafetensorsFile {
  /** what the header says of every tensor */
  readonly entries: ReadonlyMap<string, { readonly dtype: string; readonly shape: readonly number[] }>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Reads one tensor, as float32. @throws FileError, also where it would take more than 4 GiB */
  read(name: string): Promise<StoredTensor>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its header. Only what is read takes memory: a float32 copy of one tensor at a time.
 * @throws FileError where it is missing, unreadable, or not well-formed
 */
export async function openSafetensors(path: string, where = path): Promise<SafetensorsFile> {
  const file = await openRegular(path, where);
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof FileError) throw cause;
      return unreadable(where, cause);
    }
  };
  try {
    return await guarded(async () => {
      const total = (await file.stat()).size;
      const start = new Uint8Array(Math.min(foreignBytes, total));
      await readAt(file, start, 0, where);
      const headerBytes = headerLength(start, total, where);
      const header = new Uint8Array(headerBytes);
      await readAt(file, header, 8, where);
      const data = 8 + headerBytes;
      const { entries, metadata } = parseHeader(header, total - data, where);
      const byName = new Map(entries.map((entry) => [entry.name, entry]));
      return {
        entries: byName,
        metadata,
        read: (name) =>
          guarded(async () => {
            const entry = byName.get(name);
            if (entry === undefined) return fail(where, `the file has no tensor ${show(name)}`);
            checkWidened([entry], widening * maxFile, where);
            const { dtype, shape, begin, end } = entry;
            if (dtype === 'F32' && littleEndian) {
              const values = new Float32Array((end - begin) / 4);
              await readAt(file, new Uint8Array(values.buffer), data + begin, where);
              return { shape, data: values };
            }
            const bytes = new Uint8Array(end - begin);
            await readAt(file, bytes, data + begin, where);
            return { shape, data: convert({ ...entry, begin: 0, end: end - begin }, bytes, where) };
          }),
        close: () => file.close(),
      };
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The bytes of a safetensors file: float32, tensors in order of name, the header padded to a multiple of 8.
 * @throws FileError for values that do not fill their shape
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const names = [...tensors.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  let offset = 0;
  const entries: [string, unknown][] = names.map((name) => {
    const { shape, data } = tensors.get(name)!;
    if (data.length !== shape.reduce((product, count) => product * count, 1)) {
      throw new FileError({
        what: `tensor ${show(name)} of shape [${shape.join(', ')}] comes with ${data.length} values`,
        hint: 'give every value once',
      });
    }
    const begin = offset;
    offset += data.length * 4;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, offset] }];
  });
  if (Object.keys(metadata).length > 0) entries.unshift(['__metadata__', metadata]);
  // fromEntries defines own properties, even for a name like __proto__
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const header = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + header + offset).fill(0x20, 8, 8 + header);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header), true);
  bytes.set(json, 8);
  const view = new DataView(bytes.buffer, 8 + header);
  let at = 0;
  for (const name of names) for (const value of tensors.get(name)!.data) view.setFloat32((at += 4) - 4, value, true);
  return bytes;
}

/** Writes a safetensors file whole or not at all. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const bytes = encodeSafetensors(tensors, metadata);
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true });
    fail(
      path,
      `the file cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      'check the folder and the permissions',
      cause,
    );
  }
}
