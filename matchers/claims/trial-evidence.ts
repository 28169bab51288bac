/** Searches and trials as evidence. */
import { number } from '../../src/format.js';
import type { AnyTask } from '../../src/task/task.js';
import type { Counterexample, SearchEvidence } from '../../src/claims/claim.js';
import { inputInWords } from '../../generators/_internals/printed.js';
import type { SearchDetails } from '../../search/check.js';
import type { Effect } from '../../search/run-trials.js';
import type { Trial } from '../../generators/trials.js';

/** `accuracy 1 → 0` */
const scores = (task: AnyTask, { before, after }: Effect): string =>
  `${task.behaviour.name} ${number(before)} → ${number(after)}`;

export function trialCounterexample(
  { trial, effect }: { readonly trial: Trial<unknown>; readonly effect: Effect },
  task: AnyTask,
): Counterexample {
  const { source } = trial.toJSON();
  return {
    description: trial.description,
    components: trial.components.map(({ name }) => name),
    by: trial.by,
    ...(trial.input && { input: inputInWords(trial.input.input) }),
    ...(source !== undefined && { source }),
    measured: [scores(task, effect)],
  };
}

export function searchEvidence<T>(
  { details, stopped, passes, evaluated }: SearchDetails<T>,
  again = false,
): SearchEvidence {
  return {
    runs: details.numRuns,
    shrinks: details.numShrinks,
    evaluated,
    passes,
    ...(stopped !== undefined && { stopped }),
    seed: details.seed,
    ...(details.counterexamplePath !== null && !again && { path: details.counterexamplePath }),
    ...(again && { again }),
  };
}

/** Several searches of one check as one: their counts together, seed and path of the first that has one. */
export function together(searches: readonly SearchEvidence[]): SearchEvidence {
  const sum = (of: (one: SearchEvidence) => number): number => searches.reduce((total, one) => total + of(one), 0);
  const stopped = searches.find((one) => one.stopped !== undefined)?.stopped;
  return {
    runs: sum((one) => one.runs),
    shrinks: sum((one) => one.shrinks),
    evaluated: sum((one) => one.evaluated),
    passes: sum((one) => one.passes),
    ...(stopped !== undefined && { stopped }),
  };
}
