/** What share of planted changes a comparison stops. One part of report.json. */
import * as z from 'zod';
import { intervalSchema } from '../interval.js';
import { strings, type Plain } from '../schema.js';

/** What a planted change can come to; `broken`: it breaks the behaviour. */
export const plantedOutcomes = ['broken', 'equivalent', 'different', 'undecided', 'not judged'] as const;
export type PlantedOutcome = (typeof plantedOutcomes)[number];

const rowSchema = z.strictObject({
  kind: z.string(),
  dose: z.number(),
  description: z.string(),
  planted: z.int().describe('Changes that were made so far.'),
  broken: z.int().describe('Those that break the behaviour: they are refused before anything is compared.'),
  stopped: z.int().describe('Of the others, those that do not come out equivalent.'),
  different: z
    .int()
    .describe('Of the stopped, those that come out different; the rest is undecided, or could not be judged.'),
  share: intervalSchema.describe(
    'Share stopped of those that keep the behaviour, with its exact limits (Clopper and Pearson).',
  ),
});

export const powerSchema = z.strictObject({
  rows: z.array(rowSchema),
  confidence: z.number().describe('Of the limits of each row.'),
  draws: z.int().describe('Draws a side, at most, that each change was judged with.'),
  inputs: z.int().describe('Inputs that each change was judged on, at most.'),
  blind: z
    .boolean()
    .describe(
      'true: of no kind and dose is it shown that half of what keeps the behaviour could be stopped: every upper limit is below 1/2, or nothing that was planted keeps the behaviour.',
    ),
  reasons: strings.describe('The same in sentences.'),
  judged: z.int().describe('Changes that are judged so far, in this run and in earlier ones.'),
  planned: z.int().describe('Changes that are to be judged: each run with the same model, task and options goes on.'),
  cached: z.boolean().describe('true: all of it is known from earlier runs.'),
});

export type PowerRow = Plain<typeof rowSchema>;
export type PowerEvidence = Plain<typeof powerSchema>;
