/** Hugging Face checkpoints: a folder with config.json and model.safetensors. */
import { basename, dirname, resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import { FileError } from '../../../../../errors.js';
import * as z from 'zod';
import { checkOptions } from '../../../../../options.js';
import { hfTokenizer } from '../../../../../tokenizers/hf-tokenizer.js';
import { readJsonObject } from '../../../../../io/json.js';
import type { Tokenizer } from '../../../../../tokenizers/tokenizer.js';
import { parseConfig } from '../../graph/config.js';
import { transformer, type Transformer } from '../../run/model.js';
import { huggingFaceConfig } from './config.js';
import { checkFolder, fileIn } from '../../../../../io/folder.js';
import { readWeights } from './weights.js';
import { maxConfig } from '../config-paths.js';
import { huggingFaceShape, type HuggingFaceOptions } from '../options.js';

const schema = z.strictObject(huggingFaceShape);

/** The folder, and the file in it where one was named. */
async function split(path: string): Promise<{ readonly folder: string; readonly file?: string }> {
  let isFile = false;
  try {
    isFile = (await stat(path)).isFile();
  } catch {
    // what is wrong with it is said by those who open it
  }
  if (!isFile) return { folder: path };
  const file = basename(path);
  return file.endsWith('.safetensors') || file.endsWith('.safetensors.index.json')
    ? { folder: dirname(path), file }
    : { folder: dirname(path) };
}

const readConfig = async (folder: string) => {
  const where = resolve(folder, 'config.json');
  const path = await fileIn(folder, 'config.json');
  if (path === undefined)
    throw new FileError({
      what: 'the folder holds no config.json',
      where: folder,
      hint: 'give the folder of a Hugging Face checkpoint',
    });
  return readJsonObject(path, 'the config', maxConfig, where);
};

async function tokenizerFor(folder: string, given: HuggingFaceOptions['tokenizer']): Promise<Tokenizer | undefined> {
  if (given === false) return undefined;
  if (typeof given === 'object') return given;
  if (given !== undefined) return hfTokenizer(given);
  return (await fileIn(folder, 'tokenizer.json')) === undefined ? undefined : hfTokenizer(folder);
}

/**
 * Loads a Hugging Face checkpoint of GPT-2, GPT-NeoX (Pythia) or the Llama family (Llama; Mistral and Qwen2 without sliding windows), stored as float32,
 * float16 or bfloat16, with TransformerLens's site names and no folding of any weights. Nothing in the files is executed, nothing outside the folder is read.
 * @param path the folder; or one of its .safetensors or index files, where it has several
 * @throws FileError where a file is missing, damaged, hostile or too large
 * @throws ModelError where config.json says something that is not supported, or contradicts the weights
 * @throws OptionError, BackendError
 */
export async function loadHuggingFace(path: string, options: HuggingFaceOptions = {}): Promise<Transformer> {
  checkOptions(schema, options, 'load options');
  const { folder, file } = await split(path);
  await checkFolder(folder);
  const { name = basename(resolve(folder)), backend, batchSize, maxBytes = 2 ** 32 } = options;
  const parsed = huggingFaceConfig(await readConfig(folder), options, resolve(folder, 'config.json'));
  // sizes are checked before they are used
  parseConfig(parsed.config, resolve(folder, 'config.json'));
  const tokenizer = await tokenizerFor(folder, options.tokenizer);
  const weights = await readWeights(folder, parsed, maxBytes, file);
  return transformer(parsed.config, weights, { name, backend, batchSize, where: folder, tokenizer, copy: false });
}
