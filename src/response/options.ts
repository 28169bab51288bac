/** Options of a comparison of responses: types, ranges, defaults, and what each is for. */
import * as z from 'zod';
import { signalSchema, type ShapeOf } from '../options.js';
import type { Target } from '../task/behaviour.js';
import { isTask, type AnyTask } from '../task/task.js';
import type { RoleOption, RolePair } from './roles.js';
import { replacements, type ReplacedBy } from './runner.js';

/** Pairs of inputs drawn, at most. */
const DRAWS = 512;
/** Chosen on one half of the calibration's models and confirmed on the other: docs/decisions/0008. */
const MARGIN = 0.15;

const by = z.enum(replacements);
const target = z.union([z.int().min(0), z.string().min(1)]) satisfies z.ZodType<Target>;

/** How much may be drawn. */
export interface RespondBudget {
  /** pairs of inputs, at most, that each role is tried with. Drawing stops as soon as the verdict is certain, in clear cases after 32. @defaultValue 512 */
  readonly draws?: number | undefined;
  /** seconds after which no more are drawn. @defaultValue no limit */
  readonly seconds?: number | undefined;
}

/** How the responses of two models are compared. */
export interface RespondOptions {
  /** the task */
  readonly on: AnyTask;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /**
   * what is intervened on: kinds (`attention pattern`, `attention output`, `MLP output`, `residual`, each at every layer), names of sites that both models have, or pairs of sites.
   * @defaultValue of transformers every kind at six layers at most, paired by relative depth; of others the sites that stand for parts of both
   */
  readonly roles?: readonly RoleOption[] | undefined;
  /**
   * what a role is replaced by: `resample`, what the same model has there on another input; `mean`, its mean over the inputs. @defaultValue 'resample'
   */
  readonly by?: ReplacedBy | readonly ReplacedBy[] | undefined;
  /**
   * the answers whose probabilities are compared, as output tokens or as text that is one token: probabilities are taken among these. Models with unlike vocabularies need texts here.
   * @defaultValue with `logitDifference` the right and the wrong one, else all a model can give
   */
  readonly answers?: readonly Target[] | undefined;
  /** the tolerance: how far apart answers may be on average, whatever the role. Total variation, in (0, 1). @defaultValue 0.15 */
  readonly margin?: number | undefined;
  /** rate of saying that models respond unlike whose every role is within the tolerance, at most. @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** rate of saying that models respond alike of which some role is beyond the tolerance, at most. @defaultValue 0.05 */
  readonly beta?: number | undefined;
  /** how much may be drawn. @defaultValue \{ draws: 512 \} */
  readonly budget?: RespondBudget | undefined;
  /** examples that both models must do the task on, and that means are taken over. @defaultValue 400 */
  readonly inputs?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

export const respondShape = {
  on: z.custom<AnyTask>(isTask, { error: 'on must be a task, made by task({ ... })' }),
  seed: z.int().default(0),
  roles: z
    .array(
      z.union([
        z.string().min(1),
        z.strictObject({
          baseline: z.string().min(1),
          candidate: z.string().min(1).optional(),
          at: z.record(z.string(), z.array(z.int()).min(1).readonly()).optional(),
          name: z.string().min(1).optional(),
        } satisfies ShapeOf<RolePair>),
      ]),
    )
    .min(1)
    .readonly()
    .optional(),
  by: z
    .union([by, z.array(by).min(1).readonly()], { error: "by must be 'resample', 'mean', or both in a list" })
    .default('resample'),
  answers: z.array(target).min(2).readonly().optional(),
  margin: z.number().gt(0).lt(1).default(MARGIN),
  alpha: z.number().gt(0).lt(1).default(0.05),
  beta: z.number().gt(0).lt(1).default(0.05),
  budget: z
    .strictObject({
      draws: z.int().min(1).default(DRAWS),
      seconds: z.number().positive().optional(),
    } satisfies ShapeOf<RespondBudget>)
    .default({ draws: DRAWS }),
  inputs: z.int().min(2).default(400),
  signal: signalSchema.optional(),
} satisfies ShapeOf<RespondOptions>;

export const respondSchema = z.strictObject(respondShape);

export type CheckedRespondOptions = z.output<typeof respondSchema>;
