/** Options of the claim that a model realises a program: types, ranges, defaults, and what each is for. */
import * as z from 'zod';
import { signalSchema, type ShapeOf } from '../options.js';
import { alignmentSchema, type ClaimedAlignment } from '../program/alignment.js';
import { isTask, type AnyTask } from '../task/task.js';
import { searchShape, type AlignmentSearchOptions } from './find/options.js';

/** Interchanges that a stratum is drawn of, at most. */
const DRAWS = 2048;

/** How much may be drawn. */
export interface RealizeBudget {
  /** interchanges drawn, at most, of each variable and stratum that is not counted out. Drawing stops as soon as the verdict is certain, without a disagreement after about 120 at a threshold of 0.05. @defaultValue 2048 */
  readonly draws?: number | undefined;
  /** seconds after which no more are drawn. @defaultValue no limit */
  readonly seconds?: number | undefined;
}

/** How a model is held against a program. */
export interface RealizeOptions {
  /**
   * the parts that hold each variable; those that it does not name are not claimed. `compile` gives one of its own.
   * @defaultValue searched for on one half of the inputs, and judged on the other
   */
  readonly alignment?: ClaimedAlignment | undefined;
  /** how the alignment is searched for, where none is given. @defaultValue every stage, beside a transformer's own weights in a random order */
  readonly search?: AlignmentSearchOptions | undefined;
  /** the task whose inputs are bases and sources, encoded as `program.encode` does. @defaultValue every input of the program; where they are more than 10,000, random ones */
  readonly on?: AnyTask | undefined;
  /** the position whose output is compared; negative from the end. @defaultValue that of the task's behaviour; every position without a task */
  readonly position?: number | undefined;
  /** at which positions variables are taken from other inputs. `apart`: at all that the alignment has, and at some, while they stay at the others. `together`: at all. @defaultValue 'apart' */
  readonly positions?: 'apart' | 'together' | undefined;
  /** the largest rate of disagreement that counts as realised, of each variable where it matters and where it does not. @defaultValue 0.05 */
  readonly threshold?: number | undefined;
  /** rate of saying that a model fails that realises the program within the threshold, at most. @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** rate of saying that a model realises the program of which some stratum is beyond the threshold, at most. @defaultValue 0.05 */
  readonly beta?: number | undefined;
  /** how much may be drawn. @defaultValue \{ draws: 2048 \} */
  readonly budget?: RealizeBudget | undefined;
  /** a variable with at most so many interchanges is judged on all of them. @defaultValue 4096 */
  readonly limit?: number | undefined;
  /** inputs that the model must do the task on. @defaultValue 400 */
  readonly inputs?: number | undefined;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

export const realizeShape = {
  alignment: alignmentSchema.optional(),
  search: z.strictObject(searchShape).prefault({}),
  on: z.custom<AnyTask>(isTask, { error: 'on must be a task, made by task({ ... })' }).optional(),
  position: z.int().optional(),
  positions: z.enum(['apart', 'together']).default('apart'),
  threshold: z.number().min(0).lt(1).default(0.05),
  alpha: z.number().gt(0).lt(1).default(0.05),
  beta: z.number().gt(0).lt(1).default(0.05),
  budget: z
    .strictObject({
      draws: z.int().min(1).default(DRAWS),
      seconds: z.number().positive().optional(),
    } satisfies ShapeOf<RealizeBudget>)
    .default({ draws: DRAWS }),
  limit: z.int().min(1).default(4096),
  inputs: z.int().min(1).default(400),
  seed: z.int().default(0),
  signal: signalSchema.optional(),
} satisfies ShapeOf<RealizeOptions>;

export const realizeSchema = z.strictObject(realizeShape);

export type CheckedRealizeOptions = z.output<typeof realizeSchema>;
