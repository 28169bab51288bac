/** What may be said about a transformer's files beyond themselves. */
import { z } from 'zod';
import { common, computed, language, tokenized, type OptionsOf } from '../../options.js';
import type { TransformerConfigInput } from '../graph/config.js';

export const transformerLensShape = {
  ...common,
  ...computed,
  config: z
    .custom<string | TransformerConfigInput>(
      (given) => (typeof given === 'string' && given !== '') || (typeof given === 'object' && given !== null),
      'config must be the path of a config, or the config itself',
    )
    .optional()
    .describe(
      'the path of a config, or the config itself, in TransformerLens’s words. Default: the weights’ path with .json, else config.json beside it',
    ),
};
export type TransformerLensOptions = OptionsOf<typeof transformerLensShape>;

export const huggingFaceShape = {
  ...common,
  ...computed,
  ...language,
  ...tokenized,
  passOver: z
    .array(z.string(), { error: 'passOver must be a list of keys of config.json' })
    .readonly()
    .optional()
    .describe('keys of config.json that are not known here and that you know not to change what the model computes'),
};
export type HuggingFaceOptions = OptionsOf<typeof huggingFaceShape>;

export const llama2cShape = { ...common, ...computed, ...language, ...tokenized };
export type Llama2cOptions = OptionsOf<typeof llama2cShape>;
