/** A model that has been seen to do its task, ready for trials. */
import { TaskError } from '../../src/errors.js';
import { plural } from '../../src/format.js';
import { requireBehaviour, type Examples, type Task } from '../../src/task/task.js';
import { runExamples } from '../../src/task/run.js';
import type { Model } from '../../src/model/model.js';
import type { Trials } from '../trials.js';
import { TrialRunner } from './run-trials.js';
import { sitesToKeep } from './sources.js';

export interface Examined<I> {
  readonly runner: TrialRunner<I>;
  /** inputs the behaviour was required on, and the score there */
  readonly inputs: number;
  /** inputs that were left out and why, in sentences */
  readonly notes: readonly string[];
  readonly score: number;
}

/**
 * Runs the examples, once: their logits, and what trials resample from, are not computed again.
 * @param inputs examples at most
 * @throws BehaviourError where the model does not do the task; CancelledError
 */
export async function examine<I>(model: Model, on: Task<I>, trials: Trials<I>, inputs: number, seed: number, signal?: AbortSignal): Promise<Examined<I>> {
  const { by, free, notes } = trials;
  const examples = standing(on, on.examples(inputs, seed), model, trials);
  const run = await runExamples(model, on, examples, { capture: by.includes('resample') ? sitesToKeep(model, on, examples, free) : [], signal });
  requireBehaviour(on, model.name, run.score);
  return { runner: new TrialRunner(model, on, examples, run), inputs: examples.inputs.length, notes: [...(examples.notes ?? []), ...notes], score: run.score };
}

/** Those examples that another input can stand in for. @throws TaskError for none */
function standing<I>(on: Task<I>, examples: Examples<I>, model: Model, { standsIn }: Trials<I>): Examples<I> {
  const { inputs } = on.encode(examples, model);
  const kept = examples.inputs.filter((_, at) => standsIn(inputs[at]!));
  const left = inputs.length - kept.length;
  if (left === 0) return examples;
  if (kept.length === 0) throw new TaskError({ what: `no two inputs of task "${on.name}" are of one size and differ, so none can stand in for another`, where: 'task.inputs', todo: 'give the task inputs of equal size' });
  return { inputs: kept, pool: examples, notes: [...(examples.notes ?? []), `${plural(left, 'input')} ${left === 1 ? 'has' : 'have'} no other of the same size to stand in: left out`] };
}
