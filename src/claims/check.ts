/** One check as a matcher leaves it for the reporter. */
import * as z from 'zod';
import type { Plain } from '../schema.js';
import { evidenceSchema } from '../verdict/evidence.js';
import { claimSchema } from './claim.js';

const errorSchema = z.strictObject({
  name: z.string(),
  code: z.string(),
  what: z.string(),
  where: z.string().optional(),
  hint: z.string().optional(),
});

/** An error as a report keeps it. */
export type ErrorRecord = Plain<typeof errorSchema>;

export const recordSchema = z.strictObject({
  file: z.string().describe("Path of the test file, relative to Jest's root if it is below that."),
  test: z.string().describe("The test's full name (describe blocks and test, joined by a space), or the gate's name."),
  matcher: z.string(),
  expected: z
    .enum(['equivalent', 'different', 'holds', 'fails'])
    .describe('What the test asked for; `different` or `fails` under `.not`.'),
  status: z
    .enum(['held', 'violated', 'not established', 'not judged'])
    .describe(
      'held: the outcome is the expected one; violated: it is the opposite; not established: undecided; not judged: an error kept it from being judged.',
    ),
  evidence: evidenceSchema.optional().describe('Of a comparison.'),
  claim: claimSchema.optional(),
  error: errorSchema.optional(),
  replay: z.string().describe('One command that runs this check again.'),
});

/** One matcher call: judged, with the evidence of a comparison or of a claim, or not, with an error. */
export type CheckRecord = Plain<typeof recordSchema>;
