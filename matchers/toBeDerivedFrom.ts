import * as z from 'zod';
import type { ComponentMap } from '../src/circuit/correspondence.js';
import type { ByInterventionOptions } from '../src/implementations/index.js';
import { measureNames, type MeasureName } from '../src/measure/index.js';
import type { Model } from '../src/model/model.js';
import type { ShapeOf } from '../src/options.js';
import type { AnyTask } from '../src/task/task.js';
import {
  compareSchema,
  representationShape,
  type CompareBudget,
  type RepresentationOptions,
} from '../src/verdict/compare-options.js';
import type { TwinIntervention } from '../search/twin-runner.js';
import { requireModel } from './claims/circuit.js';
import { derivedClaim } from './claims/derived.js';
import { defineMatcher, takesModel, type Matcher } from './define.js';
import { claim } from './kinds.js';
import { claimShape, parametersOf, type CheckParameters } from './options.js';

const NAME = 'toBeDerivedFrom';

/** How twins are drawn and judged. */
export interface ToBeDerivedFromOptions extends RepresentationOptions {
  /** the task */
  readonly on: AnyTask;
  /** everything random follows from it. @defaultValue `CONGRUITY_SEED`, else the seed that fast-check is configured with, else 0 */
  readonly seed?: number | undefined;
  /** how much may be drawn: interventions on both models. Drawing stops as soon as the outcome is certain, in clear cases after 10 to 14. @defaultValue \{ draws: 40 \} */
  readonly budget?: CompareBudget | undefined;
  /** rate of saying that a model is not derived if it is, at most, whenever drawing ends. @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** rate of saying that a model is derived if it is not, at most, whenever drawing ends. @defaultValue 0.05 */
  readonly beta?: number | undefined;
  /**
   * the measure of the twin ratio. Under a metric, such as `cka`, a small ratio also bounds how different the two sets of implementations can be. @defaultValue 'ridge'
   */
  readonly measure?: MeasureName | undefined;
  /** a within-model distance below this counts as this. @defaultValue the measure's own */
  readonly resolution?: number | undefined;
  /** train/test splits of the inputs that the ridge distance is averaged over. @defaultValue 3 */
  readonly splits?: number | undefined;
  /** how interventions are drawn: on which components, and by what. @defaultValue those of `byIntervention` */
  readonly set?: ByInterventionOptions | undefined;
  /**
   * which component of the released model is which of the candidate: names, or whole families (`*` allowed). @defaultValue those of one name, and those that `symmetries` put elsewhere
   */
  readonly map?: ComponentMap | undefined;
  /** smallest share of draws that must preserve behaviour. @defaultValue 0.2 */
  readonly minAcceptance?: number | undefined;
  /**
   * whether the intervention at which twins part most is shrunk to the fewest components and inputs. @defaultValue true; false under `.not`
   */
  readonly shrink?: boolean | undefined;
  /** seconds after which shrinking stops; the outcome does not depend on it. @defaultValue 30 */
  readonly maxSeconds?: number | undefined;
  /** forward passes after which shrinking stops, likewise. @defaultValue none */
  readonly maxPasses?: number | undefined;
  /** fast-check's parameters for the counterexample. `\{ seed, path, endOnFailure: true \}` runs that one intervention alone */
  readonly check?: CheckParameters<[TwinIntervention]> | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

const level = z.number().gt(0).lt(0.5).default(0.05);
const { budget, splits, set, minAcceptance } = compareSchema.shape;
const { on, seed, signal, maxPasses } = claimShape;

const schema = z.strictObject({
  on,
  seed,
  signal,
  budget,
  alpha: level,
  beta: level,
  ...representationShape,
  measure: z.enum(measureNames).default('ridge'),
  resolution: z.number().positive().optional(),
  splits,
  set,
  map: z.record(z.string(), z.string()).optional(),
  minAcceptance,
  shrink: z.boolean().optional(),
  maxSeconds: z.number().positive().default(30),
  maxPasses,
  check: parametersOf<[TwinIntervention]>().optional(),
} satisfies ShapeOf<ToBeDerivedFromOptions>);

/**
 * Passes if the candidate is established to be derived from the released model: fine-tuned, compressed or pruned from it, so that every intervention on a component does to one
 * what it does to the other. Under `.not`, if it is established not to be, which is no evidence of another mechanism. Undecided, also where no components correspond, fails both ways.
 * Must be awaited.
 *
 * Fails with the fewest components and the simplest inputs on which one intervention does one thing to the released model and another to the candidate. The rule is in docs/derived.md.
 * @throws OptionError, TaskError, BehaviourError, ImplementationError, ... where nothing could be judged
 */
export const toBeDerivedFrom: Matcher<Model, ToBeDerivedFromOptions> = defineMatcher({
  name: NAME,
  argument: takesModel('released'),
  schema,
  kind: claim,
  run: ({ received, argument, options: { alpha, beta, shrink, ...options }, seed, signal, place, say }) =>
    derivedClaim(
      [requireModel(argument, `${NAME}(released)`), requireModel(received, NAME)],
      { ...options, levels: { alpha, beta }, shrink: shrink ?? !place.context.isNot, seed, signal, say },
      place,
    ),
});
