/** Options of a comparison: what each is for, its type, range and default. */
import * as z from 'zod';
import { bankOptionSchema, type BankOption } from '../bank/options.js';
import type { ComponentMap } from '../circuit/correspondence.js';
import { cacheOptionSchema, type CacheOption } from '../cache/options.js';
import { byInterventionSchema, type ByInterventionOptions } from '../implementations/by-intervention.js';
import { powerOptionSchema, type PowerOption } from '../power/options.js';
import { FEWEST_INPUTS } from '../implementations/inputs.js';
import { measureNames, type MeasureName } from '../measure/index.js';
import { signalSchema, type ShapeOf } from '../options.js';
import { pools, type Pool } from '../representation/capture.js';
import { isTask, type AnyTask } from '../task/task.js';
import { relations, type Relation } from './relation/evidence.js';
import { policyShape, type PolicyOptions } from './rule/policy.js';
import type { Work } from './workload.js';

/** Told the share done, 0..1, what is being done, and how many rows and seconds are left. */
export type CompareProgress = (done: number, doing: string, work?: Work) => void;

/** Where representations are taken, and over what. */
export interface RepresentationOptions {
  /** distinct inputs that representations are taken over; all there are if the task has fewer. @defaultValue all of a task that has at most 1000, and 400 of a larger one */
  readonly inputs?: number | undefined;
  /**
   * where representations are taken.
   * @defaultValue what each model takes for its representation; of a transformer the residual stream after every layer, the embedding included
   */
  readonly sites?: readonly string[] | undefined;
  /**
   * what becomes of the positions: the last one, at which behaviour is usually read, their mean, or all of them as features (`none`), which takes inputs of one length.
   * A site without positions is taken whole. @defaultValue 'last'
   */
  readonly pool?: Pool | undefined;
}

/** How much may be drawn of each side. */
export interface CompareBudget {
  /**
   * the most implementations drawn of each side, besides the model itself. Fewer than 7 never come out equivalent, fewer than 5 never different if both sides are drawn together (`common`). Drawing stops as soon as the
   * verdict is certain, in clear cases after 10. @defaultValue 40
   */
  readonly draws?: number | undefined;
  /** seconds after which no more are drawn. @defaultValue no limit */
  readonly seconds?: number | undefined;
}

/** Options of `compare`. */
export interface CompareOptions extends RepresentationOptions, PolicyOptions {
  /** the task */
  readonly on: AnyTask;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** how much may be drawn of each side. @defaultValue \{ draws: 40 \} */
  readonly budget?: CompareBudget | undefined;
  /**
   * the measure that decides; each has its own default of `resolution`. Of several, all must say "equivalent", and a difference under one of them is a difference, at alpha for
   * all of them together. @defaultValue 'ridge'
   */
  readonly measure?: MeasureName | readonly MeasureName[] | undefined;
  /**
   * measures to report as well, of no influence on the outcome.
   * @defaultValue `cka` and `procrustes`
   */
  readonly alsoReport?: readonly MeasureName[] | undefined;
  /** train/test splits of the inputs that the ridge distance is averaged over. @defaultValue 3 */
  readonly splits?: number | undefined;
  /** how implementations are made of a side that is a model and not a set. @defaultValue those of `byIntervention` */
  readonly set?: ByInterventionOptions | undefined;
  /**
   * whether each intervention is made on both models. `'auto'`: where their components have the same names and shapes, or one model was made from the other by `symmetries`. A map from components, or
   * whole families of them, of the baseline to those of the candidate (`*` allowed) says which is which. `false`: each side is drawn by itself. @defaultValue 'auto'
   */
  readonly common?: 'auto' | false | ComponentMap | undefined;
  /** smallest share of draws that must preserve behaviour. @defaultValue 0.2 */
  readonly minAcceptance?: number | undefined;
  /**
   * which relation is asked for. `'derived'`: every intervention does the same to both models. `'equivalent'`: their implementations cannot be told apart by the distances between
   * them. `'alike'`: they answer alike whatever part is replaced in both. Unless it is given, all three are heard (docs/verdict.md): copies pass, what only imitates does not.
   * @defaultValue all three are heard
   */
  readonly relation?: Relation | undefined;
  /**
   * other runs of the baseline’s recipe, 7 or more, or `copies`: the candidate passes if it could be one more of them. `{ accept, stop, level }` names runs that are to be stopped as well.
   * @defaultValue none
   */
  readonly bank?: BankOption | undefined;
  /**
   * true: changes are planted in the baseline and judged like a candidate, and the report says what share of which kind is stopped. It takes some fifty smaller comparisons. An object
   * says how many and how. @defaultValue false; of a gate `{ atOnce: 2 }`: two in each run
   */
  readonly power?: PowerOption | undefined;
  /**
   * false: a verdict of "different" is not shrunk to the fewest sites, inputs and implementations that show it. Shrinking takes a few seconds at most. @defaultValue true
   */
  readonly shrink?: boolean | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
  /**
   * seconds after which the work is given up: CancelledError, which says how far it was. `'estimate'`: five times what the estimate comes to, and never less than 300.
   * @defaultValue none
   */
  readonly maxSeconds?: number | 'estimate' | undefined;
  /**
   * a folder in which what is computed is kept, for a next run to go on from: a comparison in which nothing changed then runs no model (docs/cache.md). @defaultValue false: nothing is kept; of
   * `congruity gate` `.congruity/cache` of the working folder
   */
  readonly cache?: CacheOption | undefined;
  /**
   * threads that run models and fit distances. What comes out is the same to the byte for any number. Each holds the weights once more; models made of functions, and backends that use several cores by themselves, stay
   * in this thread (docs/performance.md). @defaultValue 1
   */
  readonly workers?: number | undefined;
  /** called with the share done, 0..1, what is being done, and how many rows and seconds are left */
  readonly progress?: CompareProgress | undefined;
}

/** Implementations a side, besides the model itself. */
const DRAWS = 40;

const measureName = z.enum(measureNames);

/** Options that a comparison shares with claims. */
export const representationShape = {
  inputs: z
    .int()
    .min(FEWEST_INPUTS, { error: `inputs must be an integer of at least ${FEWEST_INPUTS}` })
    .optional(),
  sites: z.array(z.string()).min(1).readonly().optional(),
  pool: z.enum(pools).default('last'),
} satisfies ShapeOf<RepresentationOptions>;

export const taskSchema = z.custom<AnyTask>(isTask, { error: 'on must be a task, made by task({ ... })' });

const budgetSchema = z.strictObject({
  draws: z
    .int()
    .min(1, {
      error:
        'budget.draws must be an integer of at least 1: the within-model distance needs two, the model itself and one more',
    })
    .default(DRAWS),
  seconds: z.number().positive({ error: 'budget.seconds must be a number above 0' }).optional(),
} satisfies ShapeOf<CompareBudget>);

export const compareSchema = z.strictObject({
  on: taskSchema,
  seed: z.int().default(0),
  budget: budgetSchema.default({ draws: DRAWS }),
  ...representationShape,
  measure: z.union([measureName, z.array(measureName).min(1).readonly()]).default('ridge'),
  alsoReport: z.array(measureName).readonly().optional(),
  splits: z.int().min(1).max(100).default(3),
  // also where both sides are sets already: an option that does nothing is no reason to overlook what is wrong in it
  set: byInterventionSchema.optional(),
  common: z
    .union([z.literal('auto'), z.literal(false), z.record(z.string(), z.string())], {
      error: "common must be 'auto', false, or a map from components of the baseline to components of the candidate",
    })
    .default('auto'),
  minAcceptance: z.number().gt(0).max(1).default(0.2),
  relation: z.enum(relations).optional(),
  bank: bankOptionSchema.optional(),
  power: powerOptionSchema,
  shrink: z.boolean().default(true),
  signal: signalSchema.optional(),
  maxSeconds: z
    .union([z.number().positive(), z.literal('estimate')], {
      error: "maxSeconds must be a number above 0, or 'estimate'",
    })
    .optional(),
  cache: cacheOptionSchema.optional(),
  workers: z
    .int()
    .min(1, { error: 'workers must be an integer from 1 to 64' })
    .max(64, { error: 'workers must be an integer from 1 to 64' })
    .default(1),
  progress: z
    .custom<CompareProgress>((v) => typeof v === 'function', { error: 'progress must be a function' })
    .optional(),
  ...policyShape,
} satisfies ShapeOf<CompareOptions>);
