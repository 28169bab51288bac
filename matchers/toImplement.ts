import * as z from 'zod';
import type { ShapeOf } from '../src/options.js';
import type { ChainStep } from '../src/program/chain/chain.js';
import type { Value } from '../src/program/language/value.js';
import { checkProgram, isProgram, type Program } from '../src/program/program.js';
import { programTask } from '../src/program/task.js';
import type { AnyTask, Task } from '../src/task/task.js';
import { OptionError } from '../src/errors.js';
import { nearestShape } from '../search/nearest.js';
import { chainClaim } from './claims/chain.js';
import { nearestClaim } from './claims/nearest.js';
import { requireModel } from './claims/circuit.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { claim } from './kinds.js';
import { claimShape, type ClaimOptions } from './options.js';

const NAME = 'toImplement';

/** How a model is held against a program: step by step along a chain, or by what it is nearest to. */
export interface ToImplementOptions extends Omit<ClaimOptions, 'on'> {
  /** components in the order in which they run, and what each is said to compute; of a compiled program `chainOf(compiled)`. @defaultValue none: generated implementations of the program are compared */
  readonly chain?: readonly ChainStep[] | undefined;
  /** without a chain: programs that the model may compute in the place of this one; it must be nearer to this one than to each. @defaultValue none: the model must lie among implementations of the program */
  readonly ratherThan?: readonly Program[] | undefined;
  /** a task over inputs of the program. @defaultValue `programTask(program, { position })` */
  readonly on?: AnyTask | undefined;
  /** the position whose output is the answer, in the program's output; negative from the end. @defaultValue -1 */
  readonly position?: number | undefined;
  /** with a chain: the share of inputs on which each axiom must hold at each step. @defaultValue 1 */
  readonly atLeast?: number | undefined;
  /** with a chain: a finite task of at most so many inputs is run whole; of any other so many are drawn. @defaultValue 1000 */
  readonly runs?: number | undefined;
  /** without a chain: the measure of distance. @defaultValue 'ridge', which hardly notices what an implementation computes beside */
  readonly measure?: 'ridge' | 'cka' | 'procrustes' | undefined;
  /** without a chain: implementations that are drawn of each program, at most. @defaultValue 128 */
  readonly draws?: number | undefined;
  /** without a chain: the rate of passing in error, and that of failing in error. @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** without a chain: inputs that representations are taken over, at most. @defaultValue 200 */
  readonly inputs?: number | undefined;
}

const { on, ...shape } = claimShape;
const schema = z.strictObject({
  ...shape,
  on: on.optional(),
  chain: z
    .array(z.custom<ChainStep>((v) => typeof v === 'object' && v !== null))
    .min(1)
    .readonly()
    .optional(),
  position: z.int().default(-1),
  atLeast: z.number().gt(0).max(1).default(1),
  runs: z.int().min(1).default(1000),
  ...nearestShape,
} satisfies ShapeOf<ToImplementOptions>);

/**
 * Passes if a model implements a program along a chain of components (Palumbo et al. 2025, arXiv 2407.13594): at each step the model holds what the program has (prefix equivalence), and what the
 * program makes of what the model held before (component equivalence), and the program's values written in its place leave the answer as it is (prefix and component replaceability). Each
 * axiom at each step must hold on enough inputs: their rates are exact if the task is run whole, else they have limits that are right whenever one looks. Under `.not` passes if one
 * does not. Fails with the first step and the smallest input.
 *
 * Without a chain passes if the model is nearer, inside, to generated implementations of the program than to those of each rival (`ratherThan`), more often than not; under `.not` if it is nearer to those of
 * some rival. Without rivals passes if it lies among the implementations, and under `.not` if it is surely unlike them. That shows which of these programs it is most like, and neither that it implements
 * the program nor that it does not.
 *
 * Undecided fails both ways. Must be awaited.
 * @throws OptionError, ProgramError, InputError, ... where nothing could be judged
 */
export const toImplement: Matcher<Program, ToImplementOptions> = defineMatcher({
  name: NAME,
  argument: takes<Program>((given) => (isProgram(given) ? given.name : 'program')),
  schema,
  kind: claim,
  run: ({ received, argument, options: { on: given, batch = 64, chain, ...options }, seed, signal }) => {
    const model = requireModel(received, NAME);
    checkProgram(argument, NAME, 'what is to be implemented');
    const { atLeast, runs, ratherThan, position, maxSeconds, maxPasses } = options;
    const common = {
      on: (given ?? programTask(argument, { position })) as Task<readonly Value[]>,
      position,
      maxSeconds,
      maxPasses,
      seed,
      signal,
    };
    if (chain === undefined) {
      const { measure, draws, alpha, inputs } = options;
      return nearestClaim(model, argument, { ...common, ratherThan, measure, draws, alpha, inputs });
    }
    if (ratherThan !== undefined)
      throw new OptionError({
        what: 'both a chain and rivals are given',
        where: 'ratherThan',
        hint: 'give the chain alone: it is held against the program itself; or the rivals alone',
      });
    return chainClaim(model, argument, { ...common, chain, atLeast, runs, batch });
  },
});
