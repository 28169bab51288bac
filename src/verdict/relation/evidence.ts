/** How two models are related: one part of report.json. */
import * as z from 'zod';
import { strings, type Plain } from '../../schema.js';

/** What a comparison can be asked for. */
export const relations = ['derived', 'equivalent', 'alike'] as const;
export type Relation = (typeof relations)[number];

/** The strongest first. */
export const relationNames = ['derived', 'equivalent', 'responds alike', 'behaves alike'] as const;
export type RelationName = (typeof relationNames)[number];

const name = z.enum(relationNames);

export const relationSchema = z
  .strictObject({
    asked: z.enum(relations).optional().describe('What was asked for; absent if nothing in particular was.'),
    strongest: name,
    holds: z.array(name).describe('Every relation that is established, the strongest first.'),
    distances: z
      .enum(['equivalent', 'different', 'undecided'])
      .describe('What the distances between implementations say by themselves.'),
    missing: z
      .array(z.strictObject({ relation: name, reasons: strings }))
      .describe('Every relation that is not established, the strongest first, and why.'),
  })
  .describe('How the two models are related, as far as it is established.');

export type RelationEvidence = Plain<typeof relationSchema>;
