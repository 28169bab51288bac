import * as z from 'zod';
import type { Model } from '../src/model/model.js';
import type { ShapeOf } from '../src/options.js';
import type { Example } from '../generators/_internals/pool.js';
import { behaviourClaim } from './claims/behaviour.js';
import { requireModel } from './claims/circuit.js';
import { defineMatcher, takesModel, type Matcher } from './define.js';
import { claim } from './kinds.js';
import {
  agreementOption,
  claimShape,
  parametersOf,
  type Agreement,
  type CheckParameters,
  type ClaimOptions,
} from './options.js';

const NAME = 'toBehaveLike';

export interface ToBehaveLikeOptions extends ClaimOptions {
  /** what must agree: the behaviour's `score`, the `answer` (the token with the largest logit), or all `probabilities`. @defaultValue 'score' */
  readonly agree?: Agreement | undefined;
  /** how far scores, or any probability, may be apart. With accuracy: both right or both wrong. @defaultValue 0.001 */
  readonly tolerance?: number | undefined;
  /** a finite task of at most so many inputs is run whole, in its order; of any other so many are drawn. @defaultValue 1000 */
  readonly runs?: number | undefined;
  /** fast-check's parameters, unchanged */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly check?: CheckParameters<[Example<any>]> | undefined;
}

const schema = z.strictObject({
  ...claimShape,
  agree: agreementOption.default('score'),
  tolerance: z.number().min(0).default(0.001),
  runs: z.int().min(1).default(1000),
  // oxlint-disable-next-line typescript/no-explicit-any
  check: parametersOf<[Example<any>]>().optional(),
} satisfies ShapeOf<ToBehaveLikeOptions>);

/**
 * Passes if both models behave the same on every input of the task (of a finite task that is small enough, all of them; else as many as are drawn). Under `.not`
 * passes if an input is found on which they do not. Fails with the smallest such input. A search that reached a limit first is undecided and fails both ways.
 * Must be awaited.
 *
 * Takes a Model of any kind on both sides. A behaviour relative to a clean output takes the other model's output for it: with `klToClean()` this is the divergence from the other model.
 * @throws OptionError, InputError, ... where nothing could be judged
 */
export const toBehaveLike: Matcher<Model, ToBehaveLikeOptions> = defineMatcher({
  name: NAME,
  argument: takesModel('other'),
  schema,
  kind: claim,
  run: ({ received, argument, options: { agree: what, batch = 256, ...options }, seed, signal, place }) =>
    behaviourClaim(
      [requireModel(received, NAME), requireModel(argument, `${NAME}(other)`)],
      { ...options, what, batch, seed, signal },
      place,
    ),
});
