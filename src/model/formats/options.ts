/** Options that several formats take. */
import * as z from 'zod';
import type { Backend } from '../../tensor/backend.js';
import { backendNames, type BackendName } from '../../tensor/backend-names.js';
import type { ShapeOf } from '../../options.js';
import { tokenizerOption, type TokenizerOption } from '../../tokenizers/tokenizer.js';
import type { PartOptions } from '../component-families.js';
import type { ModelInput } from '../input.js';

const text = z.string().min(1);

/** Names of axes, without the batch axis. */
export const axes = z.array(text).readonly();

const isBackend = (given: unknown): boolean =>
  (backendNames as readonly unknown[]).includes(given) ||
  typeof (given as Partial<Backend> | null)?.within === 'function';

/** Of every format. */
export interface CommonLoadOptions {
  /** for reports. @defaultValue from the path */
  readonly name?: string | undefined;
  /** rows computed at once: bounds memory, changes no meaning. @defaultValue 256; of ONNX what fits into 256 MiB */
  readonly batchSize?: number | undefined;
  /** weights larger than this are refused before they are read. @defaultValue 2 GiB - 1; of `huggingface` and `llama2c` 4 GiB */
  readonly maxBytes?: number | undefined;
}

export const common = {
  name: text.optional(),
  batchSize: z
    .int({ error: 'batchSize must be a positive integer' })
    .positive({ error: 'batchSize must be a positive integer' })
    .optional(),
  maxBytes: z
    .custom<number>((given) => typeof given === 'number' && given > 0, 'maxBytes must be a positive number of bytes')
    .optional(),
} satisfies ShapeOf<CommonLoadOptions>;

/** Of formats that tfjs computes. */
export interface ComputedOptions {
  /** what computes the model. @defaultValue `CONGRUITY_BACKEND`, else the first that works */
  readonly backend?: BackendName | Backend | undefined;
}

export const computed = {
  backend: z
    .custom<BackendName | Backend>(isBackend, {
      error: ({ input }) =>
        `backend must be a Backend, or one of ${backendNames.join(', ')}${typeof input === 'string' ? `, not ${JSON.stringify(input)}` : ''}`,
    })
    .optional(),
} satisfies ShapeOf<ComputedOptions>;

/** Of language models. */
export interface LanguageOptions {
  /** the longest input, if it is to be less than the model's own: tables of positions take memory. @defaultValue the model's own */
  readonly contextLength?: number | undefined;
}

export const language = {
  contextLength: z
    .int({ error: 'contextLength must be a positive integer' })
    .positive({ error: 'contextLength must be a positive integer' })
    .optional(),
} satisfies ShapeOf<LanguageOptions>;

export interface TokenizedOptions {
  /** a tokenizer, the path of one, or false for none. @defaultValue of `huggingface` and `llama2c` the one beside the model, if there is one */
  readonly tokenizer?: TokenizerOption;
}

export const tokenized = { tokenizer: tokenizerOption.optional() } satisfies ShapeOf<TokenizedOptions>;

/** Of graphs, which do not say what their parts are. */
export interface GraphOptions {
  /** the site that is the answer. @defaultValue the output; of ONNX the first that holds floats */
  readonly output?: string | undefined;
  /** what a search for components ranges over. @defaultValue channels, units and layers */
  readonly parts?: readonly PartOptions[] | undefined;
  /** names of sites. @defaultValue layers with weights, after their activation */
  readonly representation?: readonly string[] | undefined;
  /** an input that the model runs on, if it does not run on those that are made up to learn its shapes */
  readonly example?: ModelInput | undefined;
}

export const graph = {
  output: text.optional(),
  parts: z
    .array(
      z.strictObject({
        kind: text,
        site: text,
        axis: text.optional(),
        name: text.optional(),
        count: z.int().positive().optional(),
      } satisfies ShapeOf<PartOptions>),
    )
    .readonly()
    .optional(),
  representation: z.array(text).min(1).readonly().optional(),
  example: z
    .custom<ModelInput>(
      (value) => typeof value === 'object' && value !== null,
      'an example is an input: token ids or tensors',
    )
    .optional(),
} satisfies ShapeOf<GraphOptions>;
