/** Options of a comparison of responses: types, ranges, defaults, and what each is for. */
import { z } from 'zod';
import { signalSchema } from '../options.js';
import type { Target } from '../task/behaviour.js';
import { isTask, type AnyTask } from '../task/task.js';
import { roleKindNames } from './roles.js';
import { replacements } from './runner.js';

/** Pairs of inputs drawn, at most. */
const DRAWS = 512;
/** Chosen on one half of the calibration's models and confirmed on the other: docs/decisions/0007. */
const MARGIN = 0.15;

const by = z.enum(replacements);
const target = z.union([z.int().min(0), z.string().min(1)]) satisfies z.ZodType<Target>;

export const respondShape = {
  on: z.custom<AnyTask>(isTask, { error: 'on must be a task, made by task({ ... })' }).describe('the task'),
  seed: z.int().default(0).describe('everything random follows from it'),
  roles: z
    .array(
      z.union([
        z.string().min(1),
        z.strictObject({
          baseline: z.string().min(1),
          candidate: z.string().min(1).optional(),
          at: z.record(z.string(), z.array(z.int()).min(1).readonly()).optional(),
          name: z.string().min(1).optional(),
        }),
      ]),
    )
    .min(1)
    .readonly()
    .optional()
    .describe(
      `what is intervened on: kinds (${roleKindNames.map((name) => `\`${name}\``).join(', ')}, each at every layer), names of sites that both models have, or pairs of sites \`{ baseline, candidate, at, name }\`. Default: of transformers every kind at six layers at most, paired by relative depth; of others the sites that stand for parts of both`,
    ),
  by: z
    .union([by, z.array(by).min(1).readonly()], { error: "by must be 'resample', 'mean', or both in a list" })
    .default('resample')
    .describe(
      'what a role is replaced by: `resample`, what the same model has there on another input; `mean`, its mean over the inputs',
    ),
  answers: z
    .array(target)
    .min(2)
    .readonly()
    .optional()
    .describe(
      'the answers whose probabilities are compared, as output tokens or as text that is one token: probabilities are taken among these. Default: with `logitDifference` the right and the wrong one, else all a model can give. Models with unlike vocabularies need texts here',
    ),
  margin: z
    .number()
    .gt(0)
    .lt(1)
    .default(MARGIN)
    .describe('the tolerance: how far apart answers may be on average, whatever the role. Total variation, in (0, 1)'),
  alpha: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe('rate of saying that models respond unlike whose every role is within the tolerance, at most'),
  beta: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe('rate of saying that models respond alike of which some role is beyond the tolerance, at most'),
  budget: z
    .strictObject({
      draws: z.int().min(1).default(DRAWS).describe('pairs of inputs, at most, that each role is tried with'),
      seconds: z.number().positive().optional().describe('seconds after which no more are drawn. Default: no limit'),
    })
    .default({ draws: DRAWS })
    .describe('how much may be drawn. Drawing stops as soon as the verdict is certain, in clear cases after 32'),
  inputs: z
    .int()
    .min(2)
    .default(400)
    .describe('examples that both models must do the task on, and that means are taken over'),
  signal: signalSchema.optional().describe('cancels the work: CancelledError'),
};

export const respondSchema = z.strictObject(respondShape);

export type RespondOptions = z.input<typeof respondSchema>;
export type CheckedRespondOptions = z.output<typeof respondSchema>;
