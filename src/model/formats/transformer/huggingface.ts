/** Hugging Face checkpoints, as `load` takes them. */
import { dirname, join } from 'node:path';
import { fileIn } from '../../../io/folder.js';
import { readJsonObject } from '../../../io/json.js';
import { modelFormat } from '../format.js';
import { kindOf } from '../place.js';
import { configPaths, maxConfig } from './file/config-paths.js';
import { isHuggingFaceConfig } from './file/hf/config.js';
import { huggingFaceShape, type HuggingFaceOptions } from './file/options.js';

/** A config.json of Hugging Face says what the architecture is; TransformerLens's has none of these keys. A link out of the folder is refused, not read. */
async function holdsConfig(folder: string): Promise<boolean> {
  const where = join(folder, 'config.json');
  if (kindOf(where) !== 'file') return false;
  const path = await fileIn(folder, 'config.json');
  return path !== undefined && isHuggingFaceConfig(await readJsonObject(path, 'the config', maxConfig, where));
}

export const huggingFace = modelFormat<'huggingface', HuggingFaceOptions>({
  id: 'huggingface',
  description: 'Hugging Face checkpoint: GPT-2, GPT-NeoX (Pythia), Llama, Qwen2, Mistral',
  takes: 'a folder of a Hugging Face checkpoint (config.json, model.safetensors)',
  files: 'the folder with `config.json` and `model.safetensors` (or shards and their index)',
  needs: [],
  options: huggingFaceShape,
  async recognises({ path, file, names }) {
    if (names !== undefined) return names.includes('config.json') && (await holdsConfig(path)) ? [path] : [];
    if (file.endsWith('.index.json')) return [path];
    if (file === 'config.json') return (await holdsConfig(dirname(path))) ? [dirname(path)] : [];
    if (!file.endsWith('.safetensors')) return [];
    // a config of its own name is TransformerLens's; config.json may be either's
    const [own] = configPaths(path);
    return kindOf(own) === undefined && (await holdsConfig(dirname(path))) ? [path] : [];
  },
  load: async (path, options) => (await import('./file/hf/load.js')).loadHuggingFace(path, options),
});
