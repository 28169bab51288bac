import * as z from 'zod';
import { measureNames, type MeasureName } from '../src/measure/index.js';
import type { ShapeOf } from '../src/options.js';
import { representationShape, type RepresentationOptions } from '../src/verdict/compare-options.js';
import type { ModelChanges } from './claims/changes.js';
import { requireModel } from './claims/circuit.js';
import { invarianceClaim } from './claims/invariance.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { claim } from './kinds.js';
import {
  agreementOption,
  claimShape,
  parametersOf,
  type Agreement,
  type CheckParameters,
  type ClaimOptions,
} from './options.js';

const NAME = 'toBeInvariantUnder';

export interface ToBeInvariantUnderOptions extends ClaimOptions, Omit<RepresentationOptions, 'inputs'> {
  /** what must agree on every example: all `probabilities`, the `answer`, or the behaviour's `score`. @defaultValue 'probabilities' */
  readonly agree?: Agreement | undefined;
  /** how far they may be apart: changes that keep a function exactly keep it up to rounding. @defaultValue 0.001 */
  readonly tolerance?: number | undefined;
  /** examples that behaviour and representation are taken over. @defaultValue 200 */
  readonly inputs?: number | undefined;
  /** whether representations matter, too: they may not be farther apart than copies are. @defaultValue true */
  readonly representation?: boolean | undefined;
  /** the measure of representations. @defaultValue 'cka' */
  readonly measure?: MeasureName | undefined;
  /**
   * how far apart representations may be.
   * @defaultValue the measure's own resolution on top of how far it finds a copy, below which representations count as copies
   */
  readonly resolution?: number | undefined;
  /**
   * fast-check's parameters, unchanged. Of an arbitrary `numRuns` (20 unless set: each is a model of its own) changes are drawn; of a list all are tried
   */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly check?: CheckParameters<[any]> | undefined;
}

const schema = z.strictObject({
  ...claimShape,
  agree: agreementOption.default('probabilities'),
  tolerance: z.number().min(0).default(0.001),
  inputs: z.int().min(2).default(200),
  representation: z.boolean().default(true),
  measure: z.enum(measureNames).default('cka'),
  resolution: z.number().min(0).optional(),
  sites: representationShape.sites,
  pool: representationShape.pool,
  // oxlint-disable-next-line typescript/no-explicit-any
  check: parametersOf<[any]>().optional(),
} satisfies ShapeOf<ToBeInvariantUnderOptions>);

/**
 * Passes if no change moves what the model does, or how: behaviour on every example, and (unless `representation: false`) the distance between the model's
 * representation and the changed model's. For symmetries, which ought to move neither; under `.not` passes if a change moves one of them, as mutants should.
 * Fails with the smallest change. A search that reached a limit first is undecided and fails both ways. Must be awaited.
 *
 * Takes a Model, and `symmetries(model)` or another arbitrary of changes, a list, or one: `{ description, apply }` or `{ description, model }`.
 * @throws OptionError, RepresentationError, ... where nothing could be judged
 */
export const toBeInvariantUnder: Matcher<ModelChanges, ToBeInvariantUnderOptions> = defineMatcher({
  name: NAME,
  argument: takes<ModelChanges>('changes'),
  schema,
  kind: claim,
  run: ({ received, argument, options, seed, signal }) =>
    invarianceClaim(requireModel(received, NAME), argument, { ...options, seed, signal }),
});
