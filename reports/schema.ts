/** The shape of report.json: what matchers record, with what the reporter adds. `schema/report.schema.json` is made from this. */
import * as z from 'zod';
import { heldRates } from '../src/statistics/streams.js';
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
  stream: z
    .strictObject({
      row: z.int().describe('Its row in the ledger.'),
      hold: z
        .enum(heldRates)
        .describe(
          'What is held at `alpha` over all rows: `ever`, the probability of any false alarm; `fdr`, the false discovery rate.',
        ),
      alpha: z.number(),
      level: z.number().describe('Of this row.'),
      log10E: z.number().describe('log10 of the e-value: the evidence that the two models differ.'),
      alarm: z.boolean().describe('The e-value is 1 / level or more.'),
      hash: z.string().describe('Of the row: `congruity ledger FILE --includes HASH` looks for it.'),
    })
    .optional()
    .describe('Its place in a stream of releases, if a ledger was given.'),
});

const shardSchema = z
  .strictObject({
    index: z.int().describe('From 1.'),
    count: z.int(),
    gates: z.array(z.string()).describe('The gates of all shards, in their order.'),
    all: z.int().describe('How many gates the config has: more than `gates` if `--only` chose some.'),
    run: z
      .string()
      .describe(
        'SHA-256 of the config with all that it imports, the gates, their seeds, the backend and this library: the same in all shards of one run.',
      ),
    ledger: z
      .string()
      .optional()
      .describe('Hash of the row of the ledger from which the levels follow, if a ledger was given.'),
  })
  .describe('Which shard of a run this is (`congruity gate --shard`). `congruity merge` makes one report of all.');

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
  shard: shardSchema.optional(),
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
export type ShardRecord = z.infer<typeof shardSchema>;
