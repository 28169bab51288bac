/** What is kept of one piece of work, as a safetensors file. docs/cache.md states the format. */
import { digestOf, digestOfTensors, inOrder } from '../io/safetensors-digest.js';
import { fail, headerLength, parseHeader, show, type Entry as Stored } from '../io/safetensors-header.js';
import { encodeSafetensors, type TensorToWrite } from '../io/safetensors-write.js';

/** Of the format: files of another number are passed over. */
const FORMAT = '1';

export interface Entry {
  /** what was computed: `draw`, `verdict` */
  readonly kind: string;
  /** the same for people, with what it was computed of */
  readonly about: string;
  /** rows that went through models for it */
  readonly rows: number;
  /** plain JSON, and numbers that JSON does not have */
  readonly value: unknown;
  readonly tensors: ReadonlyMap<string, TensorToWrite>;
}

/** Stands for a number that JSON does not have. */
const MARK = '$number';

const text = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => {
    if (typeof one === 'number' && (!Number.isFinite(one) || Object.is(one, -0)))
      return { [MARK]: Object.is(one, -0) ? '-0' : String(one) };
    if (typeof one === 'object' && one !== null && MARK in one && typeof one[MARK] !== 'string')
      throw new TypeError(`a value that is kept has a member ${MARK}`);
    return one;
  });

const parsed = (json: string): unknown =>
  JSON.parse(json, (_, one: unknown) =>
    typeof one === 'object' && one !== null && MARK in one ? Number(one[MARK]) : one,
  );

/** What an entry says of itself, with the digest over all of it. */
function saidOf(key: string, { kind, about, rows, value, tensors }: Entry) {
  const said = { congruity: FORMAT, key, kind, about, rows: String(rows), value: text(value) };
  const digest = digestOfTensors(Object.values(said), tensors);
  return { ...said, digest };
}

/** @throws TypeError for a value that cannot be written so that it comes back the same */
export const encodeEntry = (key: string, entry: Entry): Uint8Array =>
  encodeSafetensors(entry.tensors, saidOf(key, entry));

/** The digest that `encodeEntry` writes. */
export const digestOfEntry = (key: string, entry: Entry): string => saidOf(key, entry).digest;

/** A value as whoever reads the entry has it. */
export const valueAsRead = (value: unknown): unknown => parsed(text(value));

/** What the header of a file says; of a foreign one undefined. */
export function aboutEntry(bytes: Uint8Array, total: number): Pick<Entry, 'kind' | 'about' | 'rows'> | undefined {
  try {
    const length = headerLength(bytes, total, 'cache');
    const { metadata } = parseHeader(bytes.subarray(8, 8 + length), total - 8 - length, 'cache');
    const { congruity, kind, about, rows } = metadata;
    if (congruity !== FORMAT || kind === undefined || about === undefined) return undefined;
    return { kind, about, rows: Number(rows) };
  } catch {
    return undefined;
  }
}

function values({ name, dtype, begin, end }: Stored, data: Uint8Array, where: string): Float32Array | Float64Array {
  if (dtype !== 'F64' && dtype !== 'F32') fail(where, `tensor ${show(name)} has dtype ${dtype}, and not F32 or F64`);
  // a copy, which lies where typed arrays must; `slice` of a Buffer would be none
  const { buffer } = new Uint8Array(data.subarray(begin, end));
  return dtype === 'F64' ? new Float64Array(buffer) : new Float32Array(buffer);
}

/** An entry with what tells it from others, and the digest over all of it. */
export interface ReadEntry extends Entry {
  readonly key: string;
  readonly digest: string;
}

/**
 * An entry that may come from anywhere. Values are little-endian, as the machine is that wrote them.
 * @param where what messages call the file
 * @throws FileError for what is damaged, foreign or of another format
 */
export function readEntry(bytes: Uint8Array, where: string): ReadEntry {
  const length = headerLength(bytes, bytes.length, where);
  const data = bytes.subarray(8 + length);
  const { entries, metadata } = parseHeader(bytes.subarray(8, 8 + length), data.length, where);
  const { congruity, key, kind, about, rows, value, digest } = metadata;
  const said = [congruity, key, kind, about, rows, value];
  if (congruity !== FORMAT || said.includes(undefined))
    fail(
      where,
      congruity === undefined
        ? 'this is a file of safetensors that congruity did not write'
        : `this is a file of format ${show(congruity)} of congruity's entries, and only ${FORMAT} is read`,
      'give a file that this version wrote',
    );
  const stored = inOrder(entries.map((entry) => [entry.name, entry] as const));
  const found = digestOf(
    said as string[],
    stored.map(([name, { dtype, shape, begin, end }]) => [name, dtype, shape, data.subarray(begin, end)]),
  );
  if (found !== digest)
    fail(where, 'the file is not what was written: its digest is another one', 'get it again, or make it anew');
  let read: unknown;
  try {
    read = parsed(value!);
  } catch (cause) {
    return fail(where, 'what the file says is not JSON', 'make it anew', cause);
  }
  return {
    key: key!,
    kind: kind!,
    about: about!,
    rows: Number(rows),
    value: read,
    tensors: new Map(stored.map(([name, entry]) => [name, { shape: entry.shape, data: values(entry, data, where) }])),
    digest,
  };
}

/** Undefined for what is damaged, foreign, of another key or another format. */
export function decodeEntry(key: string, bytes: Uint8Array): Entry | undefined {
  try {
    const { key: own, digest: _, ...entry } = readEntry(bytes, 'cache');
    return own === key ? entry : undefined;
  } catch {
    return undefined;
  }
}
