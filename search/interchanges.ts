/** Shrinks an interchange after which a model does not answer as the program. */
import type * as fc from 'fast-check';
import type { Interchanged, InterchangeRunner, Interchange } from '../src/program/interchange/runner.js';
import type { Value } from '../src/program/language/value.js';
import {
  interchanges,
  type InterchangeDescription,
  type InterchangeSpace,
  type InterchangeTrial,
} from '../generators/interchanges.js';
import type { SearchLimits } from './budget.js';
import { checkBatched, type SearchDetails } from './check.js';
import { readable } from './remembered.js';

export interface InterchangesOptions extends SearchLimits {
  /** one after which it is known not to */
  readonly known: Interchange;
  readonly seed: number;
  readonly check?: fc.Parameters<[InterchangeTrial]> | undefined;
  /** interchanges that failed before: tried first */
  readonly remembered?: readonly InterchangeDescription[] | undefined;
}

/** The simplest interchange that was found, and what came of it. */
export interface Disagreeing {
  readonly trial: InterchangeTrial | undefined;
  readonly found: Interchanged | undefined;
  readonly search: SearchDetails<InterchangeTrial>;
  /** true where one that failed before failed again */
  readonly again: boolean;
}

/** @throws CancelledError and whatever the model throws */
export async function searchInterchanges(
  runner: InterchangeRunner<Value, Value>,
  space: InterchangeSpace,
  options: InterchangesOptions,
): Promise<Disagreeing> {
  const { known, seed, check = {}, remembered = [], ...limits } = options;
  const { arbitrary, parse } = interchanges(space);
  const results = new Map<string, Interchanged>();
  const recall = ({ key }: InterchangeTrial): boolean | undefined => results.get(key)?.agrees;
  const search = (examples: readonly InterchangeTrial[], parameters: fc.Parameters<[InterchangeTrial]>) =>
    checkBatched(
      arbitrary,
      async (batch, { spend }) => {
        const missing = batch.filter(({ key }) => !results.has(key));
        const before = runner.passes;
        const found = await runner.run(missing);
        spend(runner.passes - before);
        missing.forEach(({ key }, i) => results.set(key, found[i]!));
        return batch.map(({ key }) => results.get(key)!.agrees);
      },
      {
        seed,
        ...parameters,
        examples: examples.map((trial): [InterchangeTrial] => [trial]),
        numRuns: examples.length,
      },
      { ...limits, recall },
    );
  const result = (details: SearchDetails<InterchangeTrial>, again: boolean): Disagreeing => {
    const trial = details.details.counterexample?.[0];
    return { trial, found: trial && results.get(trial.key), search: details, again };
  };
  // apart from the others, so that what is remembered changes neither seed nor path
  if (check.path === undefined && remembered.length > 0) {
    const there = readable(remembered, (description) => parse(description));
    if (there.length > 0) {
      const before = await search(there, {});
      const again = before.details.counterexample?.[0];
      if (again && recall(again) === false) return result(before, true);
    }
  }
  return result(await search([parse(known)], check), false);
}
