/** Keys of runs over examples. */
import { isCongruityError } from '../errors.js';
import { exactKey } from '../exact-key.js';
import type { Model } from '../model/model.js';
import { madeByChance } from './counterfactuals.js';
import type { Encoded } from './encode.js';
import { encodedKey } from './identity.js';
import type { AnyExamples, AnyTask } from './task.js';

/** All that a run of a model on examples depends on; undefined where nobody can say. */
export function runKey(model: Model, task: AnyTask, examples: AnyExamples): readonly unknown[] | undefined {
  const { identity } = model;
  const of = identity === undefined ? undefined : task.identity?.(examples, model);
  return of === undefined ? undefined : [identity, of];
}

/**
 * As `runKey`, for work that draws counterfactuals by seeds that are not known beforehand, or takes means: what these are taken from is in it. Of a task that makes counterfactuals by a function they
 * are in it themselves; undefined where the function takes random numbers, as nobody can say what it gives for other seeds.
 */
export function drawingKey(model: Model, task: AnyTask, examples: AnyExamples): readonly unknown[] | undefined {
  const run = runKey(model, task, examples);
  if (!run) return undefined;
  if (task.counterfactual) {
    const made = madeByChance(task) ? undefined : madeKey(model, task, examples);
    return made === undefined ? undefined : [run, made];
  }
  const from: unknown[] = [];
  if (task.size !== undefined) from.push(encodedKey(task.encode(task.examples(task.size, 0), model)));
  for (let at = examples.pool; at; at = at.pool) from.push(encodedKey(task.encode(at, model)));
  return from.includes(undefined) ? undefined : [run, from];
}

/** Asked for at every draw. */
const known = new WeakMap<Encoded, string>();

/** The counterfactuals that a task makes without random numbers: the same ones for every seed. Undefined where an example has none. */
function madeKey(model: Model, task: AnyTask, examples: AnyExamples): string | undefined {
  const encoded = task.encode(examples, model);
  let key = known.get(encoded);
  if (key !== undefined) return key;
  try {
    key = exactKey(task.counterfactuals(examples, 0, model));
  } catch (error) {
    if (!isCongruityError(error)) throw error;
  }
  if (key !== undefined) known.set(encoded, key);
  return key;
}
