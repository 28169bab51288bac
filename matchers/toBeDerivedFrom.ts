import { z } from 'zod';
import { measureNames } from '../src/measure/index.js';
import type { Model } from '../src/model/model.js';
import { compareSchema, inputsSchema, poolSchema, setSchema, sitesSchema } from '../src/verdict/compare-options.js';
import type { TwinIntervention } from '../search/twin-runner.js';
import { requireModel } from './claims/circuit.js';
import { derivedClaim } from './claims/derived.js';
import { defineMatcher, takes } from './define.js';
import { claim } from './kinds.js';
import { claimShape, parametersOf } from './options.js';

const NAME = 'toBeDerivedFrom';

const level = z.number().gt(0).lt(0.5).default(0.05);

const schema = z.strictObject({
  on: claimShape.on,
  seed: claimShape.seed,
  signal: claimShape.signal,
  budget: compareSchema.shape.budget.describe(
    'how much may be drawn: `draws` interventions on both models at most (default 40), in `seconds` (default: no limit). Drawing stops as soon as the outcome is certain, in clear cases after 10 to 14',
  ),
  alpha: level.describe('rate of saying that a model is not derived if it is, at most, whenever drawing ends'),
  beta: level.describe('rate of saying that a model is derived if it is not, at most, whenever drawing ends'),
  inputs: inputsSchema,
  sites: sitesSchema,
  pool: poolSchema,
  measure: z
    .enum(measureNames)
    .default('ridge')
    .describe(
      'the measure of the twin ratio. Under a metric, such as `cka`, a small ratio also bounds how different the two sets of implementations can be',
    ),
  resolution: z
    .number()
    .positive()
    .optional()
    .describe('a within-model distance below this counts as this. Default: the measure’s own'),
  splits: compareSchema.shape.splits,
  set: setSchema.optional().describe('how interventions are drawn: on which components, and by what'),
  map: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      'which component of the released model is which of the candidate: names, or whole families (`*` allowed). Default: those of one name, and those that `symmetries` put elsewhere',
    ),
  minAcceptance: compareSchema.shape.minAcceptance,
  shrink: z
    .boolean()
    .optional()
    .describe(
      'whether the intervention at which twins part most is shrunk to the fewest components and inputs. Default: true; false under `.not`',
    ),
  maxSeconds: z
    .number()
    .positive()
    .default(30)
    .describe('seconds after which shrinking stops; the outcome does not depend on it'),
  maxPasses: claimShape.maxPasses.describe('forward passes after which shrinking stops, likewise. Default: none'),
  check: parametersOf<[TwinIntervention]>()
    .optional()
    .describe(
      'fast-check’s parameters for the counterexample. `{ seed, path, endOnFailure: true }` runs that one intervention alone',
    ),
});

/**
 * Passes if the candidate is established to be derived from the released model: fine-tuned, compressed or pruned from it, so that every intervention on a component does to one
 * what it does to the other. Under `.not`, if it is established not to be, which is no evidence of another mechanism. Undecided, also where no components correspond, fails both ways.
 * Must be awaited.
 *
 * Fails with the fewest components and the simplest inputs on which one intervention does one thing to the released model and another to the candidate. The rule is in docs/derived.md.
 * @throws OptionError, TaskError, BehaviourError, ImplementationError, ... where nothing could be judged
 */
export const toBeDerivedFrom = defineMatcher({
  name: NAME,
  argument: takes<Model>((released) => {
    const name = (released as { name?: unknown } | null | undefined)?.name;
    return typeof name === 'string' ? name : 'released';
  }),
  schema,
  kind: claim,
  run: ({ received, argument, options: { alpha, beta, shrink, ...options }, seed, signal, place, say }) =>
    derivedClaim(
      [requireModel(argument, `${NAME}(released)`), requireModel(received, NAME)],
      { ...options, levels: { alpha, beta }, shrink: shrink ?? !place.context.isNot, seed, signal, say },
      place,
    ),
});
