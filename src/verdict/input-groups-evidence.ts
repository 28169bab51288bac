/** What limits say of inputs that were not drawn: a part of report.json. */
import * as z from 'zod';
import { percent } from '../format.js';
import type { Plain } from '../schema.js';

export const inputGroupsSchema = z
  .strictObject({
    groups: z.int().describe('Groups that the inputs were dealt into.'),
    undrawn: z
      .number()
      .describe("Share of the task's inputs that were not drawn; 1 if nobody knows how many there are."),
  })
  .describe('If the inputs are a sample: the limits allow for other inputs, by how much groups of these differ.');

export type InputGroupsEvidence = Plain<typeof inputGroupsSchema>;

/** In one sentence. */
export const inputGroupsInWords = ({ groups, undrawn }: InputGroupsEvidence): string =>
  `${undrawn === 1 ? 'the inputs are a sample' : `${percent(undrawn)} of the task's inputs were not drawn`}; limits allow for that, by how much ${groups} groups of those drawn differ`;
