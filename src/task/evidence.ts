/** A task as evidence names it. */
import * as z from 'zod';
import { strings, type Plain } from '../schema.js';
import type { AnyTask } from './task.js';

export const taskSchema = z.strictObject({
  name: z.string(),
  inputs: z.int().describe('How many distinct inputs were used.'),
  behaviour: z.string(),
  threshold: z.string().describe('What the behaviour must reach: `at least 0.99`.'),
  notes: strings.optional().describe('Inputs that do not count and why, in sentences.'),
});

export type TaskEvidence = Plain<typeof taskSchema>;

/** @param notes of the inputs */
export const taskEvidence = (task: AnyTask, inputs: number, notes: readonly string[] = []): TaskEvidence => ({
  name: task.name,
  inputs,
  behaviour: task.behaviour.name,
  threshold: task.thresholdText,
  ...(notes.length > 0 && { notes }),
});
