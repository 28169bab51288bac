/** A transformer from safetensors and a config in TransformerLens's words. */
import { basename, dirname, extname } from 'node:path';
import { FileError } from '../../../../errors.js';
import * as z from 'zod';
import { checkOptions } from '../../../../options.js';
import { fileBelow } from '../../../../io/folder.js';
import { readJsonObject } from '../../../../io/json.js';
import { readSafetensors } from '../../../../io/safetensors.js';
import type { TransformerConfigInput } from '../graph/config.js';
import { transformer, type Transformer } from '../run/model.js';
import { configPaths, maxConfig } from './config-paths.js';
import { transformerLensShape, type TransformerLensOptions } from './options.js';

const schema = z.strictObject(transformerLensShape);

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
  checkOptions(schema, options, 'load options');
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
