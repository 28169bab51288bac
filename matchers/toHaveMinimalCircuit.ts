import * as z from 'zod';
import type { ShapeOf } from '../src/options.js';
import { claimedCircuit, requireModel, waysOf, type ClaimedCircuit } from './claims/circuit.js';
import { minimalityClaim } from './claims/minimality.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { claim } from './kinds.js';
import { circuitPartsShape, type CircuitPartsOptions } from './toHaveNecessaryCircuit.js';
import { sufficientShape, type ToHaveSufficientCircuitOptions } from './toHaveSufficientCircuit.js';

const NAME = 'toHaveMinimalCircuit';

export interface ToHaveMinimalCircuitOptions extends ToHaveSufficientCircuitOptions, CircuitPartsOptions {}

const schema = z.strictObject({
  ...sufficientShape,
  ...circuitPartsShape,
} satisfies ShapeOf<ToHaveMinimalCircuitOptions>);

/**
 * Passes if the circuit is sufficient (as toHaveSufficientCircuit), each part of it necessary (as toHaveNecessaryCircuit), and no smaller circuit that leaving out
 * parts comes to is sufficient. Under `.not` passes if one of these is refuted. Fails both ways if one is undecided and none refuted. Must be awaited.
 *
 * The smaller circuits searched: without each part that broke nothing when it was replaced alone, and without as many of those as can be left out one after the other.
 *
 * Takes a Model, and a circuit: components by name (`*` allowed), or a circuit from `findCircuit`.
 * @throws OptionError, InterventionError, ImplementationError, BehaviourError, ... where nothing could be judged
 */
export const toHaveMinimalCircuit: Matcher<ClaimedCircuit, ToHaveMinimalCircuitOptions> = defineMatcher({
  name: NAME,
  argument: takes<ClaimedCircuit>('circuit'),
  schema,
  kind: claim,
  async run({ received, argument, options: { by, over, judge, ...options }, seed, signal }) {
    const model = requireModel(received, NAME);
    return minimalityClaim(model, claimedCircuit(model, argument, over), {
      ...options,
      by: waysOf(by, argument, judge),
      whole: judge === 'mean',
      seed,
      signal,
    });
  },
});
