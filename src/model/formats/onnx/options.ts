/** What may be said about an ONNX model beyond its file. */
import { z } from 'zod';
import { tokenizerSchema } from '../../../tokenizers/tokenizer.js';
import { aboutSites, axes, common, graph, type OptionsOf } from '../options.js';

export const onnxShape = {
  ...common,
  ...graph,
  sites: z
    .record(
      z.string(),
      z.strictObject({
        axes: axes.optional(),
        shape: z
          .array(z.int().refine((size) => size === -1 || size > 0, 'a size is positive, or -1'))
          .readonly()
          .optional(),
      }),
    )
    .optional()
    .describe(aboutSites),
  threads: z
    .int()
    .positive()
    .max(256)
    .optional()
    .describe(
      'of onnxruntime within an operator. Default 1, so that Jest’s workers do not get in each other’s way and results do not depend on the number of cores',
    ),
  optimisation: z
    .enum(['none', 'all'])
    .optional()
    .describe(
      '`none` (default): onnxruntime runs the graph as it is written, and an activation has the same bits whatever else is captured or replaced. `all`: runs that capture and replace nothing use all of its optimisations; their last bits then differ',
    ),
  trusted: z
    .boolean()
    .optional()
    .describe(
      'true: the file is tried in this process at once. Default: its first runs are in a process of its own, since a damaged or hostile file can end the process that runs it, or take all memory; this takes a fifth of a second, and memory for the model twice while it lasts',
    ),
  maxSeconds: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe('seconds that the first runs may take, in a process of their own. Default 60'),
  maxMemory: z
    .int()
    .positive()
    .optional()
    .describe(
      'bytes of memory that the process of the first runs may take. Default 2 GiB, and four times the size of the files. Not on Windows',
    ),
  tokenizer: tokenizerSchema.optional(),
};

export type OnnxOptions = OptionsOf<typeof onnxShape>;
