/** tfjs, as `load` takes it. */
import { join } from 'node:path';
import { fileBelow } from '../../../io/folder.js';
import { tokenizerFrom } from '../../../tokenizers/from-option.js';
import { modelFormat } from '../format.js';
import { tokenized, type TokenizedOptions } from '../options.js';
import { loadTfjsShape, type LoadTfjsOptions } from './file/options.js';

export const tfjs = modelFormat<'tfjs', Omit<LoadTfjsOptions, 'tokenizer'> & TokenizedOptions>({
  id: 'tfjs',
  description: 'tfjs LayersModel or GraphModel',
  takes: 'a tfjs model.json',
  files: '`model.json`, with its shards of weights beside it',
  needs: ['@tensorflow/tfjs-layers', '@tensorflow/tfjs-converter'],
  options: { ...loadTfjsShape, ...tokenized },
  async recognises({ path, file, names }) {
    if (names === undefined) return file.endsWith('.json') ? [path] : [];
    if (!names.includes('model.json')) return [];
    await fileBelow(path, 'model.json');
    return [join(path, 'model.json')];
  },
  load: async (path, { tokenizer, ...options }) =>
    (await import('./file/load.js')).loadTfjs(path, { ...options, tokenizer: await tokenizerFrom(tokenizer) }),
});
