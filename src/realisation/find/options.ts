/** Options of the search for an alignment. */
import * as z from 'zod';
import { isModel } from '../../model/is-model.js';
import type { Model } from '../../model/model.js';
import { signalSchema, type ShapeOf } from '../../options.js';

/** What is searched, in this order: `components` (heads, and layers of attention and MLP), `neurons` (and features of a site), `principal components`, `subspaces`. */
export const stages = ['components', 'neurons', 'principal components', 'subspaces'] as const;
/** A kind of parts that an alignment is searched among. */
export type Stage = (typeof stages)[number];

/** How an alignment is searched for. */
export interface AlignmentSearchOptions {
  /** what is searched, from the simplest on; a later one only where those before it do not carry the variable. @defaultValue all */
  readonly stages?: readonly Stage[] | undefined;
  /** interchanges of each kind that a candidate is tried on. @defaultValue 48 */
  readonly tries?: number | undefined;
  /** steps of gradient descent in which the best mask or subspace of a stage is learned, of a transformer; others have fewer. 0: nothing is learned. @defaultValue 96 */
  readonly steps?: number | undefined;
  /** random turns of a subspace that are tried where nothing is learned. @defaultValue 32 */
  readonly turns?: number | undefined;
  /** a network that learned nothing, of the same shape: the same search on it is the control. @defaultValue of a transformer, its own weights in a random order */
  readonly untrained?: Model | undefined;
}

export const searchShape = {
  stages: z.array(z.enum(stages)).min(1).readonly().default(stages),
  tries: z.int().min(4).default(48),
  steps: z.int().min(0).default(96),
  turns: z.int().min(0).default(32),
  untrained: z.custom<Model>(isModel, { error: 'untrained must be a model' }).optional(),
} satisfies ShapeOf<AlignmentSearchOptions>;

/** Options of `findAlignment`. */
export interface FindAlignmentOptions<T> extends AlignmentSearchOptions {
  /** variables to look for. @defaultValue all that change the program's output where they are set */
  readonly variables?: readonly string[] | undefined;
  /** lists of tokens, one half of which is searched on. @defaultValue every input of the program; random ones where they are more than 10,000 */
  readonly inputs?: readonly (readonly T[])[] | undefined;
  /** the position whose output is compared; negative from the end. @defaultValue every position */
  readonly position?: number | undefined;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

export const findSchema = z.strictObject({
  ...searchShape,
  variables: z.array(z.string()).min(1).readonly().optional(),
  inputs: z
    .custom<readonly (readonly never[])[]>((v) => Array.isArray(v), { error: 'inputs must be a list' })
    .optional(),
  position: z.int().optional(),
  seed: z.int().default(0),
  signal: signalSchema.optional(),
} satisfies ShapeOf<FindAlignmentOptions<never>>);

export type CheckedSearch = z.output<z.ZodObject<typeof searchShape>>;
