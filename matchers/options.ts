/** Options that several matchers have. */
import type * as fc from 'fast-check';
import { z } from 'zod';
import { signalSchema } from '../src/options.js';
import { taskSchema } from '../src/verdict/compare-options.js';

/** Of every matcher that searches for a counterexample. */
export const claimShape = {
  on: taskSchema.describe('the task'),
  seed: z
    .int()
    .optional()
    .describe(
      'everything random follows from it. Default: `CONGRUITY_SEED`, else the seed that fast-check is configured with, else 0',
    ),
  batch: z
    .int()
    .min(1)
    .optional()
    .describe('candidates judged together in one forward pass. Default: 64; 256 if all of them are needed anyway'),
  maxSeconds: z
    .number()
    .positive()
    .optional()
    .describe(
      'seconds after which the search stops; without a counterexample by then the claim is undecided, which fails. Default: none, the test’s own timeout',
    ),
  maxPasses: z.int().min(1).optional().describe('forward passes after which the search stops, likewise. Default: none'),
  signal: signalSchema.optional().describe('cancels the work: CancelledError'),
};

/** fast-check's own parameters, unchanged. An interface of its own, so that declarations of the matchers can name it. */
export interface CheckParameters<T> extends fc.Parameters<T> {}

/** fast-check's own parameters, for values of this type. fast-check checks them itself. */
export const parametersOf = <T>() =>
  z.custom<CheckParameters<T>>((v) => typeof v === 'object' && v !== null && !Array.isArray(v), {
    error: "check must be an object: fast-check's parameters",
  });

const way = z.enum(['mean', 'resample', 'zero']);

/** With what components are replaced. */
export const byOption = z
  .union([way, z.array(way).min(1).readonly()], {
    error: "by must be 'mean', 'resample', 'zero', or several of them",
  })
  .optional()
  .describe(
    'with what components are replaced. Default: `mean` and `resample`; with `judge: "mean"`, of a circuit from `findCircuit`, what it was found with. `zero` is no place that an activation ever is, and breaks models that do not use the component',
  );

/** Examples that a claim about a circuit is judged by. */
export const examplesOption = z
  .int()
  .min(1)
  .default(200)
  .describe('examples that the model must do the task on, and that means are taken over');

/** What two models must agree on. */
export const agreementOption = z.enum(['score', 'answer', 'probabilities']);
