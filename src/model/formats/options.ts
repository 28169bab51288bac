/** Options that several formats take. What `describe` says of an option stands in docs/models.md. */
import { z } from 'zod';
import type { Backend } from '../../tensor/backend.js';
import { backendNames, type BackendName } from '../../tensor/backend-names.js';
import { tokenizerOption } from '../../tokenizers/tokenizer.js';
import type { ModelInput } from '../input.js';

/** Options by name: each may be left out. */
export type OptionShape = Readonly<Record<string, z.ZodOptional>>;
export type OptionsOf<Shape extends OptionShape> = { readonly [Key in keyof Shape]?: z.infer<Shape[Key]> };

const text = z.string().min(1);

/** Names of axes, without the batch axis. */
export const axes = z.array(text).readonly();

/** Components that a search ranges over: `PartOptions`. */
const parts = z
  .array(
    z.strictObject({
      kind: text,
      site: text,
      axis: text.optional(),
      name: text.optional(),
      count: z.int().positive().optional(),
    }),
  )
  .readonly();

const isBackend = (given: unknown): boolean =>
  (backendNames as readonly unknown[]).includes(given) ||
  typeof (given as Partial<Backend> | null)?.within === 'function';

/** Of every format. */
export const common = {
  name: text.optional().describe('for reports. Default: from the path'),
  batchSize: z
    .int({ error: 'batchSize must be a positive integer' })
    .positive({ error: 'batchSize must be a positive integer' })
    .optional()
    .describe('rows computed at once: bounds memory, changes no meaning. Default 256; of ONNX what fits into 256 MiB'),
  maxBytes: z
    .custom<number>((given) => typeof given === 'number' && given > 0, 'maxBytes must be a positive number of bytes')
    .optional()
    .describe(
      'weights larger than this are refused before they are read. Default 2 GiB - 1; of `huggingface` and `llama2c` 4 GiB',
    ),
};

/** Of formats that tfjs computes. */
export const computed = {
  backend: z
    .custom<BackendName | Backend>(isBackend, {
      error: ({ input }) =>
        `backend must be a Backend, or one of ${backendNames.join(', ')}${typeof input === 'string' ? `, not ${JSON.stringify(input)}` : ''}`,
    })
    .optional()
    .describe('what computes the model. Default: CONGRUITY_BACKEND, else the first that works'),
};

/** Of language models. */
export const language = {
  contextLength: z
    .int({ error: 'contextLength must be a positive integer' })
    .positive({ error: 'contextLength must be a positive integer' })
    .optional()
    .describe('the longest input, if it is to be less than the model’s own: tables of positions take memory'),
};

export const tokenized = {
  tokenizer: tokenizerOption
    .optional()
    .describe(
      'a tokenizer, the path of one, or false for none. Default: of `huggingface` and `llama2c` the one beside the model, if there is one',
    ),
};

export const aboutSites =
  'names for the axes of sites, without the batch axis: `{ conv1: { axes: [...] } }`. Of `onnx` also other shapes for them by reshape: `{ conv1: { axes: [...], shape: [...] } }`, where one size may be -1: what the others leave';

/** Of graphs, which do not say what their parts are. */
export const graph = {
  output: text
    .optional()
    .describe('the site that is the answer. Default: the output; of ONNX the first that holds floats'),
  parts: parts.optional().describe('what a search for components ranges over. Default: channels, units and layers'),
  representation: z
    .array(text)
    .min(1)
    .readonly()
    .optional()
    .describe('names of sites. Default: layers with weights, after their activation'),
  example: z
    .custom<ModelInput>(
      (value) => typeof value === 'object' && value !== null,
      'an example is an input: token ids or tensors',
    )
    .optional()
    .describe('an input that the model runs on, if it does not run on those that are made up to learn its shapes'),
};
