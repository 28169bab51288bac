/** Writes safetensors files. */
import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
// jsdom has no such globals
import { TextEncoder } from 'node:util';
import { FileError } from '../errors.js';
import { fail, show } from './safetensors-header.js';
import { littleEndian } from './safetensors-values.js';
import { systemSays } from './system.js';

/** A tensor to be written: float32 or float64, as its values are. */
export interface TensorToWrite {
  readonly shape: readonly number[];
  /** row-major */
  readonly data: Float32Array | Float64Array;
}

/**
 * The bytes of a safetensors file: float64 before float32, so that every value lies at a multiple of its size, and then in order of name; the header padded to a multiple of 8.
 * @throws FileError for values that do not fill their shape
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const width = (name: string): number => tensors.get(name)!.data.BYTES_PER_ELEMENT;
  const names = [...tensors.keys()].toSorted((a, b) => width(b) - width(a) || (a < b ? -1 : 1));
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
    offset += data.byteLength;
    return [name, { dtype: width(name) === 8 ? 'F64' : 'F32', shape, data_offsets: [begin, offset] }];
  });
  if (Object.keys(metadata).length > 0) entries.unshift(['__metadata__', metadata]);
  // fromEntries defines own properties, even for a name like __proto__
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const header = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + header + offset).fill(0x20, 8, 8 + header);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header), true);
  bytes.set(json, 8);
  let at = 8 + header;
  for (const name of names) {
    const { data } = tensors.get(name)!;
    if (littleEndian) bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    else {
      const view = new DataView(bytes.buffer, at);
      const wide = width(name) === 8;
      data.forEach((value, i) => (wide ? view.setFloat64(8 * i, value, true) : view.setFloat32(4 * i, value, true)));
    }
    at += data.byteLength;
  }
  return bytes;
}

/** Writes a safetensors file whole or not at all. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const bytes = encodeSafetensors(tensors, metadata);
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true });
    fail(path, `the file cannot be written: ${systemSays(cause)}`, 'check the folder and the permissions', cause);
  }
}
