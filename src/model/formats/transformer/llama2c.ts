/** Checkpoints of llama2.c, as `load` takes them. */
import { join } from 'node:path';
import { fileIn } from '../../../io/folder.js';
import { modelFormat } from '../format.js';
import { foreignFile, kindOf } from '../place.js';
import { llama2cShape, type Llama2cOptions } from './file/options.js';

/** As llama2.c calls its tokenizers: tokenizer.bin, and tok512.bin of those that it has trained. */
const isTokenizer = (name: string): boolean => /^tok(enizer|\d+)\.bin$/.test(name);

/** .bin files of a folder that are none of another program, a tokenizer, or data of another model. */
async function checkpointsIn(folder: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  let refused: unknown;
  for (const name of names) {
    if (!name.endsWith('.bin') || isTokenizer(name)) continue;
    // opened only if it lies in the folder
    const path = await fileIn(folder, name).catch((cause: unknown) => void (refused ??= cause));
    if (path === undefined || kindOf(path) !== 'file') continue;
    if ((await foreignFile(path)) === undefined) found.push(join(folder, name));
  }
  if (found.length === 0 && refused !== undefined) throw refused as Error;
  return found;
}

export const llama2c = modelFormat<'llama2c', Llama2cOptions>({
  id: 'llama2c',
  description: 'llama2.c, legacy export',
  takes: 'a llama2.c .bin file',
  files: '`.bin`, with `tokenizer.bin` beside it',
  needs: [],
  options: llama2cShape,
  recognises: async ({ path, file, names }) =>
    names !== undefined ? checkpointsIn(path, names) : file.endsWith('.bin') ? [path] : [],
  load: async (path, options) => (await import('./file/llama2c.js')).loadLlama2c(path, options),
});
