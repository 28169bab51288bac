/**
 * safetensors, read as if written by an enemy: nothing is believed before it is checked, nothing is executed.
 * Format: https://huggingface.co/docs/safetensors (8 bytes little-endian header length, JSON header, one gapless byte buffer).
 */
import { FileError } from '../errors.js';
import { openRegular, readAt, readLimited, unreadable } from './files.js';
import { foreignBytes } from './foreign.js';
import { fail, headerLength, parseHeader, show } from './safetensors-header.js';
import { checkWidened, convert, littleEndian } from './safetensors-values.js';

/** A tensor as a file holds it. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** row-major */
  readonly data: Float32Array;
}

/** A file of tensors, read. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** the file's `__metadata__`; a null-prototype object */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface SafetensorsOptions {
  /** files larger than this are refused before they are read. As float32 their tensors may take twice that (half floats do), or they are refused before they are converted. @defaultValue 2 GiB - 1 */
  readonly maxBytes?: number;
  /** used in messages. @defaultValue the path */
  readonly where?: string;
}

const maxFile = 2 ** 31 - 1;
/** How many bytes the float32 tensors of a file may take, for each of its own that are allowed: eight-bit integers could take four. */
const widening = 2;

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
export async function readSafetensors(path: string, options: SafetensorsOptions = {}): Promise<Safetensors> {
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
