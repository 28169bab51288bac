/** Keys of runs over examples. */
import type { Model } from '../model/model.js';
import { encodedKey } from './identity.js';
import type { AnyExamples, AnyTask } from './task.js';

/** All that a run of a model on examples depends on; undefined where nobody can say. */
export function runKey(model: Model, task: AnyTask, examples: AnyExamples): readonly unknown[] | undefined {
  const { identity } = model;
  const of = identity === undefined ? undefined : task.identity?.(examples, model);
  return of === undefined ? undefined : [identity, of];
}

/**
 * As `runKey`, for work that draws counterfactuals by seeds that are not known beforehand, or takes means: what these are taken from is in it. Undefined for a task that makes counterfactuals by a
 * function, of which nobody can say what it gives.
 */
export function drawingKey(model: Model, task: AnyTask, examples: AnyExamples): readonly unknown[] | undefined {
  const run = runKey(model, task, examples);
  if (!run || task.counterfactual) return undefined;
  const from: unknown[] = [];
  if (task.size !== undefined) from.push(encodedKey(task.encode(task.examples(task.size, 0), model)));
  for (let at = examples.pool; at; at = at.pool) from.push(encodedKey(task.encode(at, model)));
  return from.includes(undefined) ? undefined : [run, from];
}
