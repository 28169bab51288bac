/** What may be said about an ONNX model beyond its file. */
import * as z from 'zod';
import type { ShapeOf } from '../../../options.js';
import { tokenizerSchema, type Tokenizer } from '../../../tokenizers/tokenizer.js';
import { axes, common, graph, type CommonLoadOptions, type GraphOptions } from '../options.js';

export interface OnnxOptions extends CommonLoadOptions, GraphOptions {
  /**
   * names for the axes of sites, without the batch axis: `\{ conv1: \{ axes: [...] \} \}`. Of `onnx` also other shapes for them by reshape:
   * `\{ conv1: \{ axes: [...], shape: [...] \} \}`, where one size may be -1: what the others leave. @defaultValue as the file has them
   */
  readonly sites?:
    | Readonly<
        Record<
          string,
          { readonly axes?: readonly string[] | undefined; readonly shape?: readonly number[] | undefined }
        >
      >
    | undefined;
  /**
   * threads of onnxruntime within an operator. With one, Jest's workers do not get in each other's way, and results do not depend on the number of cores. @defaultValue 1
   */
  readonly threads?: number | undefined;
  /**
   * `none`: onnxruntime runs the graph as it is written, and an activation has the same bits whatever else is captured or replaced. `all`: runs that capture and replace nothing
   * use all of its optimisations; their last bits then differ. @defaultValue 'none'
   */
  readonly optimisation?: 'none' | 'all' | undefined;
  /**
   * true: the file is tried in this process at once. False: its first runs are in a process of its own, since a damaged or hostile file can end the process that runs it, or take
   * all memory; this takes a fifth of a second, and memory for the model twice while it lasts. @defaultValue false
   */
  readonly trusted?: boolean | undefined;
  /** seconds that the first runs may take, in a process of their own. @defaultValue 60 */
  readonly maxSeconds?: number | undefined;
  /** bytes of memory that the process of the first runs may take. Not on Windows. @defaultValue 2 GiB, and four times the size of the files */
  readonly maxMemory?: number | undefined;
  /** a tokenizer, for inputs that are text */
  readonly tokenizer?: Tokenizer | undefined;
}

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
    .optional(),
  threads: z.int().positive().max(256).optional(),
  optimisation: z.enum(['none', 'all']).optional(),
  trusted: z.boolean().optional(),
  maxSeconds: z.number().positive().max(86_400).optional(),
  maxMemory: z.int().positive().optional(),
  tokenizer: tokenizerSchema.optional(),
} satisfies ShapeOf<OnnxOptions>;
