/** The files that hold a checkpoint's tensors: model.safetensors, or several of them and their index. */
import { join } from 'node:path';
import { FileError } from '../../../../../errors.js';
import { openSafetensors, type SafetensorsFile } from '../../../../../io/safetensors.js';
import { isObject, readJsonObject } from '../../../../../io/json.js';
import { fileIn, isPlainFileName } from '../../../../../io/folder.js';

export interface ShardTensor {
  readonly file: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

const single = 'model.safetensors';
const indexName = 'model.safetensors.index.json';
const maxIndex = 64_000_000;
const maxShards = 1024;

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
};

function fail(where: string, what: string, hint = 'the checkpoint is incomplete or damaged: get it again'): never {
  throw new FileError({ what, where, hint });
}

/** Opens one of the checkpoint's files. The caller closes it. */
export async function openShard(folder: string, file: string): Promise<SafetensorsFile> {
  const where = join(folder, file);
  const path = await fileIn(folder, file);
  return path === undefined ? fail(where, 'there is no such file') : openSafetensors(path, where);
}

/** What each file says it holds. Only headers are read, one file at a time. */
async function headers(folder: string, files: readonly string[]): Promise<ReadonlyMap<string, ShardTensor>> {
  const tensors = new Map<string, ShardTensor>();
  for (const file of files) {
    const shard = await openShard(folder, file);
    try {
      for (const [name, { dtype, shape }] of shard.entries) {
        const other = tensors.get(name);
        if (other !== undefined) fail(join(folder, file), `tensor ${show(name)} is in ${other.file} too`);
        tensors.set(name, { file, dtype, shape });
      }
    } finally {
      await shard.close();
    }
  }
  return tensors;
}

async function sharded(folder: string, name: string, path: string): Promise<ReadonlyMap<string, ShardTensor>> {
  const where = join(folder, name);
  const index = await readJsonObject(path, 'the index', maxIndex, where);
  const { weight_map: map } = index;
  if (!isObject(map) || Object.keys(map).length === 0)
    return fail(where, `weight_map is ${show(map)}, not an object that names tensors and their files`);
  for (const [tensor, file] of Object.entries(map))
    if (!isPlainFileName(file) || !file.endsWith('.safetensors'))
      fail(
        where,
        `tensor ${show(tensor)} is said to be in ${show(file)}, which is not the plain name of a .safetensors file`,
      );
  const files = [...new Set(Object.values(map) as string[])].toSorted((a, b) => (a < b ? -1 : 1));
  if (files.length > maxShards) fail(where, `the index names ${files.length} files, more than ${maxShards}`);
  // Names in the index that no file has (a tied tensor, say), and its total_size, are notes of the program that wrote it: what the model needs is looked for in the files.
  return headers(folder, files);
}

/**
 * Finds a checkpoint's tensors: everything that the files hold which its index names. No tensor may be in two of them. Whether all that the model needs is there is
 * checked against its config.
 * @param file the one to read, where it is not `model.safetensors` or, without that, `model.safetensors.index.json`
 * @throws FileError
 */
export async function storedTensors(folder: string, file?: string): Promise<ReadonlyMap<string, ShardTensor>> {
  for (const name of file === undefined ? [single, indexName] : [file]) {
    const path = await fileIn(folder, name);
    if (path === undefined) continue;
    return name.endsWith('.json') ? sharded(folder, name, path) : headers(folder, [name]);
  }
  return fail(
    folder,
    `the folder holds no weights: neither ${single} nor ${indexName}`,
    'save the model with safe_serialization, or convert its weights to safetensors',
  );
}
