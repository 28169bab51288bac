/** A model that has been seen to do its task, ready for trials. */
import { resamples } from '../src/circuit/ablations.js';
import { TaskError } from '../src/errors.js';
import { plural } from '../src/format.js';
import { requireBehaviour, type Examples, type Task } from '../src/task/task.js';
import { runExamples } from '../src/task/run.js';
import type { Model } from '../src/model/model.js';
import type { Trials } from '../generators/trials.js';
import { TrialRunner } from './run-trials.js';
import { sitesToKeep } from './sources.js';

export interface VerifiedModel<I> {
  readonly runner: TrialRunner<I>;
  /** inputs the behaviour was required on, and the score there */
  readonly inputs: number;
  readonly score: number;
  /** inputs that were left out and why, in sentences */
  readonly notes: readonly string[];
}

/**
 * Runs the examples, once: their logits, and what trials resample from, are not computed again.
 * @param whole trials are about all the examples
 * @throws BehaviourError where the model does not do the task; CancelledError
 */
export async function examine<I>(
  model: Model,
  on: Task<I>,
  space: Trials<I>,
  examples: Examples<I>,
  whole: boolean,
  signal?: AbortSignal,
): Promise<VerifiedModel<I>> {
  const { by, free } = space;
  const run = await runExamples(model, on, examples, {
    capture: by.some(resamples) ? sitesToKeep(model, on, examples, free) : [],
    signal,
  });
  requireBehaviour(on, model.name, run.score);
  const runner = new TrialRunner(model, on, examples, run, whole ? space.serves : undefined);
  if (whole && runner.all.length === 0)
    throw new TaskError({
      what: `no input of task "${on.name}" has anything to be replaced with`,
      where: 'task.inputs',
      hint: 'give the task inputs of equal size that differ',
    });
  const left = examples.inputs.length - runner.all.length;
  return {
    runner,
    inputs: runner.all.length,
    score: run.score,
    notes: [
      ...(examples.notes ?? []),
      ...(left > 0
        ? [`${plural(left, 'input')} ${left === 1 ? 'has' : 'have'} nothing to be replaced with: left out`]
        : []),
      ...space.notes,
    ],
  };
}
