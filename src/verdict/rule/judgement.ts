/** A judgement: what the rule says of one matrix of distances, with everything it rests on. One part of report.json. */
import * as z from 'zod';
import { intervalSchema } from '../../interval.js';
import { pair, strings, type Plain } from '../../schema.js';
import { energySchema } from '../../statistics/energy.js';
import { policySchema, sideJudgementSchema } from '../../statistics/judgement.js';
import { findingSchema } from './findings.js';
import { outcomeSchema } from './outcome.js';

export const judgementSchema = z.strictObject({
  outcome: outcomeSchema,
  findings: z.array(findingSchema).describe('Why, as codes, the deciding one first: docs/codes.md.'),
  reasons: strings.describe('The findings in full sentences.'),
  wouldSettle: z.string().optional().describe('Of an undecided outcome: what would settle it.'),
  failed: z
    .enum(['necessity violated', 'sufficiency not established'])
    .optional()
    .describe('The condition (docs/concepts.md) that failed; absent for equivalent.'),
  policy: policySchema,
  oneSideSuffices: z
    .boolean()
    .describe(
      'true: a difference seen from one set is enough, and lower limits are at alpha / 2; false: both must see it, and lower limits are at alpha.',
    ),
  strangers: intervalSchema.describe(
    'The cross-model distance: the mean distance between implementations of different sides.',
  ),
  sides: pair(sideJudgementSchema),
  congruity: intervalSchema.describe('1 - |T1 + T2 - 1|'),
  strictScore: intervalSchema.describe('1 - max(|2 T1 - 1|, |2 T2 - 1|)'),
  energy: energySchema,
});

/** The verdict, with the numbers that it rests on. */
export type Judgement = Plain<typeof judgementSchema>;
