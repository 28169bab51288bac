import * as z from 'zod';
import type { ShapeOf } from '../src/options.js';
import { insideOf, requireModel, waysOf, type ClaimedCircuit } from './claims/circuit.js';
import { necessityClaim } from './claims/necessity.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { claim } from './kinds.js';
import { circuitShape, type CircuitClaimOptions } from './options.js';

const NAME = 'toHaveNecessaryCircuit';

/** Of the parts of a circuit. */
export interface CircuitPartsOptions {
  /** share of inputs that must break for a part to count as necessary. @defaultValue 0.05 */
  readonly effect?: number | undefined;
  /** the chance that everything said of all parts is right, at least. @defaultValue 0.95 */
  readonly confidence?: number | undefined;
  /** inputs and counterfactuals for each part and way, at most: drawing ends when the part is decided. @defaultValue 1000 */
  readonly draws?: number | undefined;
}

export const circuitPartsShape = {
  effect: z.number().gt(0).lt(1).default(0.05),
  confidence: z.number().gt(0).lt(1).default(0.95),
  draws: z.int().min(1).default(1000),
} satisfies ShapeOf<CircuitPartsOptions>;

export interface ToHaveNecessaryCircuitOptions extends CircuitClaimOptions, CircuitPartsOptions {}

const schema = z.strictObject({
  ...circuitShape,
  ...circuitPartsShape,
} satisfies ShapeOf<ToHaveNecessaryCircuitOptions>);

/**
 * Passes if each part of the circuit is necessary: some way of intervening on it alone breaks more than `effect` of the inputs, at the stated confidence for all parts
 * together. Under `.not` passes if a part could be dropped. If a part is neither, it is undecided and fails both ways. Inputs and counterfactuals are drawn until each part is
 * decided; the confidence allows for looking after every draw. Must be awaited.
 *
 * Fails with the parts that could be dropped.
 *
 * Takes a Model, and a circuit: components by name (`*` allowed: each that matches is a part; `blocks.1.mlp` is one part), or a circuit from `findCircuit`.
 * @throws OptionError, InterventionError, BehaviourError, ... where nothing could be judged
 */
export const toHaveNecessaryCircuit: Matcher<ClaimedCircuit, ToHaveNecessaryCircuitOptions> = defineMatcher({
  name: NAME,
  argument: takes<ClaimedCircuit>('circuit'),
  schema,
  kind: claim,
  async run({ received, argument, options, seed, signal }) {
    const model = requireModel(received, NAME);
    const by = waysOf(options.by, argument);
    return necessityClaim(model, insideOf(model, argument), { ...options, by, seed, signal });
  },
});
