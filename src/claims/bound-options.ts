/** Options of a claim about two implementation sets (docs/bounds.md): what each is for, its type, range and default. */
import * as z from 'zod';
import { byInterventionSchema, type ByInterventionOptions } from '../implementations/by-intervention.js';
import { measureNames, measures, type MeasureName } from '../measure/index.js';
import { signalSchema, type ShapeOf } from '../options.js';
import type { AnyTask } from '../task/task.js';
import { representationShape, taskSchema, type RepresentationOptions } from '../verdict/compare-options.js';

/** Options of `boundClaim`. */
export interface BoundOptions extends RepresentationOptions {
  /** the task */
  readonly on: AnyTask;
  /** how far apart the sets may be, in the measure's distance */
  readonly tolerance: number;
  /** share of each set that the statement is about, in (0, 1); nothing is said of the rest. @defaultValue 0.9 */
  readonly share?: number | undefined;
  /** the chance that "holds" is wrong, and that "fails" is, each at most. @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** random implementations of each side, besides the model itself. @defaultValue as few as `share` and `alpha` allow, 38 */
  readonly draws?: number | undefined;
  /** a metric measure. `cka` is the angle. @defaultValue 'cka' */
  readonly measure?: MeasureName | undefined;
  /** how implementations are made of a side that is a model and not a set. @defaultValue those of `byIntervention` */
  readonly set?: ByInterventionOptions | undefined;
  /** smallest share of draws that must preserve behaviour. @defaultValue 0.2 */
  readonly minAcceptance?: number | undefined;
  /**
   * distance that one unit of difference in behaviour is taken to stand for. At 0 behaviour is reported and not added, for its unit is another. @defaultValue 0
   */
  readonly behaviourWeight?: number | undefined;
  /**
   * how far an implementation may be from one that the interpretation explains exactly, in the measure's distance: of both sides, or of the baseline and of the candidate. @defaultValue 0
   */
  readonly abstractionError?: number | readonly [baseline: number, candidate: number] | undefined;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

const metrics = measureNames.filter((name) => measures[name].metric);

const off = z.number().min(0, { error: 'abstractionError must be at least 0' });

export const boundSchema = z.strictObject({
  on: taskSchema,
  tolerance: z
    .number({
      error: 'tolerance must be a number above 0, in the units of the measure: docs/bounds.md says how to choose it',
    })
    .positive({ error: 'tolerance must be above 0' }),
  share: z
    .number()
    .gt(0, { error: 'share must lie in (0, 1)' })
    .lt(1, { error: 'share must lie in (0, 1): of a whole set, no sample can say anything' })
    .default(0.9),
  alpha: z
    .number()
    .gt(0, { error: 'alpha must lie in (0, 0.5)' })
    .lt(0.5, { error: 'alpha must lie in (0, 0.5)' })
    .default(0.05),
  draws: z.int().min(1).max(10_000).optional(),
  measure: z
    .enum(measureNames)
    .default('cka')
    .refine((name) => measures[name].metric, {
      error: ({ input }) =>
        `${String(input)} is not a metric, and the bounds rest on the triangle inequality; these are: ${metrics.join(', ')}`,
    }),
  ...representationShape,
  set: byInterventionSchema.optional(),
  minAcceptance: z.number().gt(0).max(1).default(0.2),
  behaviourWeight: z.number().min(0, { error: 'behaviourWeight must be at least 0' }).default(0),
  abstractionError: z.union([off, z.tuple([off, off]).readonly()]).default(0),
  seed: z.int().default(0),
  signal: signalSchema.optional(),
} satisfies ShapeOf<BoundOptions>);
