/** Options of ONNX models. */
import { z } from 'zod';
import { checkOptions } from '../../../../options.js';
import { tokenizerSchema, type Tokenizer } from '../../../../tokenizers/tokenizer.js';
import type { PartOptions } from '../../../component-families.js';
import type { ModelInput } from '../../../input.js';
import type { SiteOptions } from '../graph/sites.js';

export interface OnnxOptions {
  /** for reports; default: the file's base name without extension */
  readonly name?: string | undefined;
  /** rows computed at once; bounds memory, changes no meaning. Default: as many as fit into 256 MiB with everything captured, at most 256 */
  readonly batchSize?: number | undefined;
  /** files, weights, and activations of one input larger than this are refused before they are read or computed; default 2 GiB - 1 */
  readonly maxBytes?: number | undefined;
  /**
   * the tensor to read as logits, by any name in the graph. Default: the first output that holds floats; where a softmax over the last axis makes it (also one that is written out as
   * exp(x) / sum(exp(x))), what goes into that softmax
   */
  readonly output?: string | undefined;
  /**
   * names for the axes of tensors, and other shapes for them by reshape, both without the batch axis: `{ '/attn/Add_output_0': { shape: [-1, 8, 64], axes: ['position', 'head',
   * 'feature'] } }`. One size may be -1: what the others leave
   */
  readonly sites?: Readonly<Record<string, SiteOptions>> | undefined;
  /** what a search for components ranges over, in place of the default parts */
  readonly parts?: readonly PartOptions[] | undefined;
  /** names of sites, in place of the default representation */
  readonly representation?: readonly string[] | undefined;
  /** threads of onnxruntime within an operator; default 1, so that Jest's workers do not get in each other's way and results do not depend on the machine's cores */
  readonly threads?: number | undefined;
  /**
   * `none` (default): onnxruntime runs the graph as it is written, always, and an activation has the same bits whatever else is captured or replaced. `all`: runs that capture and replace
   * nothing use all of its optimisations, as in production; their last bits then differ from those of the other runs
   */
  readonly optimisation?: 'none' | 'all' | undefined;
  /** an input that the model runs on, where none can be made up to learn the shapes of its tensors */
  readonly example?: ModelInput | undefined;
  /**
   * `true`: the file is tried in this process at once. Default: its first runs are in a process of its own, since onnxruntime does not check all that its operators are given, and a damaged or
   * hostile file can end the process that runs it, or take all memory; this takes a fifth of a second, and memory for the model twice while it lasts
   */
  readonly trusted?: boolean | undefined;
  /** seconds that the first runs may take, in a process of their own; default 60 */
  readonly maxSeconds?: number | undefined;
  /** bytes of memory that the process of the first runs may take; default 2 GiB, and four times the size of the files. Not on Windows */
  readonly maxMemory?: number | undefined;
  readonly tokenizer?: Tokenizer | undefined;
}

const text = z.string().min(1);
const schema = z.strictObject({
  name: text.optional(),
  batchSize: z.int().positive().optional(),
  maxBytes: z.int().positive().optional(),
  output: text.optional(),
  sites: z
    .record(
      z.string(),
      z.strictObject({
        axes: z.array(text).optional(),
        shape: z.array(z.int().refine((size) => size === -1 || size > 0, 'a size is positive, or -1')).optional(),
      }),
    )
    .optional(),
  parts: z
    .array(
      z.strictObject({
        kind: text,
        site: text,
        axis: text.optional(),
        name: text.optional(),
        count: z.int().positive().optional(),
      }),
    )
    .optional(),
  representation: z.array(text).min(1).optional(),
  threads: z.int().positive().max(256).optional(),
  optimisation: z.enum(['none', 'all']).optional(),
  trusted: z.boolean().optional(),
  maxSeconds: z.number().positive().max(86_400).optional(),
  maxMemory: z.int().positive().optional(),
  example: z
    .custom<ModelInput>(
      (value) => typeof value === 'object' && value !== null,
      'an example is an input: token ids or tensors',
    )
    .optional(),
  tokenizer: tokenizerSchema.optional(),
});

/** @throws OptionError */
export const checkOnnxOptions = (options: OnnxOptions, where: string): OnnxOptions =>
  checkOptions(schema, options, where) as OnnxOptions;
