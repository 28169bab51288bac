import { z } from 'zod';
import { measureNames } from '../src/measure/index.js';
import { poolSchema, sitesSchema } from '../src/verdict/compare-options.js';
import type { ModelChanges } from './claims/changes.js';
import { requireModel } from './claims/circuit.js';
import { invarianceClaim } from './claims/invariance.js';
import { defineMatcher, takes } from './define.js';
import { claim } from './kinds.js';
import { agreementOption, claimShape, parametersOf } from './options.js';

const NAME = 'toBeInvariantUnder';

const schema = z.strictObject({
  ...claimShape,
  agree: agreementOption
    .default('probabilities')
    .describe('what must agree on every example: all `probabilities`, the `answer`, or the behaviour’s `score`'),
  tolerance: z
    .number()
    .min(0)
    .default(0.001)
    .describe('how far they may be apart: changes that keep a function exactly keep it up to rounding'),
  inputs: z.int().min(2).default(200).describe('examples that behaviour and representation are taken over'),
  representation: z
    .boolean()
    .default(true)
    .describe('whether representations matter, too: they may not be farther apart than copies are'),
  measure: z.enum(measureNames).default('cka').describe('the measure of representations'),
  resolution: z
    .number()
    .min(0)
    .optional()
    .describe(
      'how far apart representations may be. Default: the measure’s own resolution on top of how far it finds a copy, below which representations count as copies',
    ),
  sites: sitesSchema,
  pool: poolSchema,
  // oxlint-disable-next-line typescript/no-explicit-any
  check: parametersOf<[any]>()
    .optional()
    .describe(
      'fast-check’s parameters, unchanged. Of an arbitrary `numRuns` (default 20: each is a model of its own) changes are drawn; of a list all are tried',
    ),
});

/**
 * Passes if no change moves what the model does, or how: behaviour on every example, and (unless `representation: false`) the distance between the model's
 * representation and the changed model's. For symmetries, which ought to move neither; under `.not` passes if a change moves one of them, as mutants should.
 * Fails with the smallest change. A search that reached a limit first is undecided and fails both ways. Must be awaited.
 *
 * Takes a Model, and `symmetries(model)` or another arbitrary of changes, a list, or one: `{ description, apply }` or `{ description, model }`.
 * @throws OptionError, RepresentationError, ... where nothing could be judged
 */
export const toBeInvariantUnder = defineMatcher({
  name: NAME,
  argument: takes<ModelChanges>('changes'),
  schema,
  kind: claim,
  run: ({ received, argument, options, seed, signal }) =>
    invarianceClaim(requireModel(received, NAME), argument, { ...options, seed, signal }),
});
