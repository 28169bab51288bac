/** The header of a safetensors file, checked: which tensors there are, and where. */
// jsdom has no such globals
import { TextDecoder } from 'node:util';
import { FileError } from '../errors.js';
import { foreign } from './foreign.js';
import { parseJson } from './json.js';

/** A quarter of what the reference implementation reads, and room for 250,000 tensors: a header takes up to 0.3 s a megabyte to read. */
const maxHeader = 25_000_000;
const maxRank = 32;

/** Bytes of a value. Eight-bit floats are not accepted: everything here has an exact or rounded value in float32. */
export const widths: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Names and values come from the file: quote them, and cut what is absurdly long. */
export function show(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? 'undefined';
  } catch {
    return 'something nested too deeply to print';
  }
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

export function fail(
  where: string,
  what: string,
  hint = 'the file is damaged or was not written as safetensors: get it again, or export it anew',
  cause?: unknown,
): never {
  throw new FileError({ what, where, hint, cause });
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
function checkEntry(name: string, value: unknown, size: number, where: string): Entry {
  const fault = (what: string, hint?: string): never => fail(where, `tensor ${show(name)} ${what}`, hint);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fault(`is described by ${show(value)}, not an object`);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  for (const key in value)
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets') fault(`has the unknown entry ${show(key)}`);
  if (typeof dtype !== 'string' || !Object.hasOwn(widths, dtype)) {
    return fault(
      `has dtype ${show(dtype)}, which is none of ${Object.keys(widths).join(', ')}`,
      'convert the weights to one of these and export again',
    );
  }
  if (!Array.isArray(shape) || !shape.every(isCount))
    return fault(`has shape ${show(shape)}: not a list of counts up to 2^53 - 1`);
  if (shape.length > maxRank) fault(`has ${shape.length} axes, more than ${maxRank}`);
  let bytes = widths[dtype]!;
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

/** The length of the header, from the first bytes (`foreignBytes` of them, or all) of `total`. */
export function headerLength(start: Uint8Array, total: number, where: string): number {
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

/** @param size bytes of data that follow the header */
export function parseHeader(
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
