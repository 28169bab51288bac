/** How alike two models respond, as plain JSON. */
import * as z from 'zod';
import { intervalSchema } from '../interval.js';
import { pair, type Plain } from '../schema.js';
import { replacements } from './runner.js';

const is = z
  .enum(['alike', 'unlike', 'open'])
  .describe(
    'alike: the mean discrepancy is below the tolerance, wrong at most at rate beta; unlike: above it, wrong at most at rate alpha over all roles together; open: neither is certain.',
  );

const roleSchema = z.strictObject({
  role: z.string(),
  by: z.enum(replacements).describe('What it was replaced by: its activation on another input, or its mean.'),
  sites: pair(z.string()).describe('Of the baseline and of the candidate.'),
  draws: z.int().describe('Interventions on this role.'),
  discrepancy: intervalSchema.describe(
    'Mean total variation between the two models’ answers with the role replaced, in [0, 1]. The limits are one-sided, valid whenever drawing ended, and at the levels that decide: the lower at alpha over the number of roles, the upper at beta.',
  ),
  is,
  effect: intervalSchema.describe(
    'Mean total variation of a model’s answers with the role replaced from its answers without, of both models together; limits likewise.',
  ),
  effects: pair(z.number()).describe('The same of each model.'),
  kept: intervalSchema
    .optional()
    .describe(
      'Resampled: mean total variation from the answers to the input that was resampled from. Near 0 the role carries everything, and replacing it says no more than answers without interventions do.',
    ),
  tested: z
    .enum(['yes', 'no', 'open'])
    .describe(
      'yes: replacing the role moves the answers of both models together by more than the tolerance, and not just to their answers to the source; no: it does not, so that models alike without interventions are alike with this one; open: not certain.',
    ),
});
export type RoleEvidence = Plain<typeof roleSchema>;

export const responseSchema = z
  .strictObject({
    outcome: z.enum(['alike', 'unlike', 'undecided']),
    margin: z.number().describe('The tolerance: the largest mean discrepancy that counts as alike.'),
    levels: z.strictObject({ alpha: z.number(), beta: z.number() }),
    untouched: z
      .strictObject({ draws: z.int(), discrepancy: intervalSchema, is })
      .describe('The same without any intervention.'),
    roles: z.array(roleSchema).min(1),
    draws: z.int().describe('Pairs of inputs drawn; roles that are decided take no more.'),
    rows: z.int().describe('Forward rows, of both models together.'),
    stopped: z.enum(['certain', 'draws', 'seconds']).describe('Why drawing ended.'),
  })
  .describe('How alike two models answer while parts with the same role are replaced in both.')
  .meta({ id: 'response' });

/** How alike two models respond. */
export type ResponseEvidence = Plain<typeof responseSchema>;
