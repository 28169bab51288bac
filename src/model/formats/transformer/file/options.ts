/** What may be said about a transformer's files beyond themselves. */
import * as z from 'zod';
import type { ShapeOf } from '../../../../options.js';
import {
  common,
  computed,
  language,
  tokenized,
  type CommonLoadOptions,
  type ComputedOptions,
  type LanguageOptions,
  type TokenizedOptions,
} from '../../options.js';
import type { TransformerConfigInput } from '../graph/config.js';

export interface TransformerLensOptions extends CommonLoadOptions, ComputedOptions {
  /**
   * the path of a config, or the config itself, in TransformerLens's words.
   * @defaultValue the weights' path with .json, else config.json beside it
   */
  readonly config?: string | TransformerConfigInput | undefined;
}

export const transformerLensShape = {
  ...common,
  ...computed,
  config: z
    .custom<string | TransformerConfigInput>(
      (given) => (typeof given === 'string' && given !== '') || (typeof given === 'object' && given !== null),
      'config must be the path of a config, or the config itself',
    )
    .optional(),
} satisfies ShapeOf<TransformerLensOptions>;

export interface HuggingFaceOptions extends CommonLoadOptions, ComputedOptions, LanguageOptions, TokenizedOptions {
  /** keys of config.json that are not known here and that you know not to change what the model computes */
  readonly passOver?: readonly string[] | undefined;
}

export const huggingFaceShape = {
  ...common,
  ...computed,
  ...language,
  ...tokenized,
  passOver: z.array(z.string(), { error: 'passOver must be a list of keys of config.json' }).readonly().optional(),
} satisfies ShapeOf<HuggingFaceOptions>;

export interface Llama2cOptions extends CommonLoadOptions, ComputedOptions, LanguageOptions, TokenizedOptions {}

export const llama2cShape = { ...common, ...computed, ...language, ...tokenized } satisfies ShapeOf<Llama2cOptions>;
