/** From files to a model: which kind they are, and who reads it. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileError, OptionError } from '../errors.js';
import { openRegular, readAt } from '../io/files.js';
import { fileBelow, fileIn } from '../io/folder.js';
import { foreign, foreignBytes, type Foreign } from '../io/foreign.js';
import { readJsonObject } from '../io/json.js';
import { isModel, towardsModel } from './is-model.js';
import type { Model } from './model.js';
import type { OnnxOptions } from './formats/onnx/file/options.js';
import type { LoadTfjsOptions } from './formats/tfjs/file/load.js';
import { isHuggingFaceConfig } from './formats/transformer/file/hf/config.js';
import type { HuggingFaceOptions } from './formats/transformer/file/hf/load.js';
import type { Llama2cOptions } from './formats/transformer/file/llama2c.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { configPaths, loadTransformerLens, type TransformerLensOptions } from './formats/transformer/file/load.js';

/** What the loader of the kind at hand takes: an option of another kind is an OptionError. */
export type LoadOptions = Merged<
  TransformerLensOptions | HuggingFaceOptions | Llama2cOptions | OnnxOptions | LoadTfjsOptions
>;

type Keys<T> = T extends unknown ? keyof T : never;
type ValueAt<T, K extends PropertyKey> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;
/** Every key of any of them, with what any of them takes there. */
type Merged<T> = { readonly [K in Keys<T>]?: ValueAt<T, K> };

/** Kinds of file, as `load` tells them apart. */
export type FileKind = 'transformerlens' | 'huggingface' | 'llama2c' | 'onnx' | 'tfjs';

export interface Recognised {
  readonly kind: FileKind;
  /** what its loader is given: a file, or the folder of a Hugging Face checkpoint */
  readonly path: string;
}

const known =
  'load takes a .safetensors file with a TransformerLens config, a folder of a Hugging Face checkpoint (config.json, model.safetensors), an .onnx file, a tfjs model.json, or a llama2.c .bin file, and folders that hold one of these';

const fail = (what: string, where: string, cause?: unknown): never => {
  throw new FileError({ what, where, hint: known, cause });
};

const maxConfig = 1_000_000;

async function sizeOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const found = await stat(path);
    return found.isDirectory() ? 'folder' : 'file';
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? undefined
      : fail(`the path cannot be looked at (${code})`, path, cause);
  }
}

/** A config.json of Hugging Face says what the architecture is; TransformerLens's has none of these keys. A link out of the folder is refused, not read. */
async function holdsHuggingFaceConfig(folder: string): Promise<boolean> {
  const where = join(folder, 'config.json');
  if ((await sizeOf(where)) !== 'file') return false;
  const path = await fileIn(folder, 'config.json');
  return path !== undefined && isHuggingFaceConfig(await readJsonObject(path, 'the config', maxConfig, where));
}

/** What a file is that is none of ours, by how it begins. */
async function foreignFile(path: string): Promise<Foreign | undefined> {
  const file = await openRegular(path, path);
  try {
    const start = new Uint8Array(Math.min((await file.stat()).size, foreignBytes));
    await readAt(file, start, 0, path);
    return foreign(start);
  } finally {
    await file.close();
  }
}

/** Checkpoints of llama2.c in a folder: .bin files that are none of another program, a tokenizer, or data of another model. */
async function llama2cFiles(folder: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  let refused: unknown;
  for (const name of names) {
    // tok512.bin: as llama2.c calls the tokenizers it has trained
    if (!name.endsWith('.bin') || /^tok(enizer|\d+)\.bin$/.test(name)) continue;
    // opened only where it lies in the folder
    const path = await fileIn(folder, name).catch((cause: unknown) => void (refused ??= cause));
    if (path === undefined || (await sizeOf(path)) !== 'file') continue;
    if ((await foreignFile(path)) === undefined) found.push(name);
  }
  if (found.length === 0 && refused !== undefined) throw refused as Error;
  return found;
}

/** A folder was named, and not what its links lead to: every file found in it is looked at first. */
async function recogniseFolder(folder: string): Promise<Recognised> {
  const names = new Set(
    await readdir(folder).catch((cause: unknown) =>
      fail(`the folder cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, folder, cause),
    ),
  );
  if (names.has('config.json') && (await holdsHuggingFaceConfig(folder))) return { kind: 'huggingface', path: folder };
  if (names.has('model.json')) {
    await fileBelow(folder, 'model.json');
    return { kind: 'tfjs', path: join(folder, 'model.json') };
  }
  for (const [ending, kind] of [
    ['.onnx', 'onnx'],
    ['.safetensors', 'transformerlens'],
  ] as const) {
    const fitting = [...names].filter((name) => name.endsWith(ending));
    if (fitting.length === 1) {
      await fileBelow(folder, fitting[0]!);
      return { kind, path: join(folder, fitting[0]!) };
    }
    if (fitting.length > 1)
      return fail(
        `the folder holds ${fitting.length} ${ending} files: ${fitting.toSorted().slice(0, 5).join(', ')}`,
        folder,
      );
  }
  const checkpoints = await llama2cFiles(folder, [...names].toSorted());
  if (checkpoints.length === 1) return { kind: 'llama2c', path: join(folder, checkpoints[0]!) };
  if (checkpoints.length > 1)
    return fail(
      `the folder holds ${checkpoints.length} .bin files that may be checkpoints of llama2.c: ${checkpoints.slice(0, 5).join(', ')}`,
      folder,
    );
  return fail('no model was found in the folder', folder);
}

/**
 * What kind of model lies at a path.
 * @throws FileError where there is nothing, or nothing that is known
 */
export async function recognise(path: string): Promise<Recognised> {
  const found = await sizeOf(path);
  if (found === undefined) return fail('there is no such file or folder', path);
  if (found === 'folder') return recogniseFolder(path);
  const name = basename(path);
  if (name.endsWith('.onnx')) return { kind: 'onnx', path };
  if (name.endsWith('.bin')) return { kind: 'llama2c', path };
  if (name.endsWith('.index.json')) return { kind: 'huggingface', path };
  if (name.endsWith('.safetensors')) {
    // a config of its own name is TransformerLens's; config.json may be either's
    const [own, shared] = configPaths(path) as [string, string];
    if ((await sizeOf(own)) === undefined && (await holdsHuggingFaceConfig(dirname(shared))))
      return { kind: 'huggingface', path };
    return { kind: 'transformerlens', path };
  }
  if (name.endsWith('.json')) {
    if (name === 'config.json' && (await holdsHuggingFaceConfig(dirname(path))))
      return { kind: 'huggingface', path: dirname(path) };
    return { kind: 'tfjs', path };
  }
  const other = await foreignFile(path);
  if (other !== undefined) throw new FileError({ ...other, where: path });
  return fail(`${name} has none of the endings of a model's files`, path);
}

/** A tokenizer that is named by its path, read: graphs come without one of their own. Keys that a kind does not take are left for its loader to refuse. */
async function withTokenizer<O extends { readonly tokenizer?: Tokenizer | undefined }>(
  options: LoadOptions,
): Promise<O> {
  const { tokenizer, ...rest } = options;
  if (tokenizer === undefined || tokenizer === false) return rest as O;
  return {
    ...rest,
    tokenizer:
      typeof tokenizer === 'string'
        ? await (await import('../tokenizers/hf-tokenizer.js')).hfTokenizer(tokenizer)
        : tokenizer,
  } as unknown as O;
}

/**
 * Loads a model. Nothing in its files is executed, nothing outside its folder is read.
 *
 * What each kind's own loader takes beyond `name`, `batchSize` and `maxBytes` is documented there.
 * @param path a file or a folder; see docs/models.md for the kinds
 * @throws FileError where a file is missing, damaged or hostile
 * @throws ModelError where the model is of no known kind, or what it holds contradicts itself or is not supported
 * @throws BackendError where a package that the kind needs is not installed
 * @throws OptionError
 */
export async function load(path: string, options: LoadOptions = {}): Promise<Model> {
  if (typeof path !== 'string' || path === '')
    throw new OptionError({
      what: `the path of a model is ${typeof path === 'string' ? 'empty' : `no text but ${isModel(path) ? 'a model' : typeof path}`}`,
      where: 'load',
      hint: isModel(path)
        ? 'use the model: it is loaded already'
        : typeof path === 'object' && path !== null
          ? `give the path of a file or a folder; or ${towardsModel(path)}`
          : 'give the path of a file or a folder',
    });
  // a config that is given settles it
  const { kind, path: at } =
    options.config === undefined ? await recognise(path) : ({ kind: 'transformerlens', path } as const);
  switch (kind) {
    case 'transformerlens':
      return loadTransformerLens(at, options);
    case 'huggingface':
      return (await import('./formats/transformer/file/hf/load.js')).loadHuggingFace(at, options);
    case 'llama2c':
      return (await import('./formats/transformer/file/llama2c.js')).loadLlama2c(at, options);
    case 'onnx':
      return (await import('./formats/onnx/file/load.js')).loadOnnx(at, await withTokenizer(options));
    case 'tfjs':
      return (await import('./formats/tfjs/file/load.js')).loadTfjs(at, await withTokenizer(options));
  }
}
