import { dirname } from 'node:path';
import * as z from 'zod';
import type { Model } from '../src/model/model.js';
import type { ShapeOf } from '../src/options.js';
import { keptUnder } from '../src/power/options.js';
import { compare } from '../src/verdict/compare.js';
import { compareSchema, type CompareOptions } from '../src/verdict/compare-options.js';
import type { ImplementationSet } from '../src/implementations/index.js';
import { workInWords } from '../src/verdict/workload.js';
import { defineMatcher, takes, type Matcher } from './define.js';
import { comparison } from './kinds.js';
import { sideName } from './claims/bounds.js';

/** Those of a comparison, but for some defaults. */
export interface ToBeInterpretivelyEquivalentOptions extends CompareOptions {
  /**
   * everything random follows from it: the same seed, inputs and backend give the same verdict to the bit. @defaultValue `CONGRUITY_SEED`, else 0
   */
  readonly seed?: number | undefined;
  /**
   * whether a verdict of "different" is shrunk to the fewest sites, inputs and implementations that show it, which takes a few seconds at most.
   * @defaultValue true; false under `.not`, where a difference is expected
   */
  readonly shrink?: boolean | undefined;
  /**
   * seconds after which the work is given up: CancelledError, which says how far it was. `'estimate'`: five times what the estimate comes to, and never less than 300.
   * @defaultValue 'estimate'
   */
  readonly maxSeconds?: number | 'estimate' | undefined;
}

export const equivalenceSchema = z.strictObject({
  ...compareSchema.shape,
  seed: z.int().optional(),
  shrink: z.boolean().optional(),
  maxSeconds: compareSchema.shape.maxSeconds.unwrap().default('estimate'),
} satisfies ShapeOf<ToBeInterpretivelyEquivalentOptions>);

/**
 * Passes if the candidate is established to do the task the way the baseline does; under `.not`, if it is established not
 * to. An undecided verdict fails both ways. The rule is in docs/verdict.md. Must be awaited.
 *
 * Takes a Model or an ImplementationSet on both sides.
 * @throws OptionError, TaskError, BehaviourError, ... where nothing could be judged
 */
export const toBeInterpretivelyEquivalent: Matcher<Model | ImplementationSet, ToBeInterpretivelyEquivalentOptions> =
  defineMatcher({
    name: 'toBeInterpretivelyEquivalent',
    argument: takes<Model | ImplementationSet>(sideName),
    schema: equivalenceSchema,
    kind: comparison,
    run: ({ received, argument, options, seed, signal, place, say }) =>
      compare(argument, received as Model | ImplementationSet, {
        ...options,
        shrink: options.shrink ?? !place.context.isNot,
        power: keptUnder(place.testPath && dirname(place.testPath), options.power),
        seed,
        signal,
        progress: (done, doing, work) => {
          say(workInWords(doing, work));
          options.progress?.(done, doing, work);
        },
      }),
  });
