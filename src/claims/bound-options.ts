/** Options of a claim about two implementation sets (docs/bounds.md): their types, ranges, defaults, and what each is for. */
import { z } from 'zod';
import { measureNames, measures } from '../measure/index.js';
import { signalSchema } from '../options.js';
import { inputsSchema, poolSchema, setSchema, sitesSchema, taskSchema } from '../verdict/compare-options.js';

const metrics = measureNames.filter((name) => measures[name].metric);

export const boundSchema = z.strictObject({
  on: taskSchema.describe('the task'),
  tolerance: z
    .number({
      error: 'tolerance must be a number above 0, in the units of the measure: docs/bounds.md says how to choose it',
    })
    .positive({ error: 'tolerance must be above 0' })
    .describe('how far apart the sets may be, in the measure’s distance'),
  share: z
    .number()
    .gt(0, { error: 'share must lie in (0, 1)' })
    .lt(1, { error: 'share must lie in (0, 1): of a whole set, no sample can say anything' })
    .default(0.9)
    .describe('share of each set that the statement is about; nothing is said of the rest'),
  alpha: z
    .number()
    .gt(0, { error: 'alpha must lie in (0, 0.5)' })
    .lt(0.5, { error: 'alpha must lie in (0, 0.5)' })
    .default(0.05)
    .describe('the chance that "holds" is wrong, and that "fails" is, each at most'),
  draws: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'random implementations of each side, besides the model itself. Default: as few as `share` and `alpha` allow, 38',
    ),
  measure: z
    .enum(measureNames)
    .default('cka')
    .refine((name) => measures[name].metric, {
      error: ({ input }) =>
        `${String(input)} is not a metric, and the bounds rest on the triangle inequality; these are: ${metrics.join(', ')}`,
    })
    .describe('a metric measure. `cka` is the angle'),
  inputs: inputsSchema,
  sites: sitesSchema,
  pool: poolSchema,
  set: setSchema.optional().describe('how implementations are made of a side that is a model and not a set'),
  minAcceptance: z.number().gt(0).max(1).default(0.2).describe('smallest share of draws that must preserve behaviour'),
  behaviourWeight: z
    .number()
    .min(0, { error: 'behaviourWeight must be at least 0' })
    .default(0)
    .describe(
      'distance that one unit of difference in behaviour is taken to stand for. At 0 behaviour is reported and not added, for its unit is another',
    ),
  seed: z.int().default(0).describe('everything random follows from it'),
  signal: signalSchema.optional().describe('cancels the work: CancelledError'),
});

export type BoundOptions = z.input<typeof boundSchema>;
