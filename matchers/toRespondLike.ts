import * as z from 'zod';
import type { Model } from '../src/model/model.js';
import type { ShapeOf } from '../src/options.js';
import { respondShape, type RespondOptions } from '../src/response/options.js';
import type { RoleTrial } from '../generators/role-interventions.js';
import { requireModel } from './claims/circuit.js';
import { responseClaim } from './claims/response.js';
import { defineMatcher, takesModel, type Matcher } from './define.js';
import { claim } from './kinds.js';
import { claimShape, parametersOf, type CheckParameters } from './options.js';

const NAME = 'toRespondLike';

/** Those of `respondAlike`, and how its counterexample is shrunk. */
export interface ToRespondLikeOptions extends RespondOptions {
  /** everything random follows from it. @defaultValue `CONGRUITY_SEED`, else the seed that fast-check is configured with, else 0 */
  readonly seed?: number | undefined;
  /** fast-check's parameters for shrinking the counterexample, unchanged. `\{ seed, path, endOnFailure: true \}` replays it */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly check?: CheckParameters<[RoleTrial<any>]> | undefined;
}

const schema = z.strictObject({
  ...respondShape,
  seed: claimShape.seed,
  // oxlint-disable-next-line typescript/no-explicit-any
  check: parametersOf<[RoleTrial<any>]>().optional(),
} satisfies ShapeOf<ToRespondLikeOptions>);

/**
 * Passes if both models respond alike: with the activation of a role (a layer's attention pattern, its output, the MLP's output, the residual at a position) replaced in both, by what each
 * has there on another input, their answers are on average at most `margin` apart, whatever the role. Under `.not` passes if they are farther apart for some role. Where no role moves the
 * answers enough, or the budget ends first, it is undecided and fails both ways. Must be awaited.
 *
 * Fails with the simplest intervention after which the two answer differently.
 *
 * Takes a Model of any kind on both sides.
 * @throws OptionError, InterventionError, BehaviourError, ... where nothing could be judged
 */
export const toRespondLike: Matcher<Model, ToRespondLikeOptions> = defineMatcher({
  name: NAME,
  argument: takesModel('other'),
  schema,
  kind: claim,
  run: ({ received, argument, options, seed, signal, place }) =>
    responseClaim(
      requireModel(received, NAME),
      requireModel(argument, `${NAME}(other)`),
      { ...options, seed, signal },
      place,
    ),
});
