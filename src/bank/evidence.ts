/** What a bank says of a candidate. One part of report.json. */
import * as z from 'zod';
import { measureNames } from '../measure/index.js';
import { strings, type Plain } from '../schema.js';
import { bankFindingSchema } from './findings.js';

const scored = z.strictObject({
  name: z.string(),
  score: z.number().describe('How strange it is among the others.'),
});
const classSchema = z.strictObject({
  p: z
    .number()
    .describe('The share of this class and the candidate together that is at least as strange, the candidate counted.'),
  level: z.number().describe('At or below it the candidate is none of this class.'),
  limit: z.number().describe('The score that a candidate must be above for that.'),
  members: z.array(scored),
  candidate: z.number().describe("The candidate's score in this class."),
});

export const bankSchema = z.strictObject({
  of: z
    .enum(['runs', 'copies'])
    .describe('Trained runs that were given, or copies that the tool has made of the baseline.'),
  outcome: z.enum(['equivalent', 'different', 'undecided']),
  findings: z.array(bankFindingSchema).describe('Why, as codes, the deciding one first: docs/codes.md.'),
  reasons: strings.describe('The findings in full sentences.'),
  measure: z.enum(measureNames),
  tolerance: z
    .number()
    .describe('How much farther than `accepted.limit` the candidate must be to be different; 0.1 is 10 %.'),
  excess: z.number().describe("The candidate's score / accepted.limit - 1."),
  control: z.number().describe('The same for the candidate with its inputs shuffled.'),
  accepted: classSchema.describe('The bank.'),
  stop: classSchema.optional().describe('The changes that are to be stopped, if any were given.'),
  set: z
    .array(z.enum(['accepted', 'stop']))
    .describe('The prediction set: the classes that the candidate could be one of; empty for none.'),
});

export type BankEvidence = Plain<typeof bankSchema>;
