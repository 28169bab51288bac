/** Transformers in TransformerLens's names, as `load` takes them. */
import { modelFormat } from '../format.js';
import { endingIn } from '../place.js';
import { transformerLensShape, type TransformerLensOptions } from './file/options.js';

export const transformerLens = modelFormat<'transformerlens', TransformerLensOptions>({
  id: 'transformerlens',
  description: 'transformer in TransformerLens’s names',
  takes: 'a .safetensors file with a TransformerLens config',
  files: '`.safetensors`, with `.json` or `config.json` beside it, or the option `config`',
  needs: [],
  options: transformerLensShape,
  settledBy: 'config',
  recognises: (place) => endingIn('.safetensors', place),
  load: async (path, options) => (await import('./file/load.js')).loadTransformerLens(path, options),
});
