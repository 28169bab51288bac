/** The shape of report.json: what matchers record, with what the reporter adds. `schema/report.schema.json` is made from this. */
import * as z from 'zod';
import { recordSchema } from '../src/claims/check.js';

/** One matcher call: judged (evidence of a comparison, or a claim) or not (error). */
export const checkSchema = recordSchema.extend({
  aside: z
    .string()
    .optional()
    .describe(
      'Why it does not count: Jest passed its test all the same (`test.failing`, an error that the test expects), or ran the test again.',
    ),
  testFailed: z
    .string()
    .optional()
    .describe('If the check held and Jest failed its test for another reason: the first line of that.'),
});

export const reportSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  tool: z.strictObject({ name: z.literal('congruity'), version: z.string() }),
  run: z
    .string()
    .describe('Of the run, in each file of a report: files that have different ones are not of one report.'),
  partial: z
    .string()
    .optional()
    .describe('Why this is not the whole: a name pattern, a shard, `--only`, a run that was stopped.'),
  started: z.string().describe('ISO 8601, UTC.'),
  seconds: z.number(),
  exitCode: z
    .union([z.literal(0), z.literal(1), z.literal(2)])
    .describe(
      '0: every check that counts holds (and Jest passed its test); 1: one is violated or not established; 2: one could not be judged. The exit code of the gate.',
    ),
  totals: z
    .strictObject({
      held: z.int(),
      violated: z.int(),
      notEstablished: z.int(),
      notJudged: z.int(),
      aside: z.int().optional(),
    })
    .describe('Of the checks that count; `aside` of the others, if there are any.'),
  checks: z.array(checkSchema),
});

/** Of whoever read it, who may add to it. */
export type Check = z.infer<typeof checkSchema>;
export type Report = z.infer<typeof reportSchema>;
