/** A transformer from safetensors and a config in TransformerLens's words. */
import { basename, dirname, extname, join } from 'node:path';
import { FileError } from '../../../../errors.js';
import { checkKeys } from '../../../../options.js';
import type { Backend } from '../../../../tensor/backend.js';
import type { BackendName } from '../../../../tensor/backend-names.js';
import { fileBelow } from '../../../../io/folder.js';
import { readJsonObject } from '../../../../io/json.js';
import { readSafetensors } from '../../../../io/safetensors.js';
import type { TransformerConfigInput } from '../graph/config.js';
import { transformer, type Transformer } from '../run/transformer.js';

export interface TransformerLensOptions {
  /** a path, or the config itself; default: the weights' path with .json, else config.json beside it */
  readonly config?: string | TransformerConfigInput | undefined;
  /** for reports; default: the file's base name without extension */
  readonly name?: string | undefined;
  readonly backend?: BackendName | Backend | undefined;
  /** rows of a batch that are computed at once. @defaultValue 256 */
  readonly batchSize?: number | undefined;
  /** weights larger than this are refused before they are read; default 2 GiB - 1 */
  readonly maxBytes?: number | undefined;
}

const maxConfig = 1_000_000;

/** Where the config of a weights file is looked for, in order. */
export const configPaths = (path: string): readonly string[] => [
  `${path.slice(0, path.length - extname(path).length)}.json`,
  join(dirname(path), 'config.json'),
];

/** The config of a weights file, read. @throws FileError where there is none, or a link to one outside the folder */
async function configBeside(path: string): Promise<object> {
  const candidates = configPaths(path);
  for (const candidate of candidates) {
    const real = await fileBelow(dirname(candidate), basename(candidate));
    if (real !== undefined) return readJsonObject(real, 'the config', maxConfig, candidate);
  }
  throw new FileError({
    what: `there is no config: neither ${candidates.join(' nor ')} exists`,
    where: path,
    hint: 'put it there, or give it as the option config',
  });
}

/**
 * Loads a transformer whose tensors have TransformerLens's names and shapes. Nothing in the files is executed.
 * @throws FileError where a file is missing, damaged or hostile
 * @throws ModelError where the config is wrong, not supported, or contradicts the weights
 * @throws OptionError, BackendError
 */
export async function loadTransformerLens(path: string, options: TransformerLensOptions = {}): Promise<Transformer> {
  checkKeys(options, ['config', 'name', 'backend', 'batchSize', 'maxBytes'], 'load options');
  const { name = basename(path, extname(path)), backend, batchSize, maxBytes } = options;
  const { tensors } = await readSafetensors(path, maxBytes === undefined ? {} : { maxBytes });
  const given = options.config;
  const config =
    typeof given === 'object'
      ? given
      : given === undefined
        ? await configBeside(path)
        : await readJsonObject(given, 'the config', maxConfig);
  return transformer(config as TransformerConfigInput, tensors, { name, backend, batchSize, where: path, copy: false });
}
