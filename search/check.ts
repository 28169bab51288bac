/** `fc.check` and `fc.assert` over batches. */
import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import { Meter, type InformedLimits, type SearchLimits } from './budget.js';
import { batchedProperty, type Evaluate } from './property.js';

/** What came of a search, beside fast-check's own account of it. */
export interface SearchDetails<T> {
  /** as `fc.check` of the same property one by one would give them */
  readonly details: fc.RunDetails<[T]>;
  /** why the search ended early; undefined where it went to its end */
  readonly stopped: string | undefined;
  /** forward passes, as the evaluation counted them */
  readonly passes: number;
  /** calls of the evaluation, and values it judged, those included that turned out not to be needed */
  readonly batches: number;
  readonly evaluated: number;
  readonly seconds: number;
}

/**
 * Checks that an evaluation holds for all values of an arbitrary, many values at a time: `fc.check(fc.asyncProperty(arbitrary, one), parameters)`
 * with the same seed, counterexample, path, numbers of runs, skips and shrinks, in fewer evaluations. Of the shrinks of a value the
 * first in order that fails wins, as one by one.
 *
 * Takes fast-check's parameters unchanged and inherits `fc.configureGlobal`. A `timeout` sees the time of a whole batch.
 * A search that reaches a limit (of `limits`, or fast-check's `interruptAfterTimeLimit`) is `stopped`: where it found no
 * counterexample it has established nothing.
 *
 * @param evaluate an answer for each value; see Evaluate
 * @throws CancelledError where the signal fires; OptionError for an impossible limit
 */
export async function checkBatched<T>(
  arbitrary: fc.Arbitrary<T>,
  evaluate: Evaluate<T>,
  parameters: fc.Parameters<[T]> = {},
  limits: InformedLimits<T> = {},
): Promise<SearchDetails<T>> {
  const meter = new Meter(limits);
  const merged = { ...(fc.readConfigureGlobal() as fc.Parameters<[T]>), ...parameters };
  // fixed here because both the run and the look ahead need it; as fast-check chooses it
  const seed = merged.seed ?? Date.now() ^ (Math.random() * 0x100000000);
  const property = batchedProperty(arbitrary, evaluate, { ...merged, seed }, meter, limits.recall);
  const details = (await fc.check(property, { ...parameters, seed })) as fc.RunDetails<[T]>;
  return {
    details,
    stopped: property.stopped ?? (details.interrupted ? "fast-check's own time limit was reached" : undefined),
    passes: meter.passes,
    batches: meter.batches,
    evaluated: meter.evaluated,
    seconds: meter.seconds,
  };
}

/** A search that ended early: nothing was found, and nothing was established. */
export class InterruptedSearchError extends Error {
  override readonly name = 'InterruptedSearchError';
}

/**
 * As `fc.assert`, over batches: reports through fast-check's reporters, throws its message with the counterexample where the
 * property fails.
 * @throws InterruptedSearchError where a limit was reached before a counterexample was found: an interrupted search never passes
 * @throws as checkBatched
 */
export async function assertBatched<T>(
  arbitrary: fc.Arbitrary<T>,
  evaluate: Evaluate<T>,
  parameters: fc.Parameters<[T]> = {},
  limits: SearchLimits = {},
): Promise<SearchDetails<T>> {
  if (typeof evaluate !== 'function')
    throw new OptionError({
      what: 'there is no evaluation',
      where: 'assertBatched',
      hint: 'give a function from values to one answer each',
    });
  const found = await checkBatched(arbitrary, evaluate, parameters, limits);
  const { details, stopped } = found;
  const { reporter, asyncReporter } = details.runConfiguration;
  if (asyncReporter) await asyncReporter(details);
  else if (reporter) reporter(details);
  else if (details.failed && details.counterexample !== null) {
    const { errorInstance } = details as { errorInstance?: unknown };
    throw new Error((await fc.asyncDefaultReportMessage(details)) ?? 'Property failed', { cause: errorInstance });
  } else if (details.failed && stopped === undefined)
    throw new Error((await fc.asyncDefaultReportMessage(details)) ?? 'Property failed');
  if (stopped !== undefined && details.counterexample === null)
    throw new InterruptedSearchError(
      `The search was interrupted: ${stopped} after ${details.numRuns} of ${details.runConfiguration.numRuns} runs (seed ${details.seed}). Nothing is established.`,
    );
  return found;
}
