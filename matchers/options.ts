/** Options that several matchers have. */
import type * as fc from 'fast-check';
import * as z from 'zod';
import { ablationNames, type Ablation } from '../src/circuit/ablations.js';
import { signalSchema, type ShapeOf } from '../src/options.js';
import type { AnyTask } from '../src/task/task.js';
import { taskSchema } from '../src/verdict/compare-options.js';

/** Of every matcher that searches for a counterexample. */
export interface ClaimOptions {
  /** the task */
  readonly on: AnyTask;
  /** everything random follows from it. @defaultValue `CONGRUITY_SEED`, else the seed that fast-check is configured with, else 0 */
  readonly seed?: number | undefined;
  /** candidates judged together in one forward pass. @defaultValue 64; 256 if all of them are needed anyway */
  readonly batch?: number | undefined;
  /**
   * seconds after which the search stops; without a counterexample by then the claim is undecided, which fails.
   * @defaultValue none, the test's own timeout
   */
  readonly maxSeconds?: number | undefined;
  /** forward passes after which the search stops, likewise. @defaultValue none */
  readonly maxPasses?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

export const claimShape = {
  on: taskSchema,
  seed: z.int().optional(),
  batch: z.int().min(1).optional(),
  maxSeconds: z.number().positive().optional(),
  maxPasses: z.int().min(1).optional(),
  signal: signalSchema.optional(),
} satisfies ShapeOf<ClaimOptions>;

/** fast-check's own parameters, unchanged. An interface of its own, so that declarations of the matchers can name it. */
export interface CheckParameters<T> extends fc.Parameters<T> {}

/** fast-check's own parameters, for values of this type. fast-check checks them itself. */
export const parametersOf = <T>() =>
  z.custom<CheckParameters<T>>((v) => typeof v === 'object' && v !== null && !Array.isArray(v), {
    error: "check must be an object: fast-check's parameters",
  });

const way = z.enum(ablationNames);

/** Of a claim about a circuit. */
export interface CircuitClaimOptions extends ClaimOptions {
  /**
   * with what components are replaced. `zero` is no place that an activation ever is, and breaks models that do not use the component.
   * @defaultValue `mean` and `resample`; with `judge: 'mean'`, of a circuit from `findCircuit`, what it was found with
   */
  readonly by?: Ablation | readonly Ablation[] | undefined;
  /** how much worse a score must become to count as broken, in the unit of the behaviour. @defaultValue 0 */
  readonly tolerance?: number | undefined;
  /** examples that the model must do the task on, and that means are taken over. @defaultValue 200 */
  readonly inputs?: number | undefined;
}

export const circuitShape = {
  ...claimShape,
  by: z
    .union([way, z.array(way).min(1).readonly()], {
      error: `by must be ${ablationNames.map((name) => `'${name}'`).join(', ')}, or several of them`,
    })
    .optional(),
  tolerance: z.number().min(0).default(0),
  inputs: z.int().min(1).default(200),
} satisfies ShapeOf<CircuitClaimOptions>;

/** What two models must agree on. */
export type Agreement = 'score' | 'answer' | 'probabilities';
export const agreementOption = z.enum(['score', 'answer', 'probabilities']);
