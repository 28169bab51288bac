/** What a bank found, as codes with their numbers. `explain.ts` turns them into sentences; docs/codes.md lists them. */
import * as z from 'zod';
import type { Plain } from '../schema.js';

const finding = <C extends string, N extends z.ZodRawShape>(code: C, meaning: string, numbers: N) =>
  z.strictObject({ code: z.literal(code), numbers: z.strictObject(numbers) }).describe(meaning);

const p = z.number().describe('The conformal p-value.');
const level = z.number().describe('The level that it is held against.');
const tolerance = z.number().describe('The tolerance of the bank: 0.25 is 25 %.');
const excess = z
  .number()
  .describe('How much farther the candidate is from the bank than the level allows a member to be: 0.25 is 25 %.');

export const bankFindingSchema = z
  .discriminatedUnion('code', [
    finding('one-of-the-bank', 'The candidate is not among the strangest: it could be one more of the bank.', {
      p,
      level,
    }),
    finding('stranger-than-the-bank', 'The candidate is among the strangest, and beyond the tolerance.', {
      p,
      level,
      excess,
      tolerance,
    }),
    finding('hardly-stranger-than-the-bank', 'The candidate is among the strangest, but not beyond the tolerance.', {
      p,
      level,
      excess,
      tolerance,
    }),
    finding('one-to-be-stopped', 'The candidate could be one of the changes that are to be stopped.', { p, level }),
    finding('not-one-to-be-stopped', 'The candidate is not one of the changes that are to be stopped.', { p, level }),
    finding(
      'unrelated-not-stranger',
      'Even the candidate with its inputs shuffled would not have been stranger than the bank: being one of it shows nothing.',
      { excess, tolerance },
    ),
  ])
  .describe('What was found, as a code with its numbers: docs/codes.md lists them.');

export type BankFinding = Plain<typeof bankFindingSchema>;
