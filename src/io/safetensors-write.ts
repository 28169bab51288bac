/** Writes safetensors files. */
import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
// jsdom has no such globals
import { TextEncoder } from 'node:util';
import { FileError } from '../errors.js';
import type { StoredTensor } from './safetensors.js';
import { fail, show } from './safetensors-header.js';

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
