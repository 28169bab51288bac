import * as z from 'zod';
import type { ShapeOf } from '../src/options.js';
import type { ChainStep } from '../src/program/chain/chain.js';
import type { Value } from '../src/program/language/value.js';
import { checkProgram, isProgram, type Program } from '../src/program/program.js';
import { programTask } from '../src/program/task.js';
import type { AnyTask, Task } from '../src/task/task.js';
import { chainClaim } from './claims/chain.js';
import { requireModel } from './claims/circuit.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { claim } from './kinds.js';
import { claimShape, type ClaimOptions } from './options.js';

const NAME = 'toImplement';

export interface ToImplementOptions extends Omit<ClaimOptions, 'on'> {
  /** components in the order in which they run, and what each is said to compute; of a compiled program `chainOf(compiled)` */
  readonly chain: readonly ChainStep[];
  /** a task over inputs of the program. @defaultValue `programTask(program, { position })` */
  readonly on?: AnyTask | undefined;
  /** the position whose output is the answer, in the program's output; negative from the end. @defaultValue -1 */
  readonly position?: number | undefined;
  /** the share of inputs on which each axiom must hold at each step. @defaultValue 1 */
  readonly atLeast?: number | undefined;
  /** a finite task of at most so many inputs is run whole; of any other so many are drawn. @defaultValue 1000 */
  readonly runs?: number | undefined;
}

const schema = z.strictObject({
  ...claimShape,
  chain: z
    .array(z.custom<ChainStep>((v) => typeof v === 'object' && v !== null))
    .min(1)
    .readonly(),
  on: claimShape.on.optional(),
  position: z.int().default(-1),
  atLeast: z.number().gt(0).max(1).default(1),
  runs: z.int().min(1).default(1000),
} satisfies ShapeOf<ToImplementOptions>);

/**
 * Passes if a model implements a program along a chain of components (Palumbo et al. 2025, arXiv 2407.13594): at each step the model holds what the program has (prefix equivalence), and what the
 * program makes of what the model held before (component equivalence), and the program's values written in its place leave the answer as it is (prefix and component replaceability). Each
 * axiom at each step must hold on enough inputs: their rates are exact if the task is run whole, else they have limits that are right whenever one looks. Under `.not` passes if one
 * does not. Fails with the first step and the smallest input. Undecided fails both ways. Must be awaited.
 * @throws OptionError, ProgramError, InputError, ... where nothing could be judged
 */
export const toImplement: Matcher<Program, ToImplementOptions> = defineMatcher({
  name: NAME,
  argument: takes<Program>((given) => (isProgram(given) ? given.name : 'program')),
  schema,
  kind: claim,
  run: ({ received, argument, options: { on, batch = 64, ...options }, seed, signal }) => {
    const model = requireModel(received, NAME);
    checkProgram(argument, NAME, 'what is to be implemented');
    const task = on ?? programTask(argument, { position: options.position });
    return chainClaim(model, argument, { ...options, on: task as Task<readonly Value[]>, batch, seed, signal });
  },
});
