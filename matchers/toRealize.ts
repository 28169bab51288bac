import * as z from 'zod';
import type { ShapeOf } from '../src/options.js';
import type { Program } from '../src/program/program.js';
import { realizeShape, type RealizeOptions } from '../src/realisation/options.js';
import type { InterchangeTrial } from '../generators/interchanges.js';
import { realisationClaim } from './claims/realisation.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { claim } from './kinds.js';
import { claimShape, parametersOf, type CheckParameters } from './options.js';

const NAME = 'toRealize';

/** How a model is held against a program, and how a counterexample is shrunk. */
export interface ToRealizeOptions extends RealizeOptions {
  /** everything random follows from it. @defaultValue `CONGRUITY_SEED`, else the seed that fast-check is configured with, else 0 */
  readonly seed?: number | undefined;
  /** fast-check's parameters for shrinking the counterexample, unchanged. `\{ seed, path, endOnFailure: true \}` replays it */
  readonly check?: CheckParameters<[InterchangeTrial]> | undefined;
}

const schema = z.strictObject({
  ...realizeShape,
  seed: claimShape.seed,
  check: parametersOf<[InterchangeTrial]>().optional(),
} satisfies ShapeOf<ToRealizeOptions>);

/**
 * Passes if the model realises the program by the alignment: with the parts that hold some of the program's variables taken from its runs on other inputs, it answers as the program with
 * those variables set, whatever the input, the others, and the variables. The rate of disagreement must be at most `threshold` of each variable alone and of several at once, among
 * interchanges that change the output of the program, and among those that do not. Under `.not` passes if some rate is above. Where the budget ends first, or nothing matters, it is undecided
 * and fails both ways. Must be awaited.
 *
 * Without an alignment one is searched for on one half of the inputs, and judged on the other. Then it never fails: there may be an alignment that the search did not come to. Undecided as well if
 * the same search does nearly as well on an untrained network.
 *
 * Fails with the fewest variables and the simplest inputs after which the two disagree.
 *
 * Takes a Model of any kind, and a program.
 * @throws OptionError, ProgramError, InterventionError, InputError for what the program or the model lacks; BehaviourError where the model does not do what the program does
 */
export const toRealize: Matcher<Program, ToRealizeOptions> = defineMatcher({
  name: NAME,
  argument: takes<Program>((given) => {
    const name = (given as { name?: unknown } | null | undefined)?.name;
    return typeof name === 'string' ? name : 'program';
  }),
  schema,
  kind: claim,
  run: ({ received, argument, options, seed, signal, place }) =>
    realisationClaim(received, argument, { ...options, seed, signal }, place),
});
