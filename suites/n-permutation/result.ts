/** What the suite found, as plain JSON: the file that a run goes on from. */
import * as z from 'zod';
import { intervalSchema } from '../../src/interval.js';
import { outcomeSchema } from '../../src/verdict/rule/outcome.js';
import { contentsSchema, runsShape } from '../kept-result.js';
import { permutationAlgorithms } from './programs.js';

const algorithm = z.enum(permutationAlgorithms);

const cellSchema = z.strictObject({
  row: algorithm,
  column: algorithm,
  models: z.tuple([z.int(), z.int()]),
  outcome: outcomeSchema,
  /** the deciding finding, as a sentence */
  reason: z.string(),
  congruity: intervalSchema,
  /** 1 - max(|2 T1 - 1|, |2 T2 - 1|): also low where one set lies tight inside the other */
  strictScore: intervalSchema,
  /** share of triples in which the model of the own set is nearer, seen from the row and from the column */
  T: z.tuple([z.number(), z.number()]),
  /** mean distance within the row's set, within the column's, and across */
  distances: z.tuple([z.number(), z.number(), z.number()]),
  paper: z.number(),
  code: z.number(),
});
/** One comparison of the matrix. */
export type Cell = z.infer<typeof cellSchema>;

const matrixSchema = z.strictObject({
  setting: z.string(),
  description: z.string(),
  /** smallest accuracy on balanced inputs among the models compared, by algorithm */
  accuracy: z.record(z.string(), z.number()),
  /** models that were left out as they do not do the task, by algorithm */
  leftOut: z.record(z.string(), z.int()),
  cells: z.array(cellSchema),
});
export type Matrix = z.infer<typeof matrixSchema>;

const doseSchema = z.strictObject({
  algorithm,
  /** components of the circuit that are resampled in each model of one set */
  k: z.int(),
  /** mean number of components of a circuit */
  circuit: z.number(),
  accuracy: z.number(),
  outcome: outcomeSchema,
  congruity: intervalSchema,
  strictScore: intervalSchema,
  /** as seen from the untouched models, and from the others */
  T: z.tuple([z.number(), z.number()]),
});
export type Dose = z.infer<typeof doseSchema>;

const settingsSchema = z.strictObject({
  n: z.int(),
  seed: z.int(),
  /** models of an algorithm in each compiled setting, half for its row and half for its column */
  models: z.int(),
  algorithms: z.array(algorithm),
  trained: z.boolean(),
});
export type Settings = z.infer<typeof settingsSchema>;

export const resultSchema = z.strictObject({
  suite: z.literal('n-permutation'),
  settings: settingsSchema,
  inputs: z.int(),
  /** of each setting of trained models: their weights */
  contents: contentsSchema,
  matrices: z.array(matrixSchema),
  doses: z.array(doseSchema),
  ...runsShape,
});
/** All that the suite found so far. */
export type Result = z.infer<typeof resultSchema>;
