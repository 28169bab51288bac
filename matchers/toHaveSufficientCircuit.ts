import * as z from 'zod';
import type { Over } from '../src/circuit/over.js';
import type { ShapeOf } from '../src/options.js';
import type { Trial } from '../generators/trials.js';
import { claimedCircuit, requireModel, waysOf, type ClaimedCircuit } from './claims/circuit.js';
import { sufficiencyClaim } from './claims/sufficiency.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { claim } from './kinds.js';
import { circuitShape, parametersOf, type CheckParameters, type CircuitClaimOptions } from './options.js';

const NAME = 'toHaveSufficientCircuit';

export interface ToHaveSufficientCircuitOptions extends CircuitClaimOptions {
  /** kinds of component to intervene on: `heads`, `heads+neurons`. @defaultValue all the model has but whole layers */
  readonly over?: Over | undefined;
  /**
   * `input`: no input that the model gets right by itself may be broken. `mean`: over the examples the mean score must go on meeting the task's threshold, whatever becomes of
   * single inputs; each of them has a counterfactual of its own, drawn by seed, as when `findCircuit` judges. @defaultValue 'input'
   */
  readonly judge?: 'input' | 'mean' | undefined;
  /**
   * how much worse a score may become, in the unit of the behaviour, even if it does not meet the threshold any more. @defaultValue 0
   */
  readonly tolerance?: number | undefined;
  /**
   * inputs and counterfactuals that every single component, and all at once, are tried with before random sets are. @defaultValue 8
   */
  readonly each?: number | undefined;
  /**
   * fast-check's parameters for the random sets, unchanged; `numRuns` (100 unless set) counts those sets. `\{ seed, path, endOnFailure: true \}` replays a counterexample
   */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly check?: CheckParameters<[Trial<any>]> | undefined;
}

export const sufficientShape = {
  ...circuitShape,
  over: z.string().min(1).optional(),
  judge: z.enum(['input', 'mean']).default('input'),
  each: z.int().min(1).default(8),
  // oxlint-disable-next-line typescript/no-explicit-any
  check: parametersOf<[Trial<any>]>().optional(),
} satisfies ShapeOf<ToHaveSufficientCircuitOptions>;

/**
 * Passes if no intervention outside the circuit breaks the behaviour: none on a single component outside it, none on all of them, none on random sets. Under
 * `.not` passes if one does. A circuit that names every component passes: nothing lies outside it. A search that reached a limit without a counterexample is undecided and fails both ways.
 * Must be awaited.
 *
 * Fails with the fewest outside components, the mildest intervention, and the simplest input and counterfactual that break it.
 *
 * Takes a Model, and a circuit: components by name (`*` allowed), or a circuit from `findCircuit`.
 * @throws OptionError, InterventionError, ImplementationError, BehaviourError, ... where nothing could be judged
 */
export const toHaveSufficientCircuit: Matcher<ClaimedCircuit, ToHaveSufficientCircuitOptions> = defineMatcher({
  name: NAME,
  argument: takes<ClaimedCircuit>('circuit'),
  schema: z.strictObject(sufficientShape),
  kind: claim,
  async run({ received, argument, options: { by, over, judge, ...options }, seed, signal, place }) {
    const model = requireModel(received, NAME);
    return sufficiencyClaim(
      model,
      claimedCircuit(model, argument, over),
      { ...options, by: waysOf(by, argument, judge), whole: judge === 'mean', seed, signal },
      place,
    );
  },
});
