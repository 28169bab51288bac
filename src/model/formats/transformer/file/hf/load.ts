/** Hugging Face checkpoints: a folder with config.json and model.safetensors. */
import { basename, dirname, resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import { FileError, OptionError } from '../../../../../errors.js';
import { checkKeys } from '../../../../../options.js';
import type { Backend } from '../../../../../tensor/backend.js';
import type { BackendName } from '../../../../../tensor/backend-names.js';
import { hfTokenizer } from '../../../../../tokenizers/hf-tokenizer.js';
import { readJsonObject } from '../../../../../io/json.js';
import { checkTokenizerOption, type Tokenizer, type TokenizerOption } from '../../../../../tokenizers/tokenizer.js';
import { parseConfig } from '../../graph/config.js';
import { transformer, type Transformer } from '../../run/transformer.js';
import { huggingFaceConfig } from './config.js';
import { checkFolder, fileIn } from '../../../../../io/folder.js';
import { readWeights } from './weights.js';

export interface HuggingFaceOptions {
  /** for reports; default: the folder's name */
  readonly name?: string | undefined;
  readonly backend?: BackendName | Backend | undefined;
  /** rows of a batch that are computed at once. @defaultValue 256 */
  readonly batchSize?: number | undefined;
  /** weights that take more than this as float32 are refused before they are read; default 4 GiB */
  readonly maxBytes?: number | undefined;
  /** the longest input, where it is to be less than the model's own: tables of positions take memory */
  readonly contextLength?: number | undefined;
  /** a tokenizer, a path for `hfTokenizer`, or false for none; default: what `tokenizer.json` in the folder says, where there is one */
  readonly tokenizer?: TokenizerOption;
  /** keys of config.json that are not known here and that you know not to change what the model computes */
  readonly passOver?: readonly string[] | undefined;
}

const maxConfig = 1_000_000;

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

function checkLoadOptions(options: HuggingFaceOptions): void {
  checkKeys(
    options,
    ['name', 'backend', 'batchSize', 'maxBytes', 'contextLength', 'tokenizer', 'passOver'],
    'load options',
  );
  const { contextLength, maxBytes, passOver, tokenizer } = options;
  const fail = (option: string, value: unknown, hint: string): never => {
    throw new OptionError({ what: `${option} is ${String(value)}`, where: 'load options', hint: hint });
  };
  if (contextLength !== undefined && (!Number.isInteger(contextLength) || contextLength < 1))
    fail('contextLength', contextLength, 'give a positive integer');
  if (maxBytes !== undefined && !(maxBytes > 0)) fail('maxBytes', maxBytes, 'give a positive number of bytes');
  if (passOver !== undefined && !(Array.isArray(passOver) && passOver.every((key) => typeof key === 'string')))
    fail('passOver', passOver, 'give a list of keys of config.json');
  checkTokenizerOption(tokenizer);
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
  checkLoadOptions(options);
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
