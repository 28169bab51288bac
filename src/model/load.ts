/** From files to a model. */
import { access } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { FileError, OptionError } from '../errors.js';
import type { Backend, BackendName } from '../tensor/backend.js';
import type { TransformerConfigInput } from './config.js';
import { keyFault } from './json.js';
import { readLimited, readSafetensors } from './safetensors.js';
import { checkKeys, transformer, type Transformer } from './transformer.js';

export interface LoadOptions {
  /** a path, or the config itself; default: the weights' path with .json, else config.json beside it */
  readonly config?: string | TransformerConfigInput | undefined;
  /** for reports; default: the file's base name without extension */
  readonly name?: string | undefined;
  readonly backend?: BackendName | Backend | undefined;
  readonly batchSize?: number | undefined;
  /** weights larger than this are refused before they are read; default 2 GiB - 1 */
  readonly maxBytes?: number | undefined;
}

const maxConfig = 1_000_000;

async function readConfig(path: string): Promise<unknown> {
  const bytes = await readLimited(path, path, maxConfig);
  const fail = (what: string, cause?: unknown): never => {
    throw new FileError({ what, where: path, todo: 'the config is a JSON object in TransformerLens names', cause });
  };
  let text = '';
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    fail(`the config is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const bad = keyFault(text);
  if (bad) fail(bad.fault === 'repeated' ? `the config names ${JSON.stringify(bad.key)} twice` : `the config escapes characters of the key ${JSON.stringify(bad.key)}`);
  return value;
}

async function findConfig(path: string): Promise<string> {
  const candidates = [`${path.slice(0, path.length - extname(path).length)}.json`, join(dirname(path), 'config.json')];
  for (const candidate of candidates) {
    try {
      await access(candidate);
      return candidate;
    } catch {
      // the next one
    }
  }
  throw new FileError({ what: `there is no config: neither ${candidates.join(' nor ')} exists`, where: path, todo: 'put it there, or give it as the option config' });
}

/**
 * Loads a transformer from a safetensors file and its config. Nothing in either is executed.
 *
 * @throws FileError where a file is missing, damaged or hostile
 * @throws ModelError where the config is wrong, not supported, or contradicts the weights
 * @throws OptionError, BackendError
 */
export async function load(path: string, options: LoadOptions = {}): Promise<Transformer> {
  checkKeys(options, ['config', 'name', 'backend', 'batchSize', 'maxBytes'], 'load options');
  if (typeof path !== 'string' || path === '') throw new OptionError({ what: `the path of a model is ${JSON.stringify(path)}`, where: 'load', todo: 'give the path of a .safetensors file' });
  const { name = basename(path, extname(path)), backend, batchSize, maxBytes } = options;
  const { tensors } = await readSafetensors(path, maxBytes === undefined ? {} : { maxBytes });
  const config = typeof options.config === 'object' ? options.config : await readConfig(options.config ?? (await findConfig(path)));
  return transformer(config as TransformerConfigInput, tensors, { name, backend, batchSize, where: path });
}
