/** The weights of a tfjs model in files: the manifest in model.json and its shards, read as if written by an enemy. */
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { FileError } from '../../../../errors.js';
import { readLimited } from '../../../../io/files.js';
import { fileBelow } from '../../../../io/folder.js';
import { isObject } from '../../../../io/json.js';
import { halfOf } from '../../../../io/half.js';
import { entriesOf } from '../../../../shape.js';

/** Row-major values of one weight. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** What a weight takes in its shard, by the type in which it is stored. */
const widths: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };

interface Entry extends Pick<Weight, 'name' | 'shape' | 'dtype'> {
  readonly stored: string;
  readonly scale: number;
  readonly min: number;
  readonly count: number;
}

/** How many bytes the decoded weights may take, for each of the shards' own that are allowed: eight-bit weights take four. As for safetensors. */
const widening = 2;
/** More than any model has, and little enough to be named and held one by one. */
const maxWeights = 50_000;
const maxShards = 10_000;

interface Group {
  readonly paths: readonly string[];
  readonly entries: readonly Entry[];
  readonly bytes: number;
}

function fail(
  where: string,
  what: string,
  hint = 'the model is damaged or was not made by tfjs: save or convert it anew',
  cause?: unknown,
): never {
  throw new FileError({ what, where, hint, cause });
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
};

/** @throws FileError for a path that could leave the model's folder */
function checkPath(path: unknown, where: string): string {
  if (typeof path !== 'string' || path === '') fail(where, `a shard's path is ${show(path)}`);
  const hint = "a model's shards lie in its own folder: name them by relative paths without '..'";
  if (/^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith('//'))
    fail(where, `the shard ${show(path)} is a URL or names a drive`, hint);
  if (isAbsolute(path) || path.includes('\\') || path.includes('\0') || path.split('/').includes('..'))
    fail(where, `the shard ${show(path)} may lie outside the model's folder`, hint);
  // a/./b is a/b
  return normalize(path);
}

function checkEntry(value: unknown, where: string): Entry {
  if (!isObject(value) || typeof value.name !== 'string' || value.name === '')
    fail(where, `a weight is described by ${show(value)}`);
  const { name, shape, dtype, quantization } = value as { name: string } & Readonly<Record<string, unknown>>;
  const weight = `the weight ${show(name)}`;
  if (!Array.isArray(shape) || shape.length > 32 || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    fail(where, `${weight} has shape ${show(shape)}`);
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    fail(where, `${weight} is of type ${show(dtype)}`, 'weights of type float32, int32 and bool are read');
  const count = entriesOf(shape as number[]);
  if (!Number.isSafeInteger(count * 4))
    fail(where, `${weight} has shape ${show(shape)}: more values than can be counted`);
  let stored: string = dtype;
  let [scale, min] = [1, 0];
  if (quantization !== undefined && quantization !== null) {
    if (!isObject(quantization)) fail(where, `${weight} has quantization ${show(quantization)}`);
    stored = String(quantization.dtype);
    if (stored !== 'uint8' && stored !== 'uint16' && stored !== 'float16')
      fail(where, `${weight} is quantised as ${show(quantization.dtype)}`, 'uint8, uint16 and float16 are read');
    if (dtype === 'bool' || (stored === 'float16' && dtype !== 'float32'))
      fail(where, `${weight} of type ${dtype} is quantised as ${stored}`);
    if (stored !== 'float16') {
      [scale, min] = [quantization.scale, quantization.min] as [number, number];
      if (!Number.isFinite(scale) || !Number.isFinite(min))
        fail(where, `${weight} is quantised with scale ${show(quantization.scale)} and min ${show(quantization.min)}`);
    }
  }
  return { name, shape: shape as number[], dtype, stored, scale, min, count };
}

/** @throws FileError */
function checkManifest(manifest: unknown, where: string): Group[] {
  if (!Array.isArray(manifest)) fail(where, `weightsManifest is ${show(manifest)}, not a list`);
  const names = new Set<string>();
  const shards = new Set<string>();
  return manifest.map((group: unknown): Group => {
    if (!isObject(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights))
      fail(where, `a group of weights is ${show(group)}`);
    if (names.size + group.weights.length > maxWeights)
      fail(where, `the manifest names more than ${maxWeights} weights`, 'the model is damaged or hostile');
    if (shards.size + group.paths.length > maxShards)
      fail(where, `the manifest names more than ${maxShards} shards`, 'save or convert the model with larger shards');
    const paths = (group.paths as unknown[]).map((path) => checkPath(path, where));
    for (const path of paths) {
      if (shards.has(path)) fail(where, `the shard ${show(path)} is there twice`);
      shards.add(path);
    }
    const entries = (group.weights as unknown[]).map((entry) => checkEntry(entry, where));
    for (const { name } of entries) {
      if (names.has(name)) fail(where, `the weight ${show(name)} is there twice`);
      names.add(name);
    }
    return { paths, entries, bytes: entries.reduce((sum, { stored, count }) => sum + widths[stored]! * count, 0) };
  });
}

const { round } = Math;

/** As tfjs decodes it: value x scale + min, rounded for integers. */
function decode({ name, shape, dtype, stored, scale, min, count }: Entry, view: DataView, where: string): Weight {
  const width = widths[stored]!;
  const read: (at: number) => number = {
    float32: (at: number) => view.getFloat32(at, true),
    int32: (at: number) => view.getInt32(at, true),
    bool: (at: number) => view.getUint8(at),
    uint8: (at: number) => view.getUint8(at) * scale + min,
    uint16: (at: number) => view.getUint16(at, true) * scale + min,
    float16: (at: number) => halfOf(view.getUint16(at, true)),
  }[stored]!;
  const data =
    dtype === 'float32' ? new Float32Array(count) : dtype === 'int32' ? new Int32Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = read(i * width);
    data[i] = dtype === 'int32' && stored !== 'int32' ? round(value) : value;
    if (dtype === 'bool' && value > 1) fail(where, `the weight ${show(name)} of type bool holds the byte ${value}`);
    if (dtype === 'float32' && !Number.isFinite(data[i]))
      fail(
        where,
        `the weight ${show(name)} holds ${String(data[i])} at ${i}`,
        'a model with such weights computes nothing: look at how it was trained or converted',
      );
  }
  return { name, shape, dtype, data };
}

/**
 * Reads the weights that a manifest names.
 * @param path of model.json
 * @param maxBytes of all shards together; decoded, the weights may take twice that
 * @throws FileError
 */
export async function readWeights(path: string, manifest: unknown, maxBytes: number): Promise<Map<string, Weight>> {
  const groups = checkManifest(manifest, path);
  const within = (what: string, bytes: number, most: number): void => {
    if (bytes > most)
      fail(
        path,
        `the weights take ${bytes} bytes${what}, more than the ${most} that are allowed`,
        'if the file is to be trusted, raise maxBytes',
      );
  };
  within(
    '',
    groups.reduce((sum, { bytes }) => sum + bytes, 0),
    maxBytes,
  );
  within(
    ' decoded',
    groups.reduce(
      (sum, { entries }) => sum + entries.reduce((own, { dtype, count }) => own + widths[dtype]! * count, 0),
      0,
    ),
    widening * maxBytes,
  );
  const folder = dirname(path);
  const weights = new Map<string, Weight>();
  for (const { paths, entries, bytes } of groups) {
    const parts: Uint8Array[] = [];
    let read = 0;
    for (const shard of paths) {
      const where = join(folder, shard);
      const real = await fileBelow(folder, shard);
      if (real === undefined) fail(where, 'the shard cannot be found', 'keep model.json and its shards together');
      const part = await readLimited(
        real,
        where,
        bytes - read,
        `the manifest names ${bytes} bytes of weights for ${paths.length === 1 ? 'this shard' : `these ${paths.length} shards`}: save or convert the model anew`,
      );
      read += part.length;
      parts.push(part);
    }
    if (read !== bytes) fail(path, `the shards ${show(paths)} hold ${read} bytes, the manifest says ${bytes}`);
    let whole = parts[0] ?? new Uint8Array(0);
    if (parts.length > 1) {
      // what was promised is allocated only where it is there
      whole = new Uint8Array(bytes);
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      parts.length = 0;
    }
    let from = whole.byteOffset;
    for (const entry of entries) {
      const size = widths[entry.stored]! * entry.count;
      weights.set(entry.name, decode(entry, new DataView(whole.buffer, from, size), path));
      from += size;
    }
  }
  return weights;
}
