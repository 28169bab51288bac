/** Options of a comparison: their types, ranges, defaults, and what each is for. */
import { z } from 'zod';
import { byInterventionSchema } from '../implementations/by-intervention.js';
import { FEWEST_INPUTS } from '../implementations/inputs.js';
import type { ByInterventionOptions } from '../implementations/index.js';
import { measureNames } from '../measure/index.js';
import { signalSchema } from '../options.js';
import { pools } from '../representation/capture.js';
import { isTask, type AnyTask } from '../task/task.js';
import type { Work } from './workload.js';

/** Told the share done, 0..1, what is being done, and how many rows and seconds are left. */
export type CompareProgress = (done: number, doing: string, work?: Work) => void;

/** Implementations a side, besides the model itself. */
const DRAWS = 40;

const measureName = z.enum(measureNames);

/** Options that a comparison shares with claims. */
export const inputsSchema = z
  .int()
  .min(FEWEST_INPUTS, { error: `inputs must be an integer of at least ${FEWEST_INPUTS}` })
  .optional()
  .describe(
    'distinct inputs that representations are taken over. Default: all of a task that has at most 1000, and 400 of a larger one',
  );
export const sitesSchema = z
  .array(z.string())
  .min(1)
  .readonly()
  .optional()
  .describe('where representations are taken. Default: what each model takes for its representation');
export const poolSchema = z.enum(pools).default('last').describe('what becomes of the positions');

/** How implementations are made of a model; checked as the set checks it, typed as the set documents it. */
export const setSchema = byInterventionSchema as z.ZodType<
  z.output<typeof byInterventionSchema>,
  ByInterventionOptions
>;

export const taskSchema = z.custom<AnyTask>(isTask, { error: 'on must be a task, made by task({ ... })' });

export const compareSchema = z.strictObject({
  on: taskSchema.describe('the task'),
  seed: z.int().default(0).describe('everything random follows from it'),
  budget: z
    .strictObject({
      draws: z
        .int()
        .min(1, {
          error:
            'budget.draws must be an integer of at least 1: the within-model distance needs two, the model itself and one more',
        })
        .default(DRAWS)
        .describe(
          'the most implementations drawn of each side, besides the model itself. Fewer than 7 never come out equivalent, fewer than 5 never different if both sides are drawn together (`common`)',
        ),
      seconds: z
        .number()
        .positive({ error: 'budget.seconds must be a number above 0' })
        .optional()
        .describe('seconds after which no more are drawn. Default: no limit'),
    })
    .default({ draws: DRAWS })
    .describe(
      'how much may be drawn of each side. Drawing stops as soon as the verdict is certain, in clear cases after 10',
    ),
  inputs: inputsSchema,
  sites: sitesSchema.describe(
    'where representations are taken. Default: what each model takes for its representation; of a transformer the residual stream after every layer, the embedding included',
  ),
  pool: poolSchema.describe(
    'what becomes of the positions: the last one, at which behaviour is usually read, their mean, or all of them as features (`none`), which takes inputs of one length. A site without positions is taken whole',
  ),
  measure: z
    .union([measureName, z.array(measureName).min(1).readonly()])
    .default('ridge')
    .describe(
      'the measure that decides; each has its own default of `resolution`. Of several, all must say "equivalent", and a difference under one of them is a difference, at alpha for all of them together',
    ),
  alsoReport: z
    .array(measureName)
    .readonly()
    .optional()
    .describe(
      'measures to report as well, of no influence on the outcome. Default: `cka` and `procrustes`; `cka` alone if the task has symmetries, which make the other costly',
    ),
  splits: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('train/test splits of the inputs that the ridge distance is averaged over'),
  // also where both sides are sets already: an option that does nothing is no reason to overlook what is wrong in it
  set: setSchema.optional().describe('how implementations are made of a side that is a model and not a set'),
  common: z
    .union([z.literal('auto'), z.literal(false), z.record(z.string(), z.string())], {
      error: "common must be 'auto', false, or a map from components of the baseline to components of the candidate",
    })
    .default('auto')
    .describe(
      "whether each intervention is made on both models. `'auto'`: where their components have the same names and shapes, or one model was made from the other by `symmetries`. A map from components, or whole families of them, of the baseline to those of the candidate (`*` allowed) says which is which. `false`: each side is drawn by itself",
    ),
  minAcceptance: z.number().gt(0).max(1).default(0.2).describe('smallest share of draws that must preserve behaviour'),
  shrink: z
    .boolean()
    .default(true)
    .describe(
      'false: a verdict of "different" is not shrunk to the fewest sites, inputs and implementations that show it. Shrinking takes a few seconds at most',
    ),
  signal: signalSchema.optional().describe('cancels the work: CancelledError'),
  maxSeconds: z
    .union([z.number().positive(), z.literal('estimate')], {
      error: "maxSeconds must be a number above 0, or 'estimate'",
    })
    .optional()
    .describe(
      'seconds after which the work is given up: CancelledError, which says how far it was. `estimate`: five times what the estimate comes to, and never less than 300. Default: none',
    ),
  progress: z
    .custom<CompareProgress>((v) => typeof v === 'function', { error: 'progress must be a function' })
    .optional()
    .describe('called with the share done, 0..1, what is being done, and how many rows and seconds are left'),
  // ranges and defaults are those of resolvePolicy
  margin: z
    .number()
    .optional()
    .describe(
      'the tolerance: how much larger the cross-model distance may be than the within-model distance. Default: `0.25`, which is 25 %',
    ),
  alpha: z
    .number()
    .optional()
    .describe('rate of saying "different" of what is within the tolerance, at most. Default: `0.05`'),
  beta: z
    .number()
    .optional()
    .describe('rate of saying "equivalent" of what is beyond the tolerance, at most. Default: `0.05`'),
  resolution: z
    .number()
    .optional()
    .describe(
      'a mean within-model distance below this counts as this: the implementations are copies of each other. Default: the measure’s own',
    ),
  bootstrap: z.number().optional().describe('bootstrap resamples. Default: `2000`'),
  permutations: z.number().optional().describe('permutations of the energy test. Default: `1999`'),
});

export type CompareOptions = z.input<typeof compareSchema>;
