/** Options of a fingerprint: types, ranges, defaults, and what each is for. */
import * as z from 'zod';
import { cacheOptionSchema, type CacheOption } from '../cache/options.js';
import { byInterventionSchema, type ByInterventionOptions } from '../implementations/by-intervention.js';
import { precisions } from '../implementations/kept-samples.js';
import { FEWEST_INPUTS } from '../implementations/inputs.js';
import { measureNames, type MeasureName } from '../measure/index.js';
import { signalSchema, type ShapeOf } from '../options.js';
import { pools, type Pool } from '../representation/capture.js';
import { isTask, type AnyTask } from '../task/task.js';
import { Fingerprint } from './fingerprint.js';

/** Options of `fingerprint`. */
export interface FingerprintOptions {
  /** the task */
  readonly on: AnyTask;
  /** inputs, interventions and pairs of inputs follow from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** implementations drawn besides the model itself. @defaultValue 40 */
  readonly draws?: number | undefined;
  /** distinct inputs that representations are taken over. @defaultValue all of a task that has at most 1000, and 400 of a larger one */
  readonly inputs?: number | undefined;
  /** where representations are taken. @defaultValue what the model takes for its representation */
  readonly sites?: readonly string[] | undefined;
  /** what becomes of the positions. @defaultValue 'last' */
  readonly pool?: Pool | undefined;
  /** the measure, or measures, that it is to be compared by: with others it is not. @defaultValue 'ridge' */
  readonly measure?: MeasureName | readonly MeasureName[] | undefined;
  /** how implementations are made. @defaultValue those of `byIntervention` */
  readonly set?: ByInterventionOptions | undefined;
  /** smallest share of draws that must preserve behaviour. @defaultValue 0.2 */
  readonly minAcceptance?: number | undefined;
  /** pairs of inputs for which the answers with each role replaced are kept. @defaultValue 256 */
  readonly responses?: number | undefined;
  /** how Gram matrices are kept: float64 takes twice the bytes. @defaultValue float32, unless rounding moves a distance by more than a hundredth of the measure's resolution */
  readonly precision?: 'float32' | 'float64' | undefined;
  /** a fingerprint whose interventions are made on this model as well, so that the two can be compared as twins; it sets all that is drawn. A model with other components, or one that tolerates fewer than four of the first eight, is drawn by itself. @defaultValue none */
  readonly like?: Fingerprint | undefined;
  /** where what is computed is kept for other runs (docs/cache.md). @defaultValue false */
  readonly cache?: CacheOption | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
  /** called with the share done, 0..1, and what is being done */
  readonly progress?: ((done: number, doing: string) => void) | undefined;
}

const measure = z.enum(measureNames);

export const fingerprintOptionsSchema = z.strictObject({
  on: z.custom<AnyTask>(isTask, { error: 'on must be a task, made by task({ ... })' }),
  seed: z.int().optional(),
  draws: z.int().min(1).optional(),
  inputs: z.int().min(FEWEST_INPUTS).optional(),
  sites: z.array(z.string()).min(1).readonly().optional(),
  pool: z.enum(pools).optional(),
  measure: z.union([measure, z.array(measure).min(1).readonly()]).optional(),
  set: byInterventionSchema.optional(),
  minAcceptance: z.number().gt(0).max(1).optional(),
  responses: z.int().min(1).max(10_000).default(256),
  precision: z.enum(precisions).optional(),
  like: z.instanceof(Fingerprint, { error: 'like must be a fingerprint, from readFingerprint(...)' }).optional(),
  cache: cacheOptionSchema.optional(),
  signal: signalSchema.optional(),
  progress: z
    .custom<(done: number, doing: string) => void>((v) => typeof v === 'function', {
      error: 'progress must be a function',
    })
    .optional(),
} satisfies ShapeOf<FingerprintOptions>);
