/** A model that has been seen to do its task, ready for trials. */
import { requireBehaviour, type Task } from '../../src/task/task.js';
import { runExamples } from '../../src/task/run.js';
import type { Model } from '../../src/model/model.js';
import type { Trials } from '../trials.js';
import { TrialRunner } from './run-trials.js';
import { sitesToKeep } from './sources.js';

export interface Examined<I> {
  readonly runner: TrialRunner<I>;
  /** inputs the behaviour was required on, and the score there */
  readonly inputs: number;
  readonly score: number;
}

/**
 * Runs the examples, once: their logits, and what trials resample from, are not computed again.
 * @param inputs examples at most
 * @throws BehaviourError where the model does not do the task; CancelledError
 */
export async function examine<I>(model: Model, on: Task<I>, { by, free }: Trials<I>, inputs: number, seed: number, signal?: AbortSignal): Promise<Examined<I>> {
  const examples = on.examples(inputs, seed);
  const run = await runExamples(model, on, examples, { capture: by.includes('resample') ? sitesToKeep(model, on, examples, free) : [], signal });
  requireBehaviour(on, model.name, run.score);
  return { runner: new TrialRunner(model, on, examples, run), inputs: examples.inputs.length, score: run.score };
}
