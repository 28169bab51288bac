/** When an intervention has broken the behaviour on an input. */
import type { AnyTask } from '../src/task/task.js';
import type { Effect } from './run-trials.js';

/**
 * An input is broken where the model, left alone, meets the task's threshold on it, and with the intervention does not any more and scores worse by more than the
 * tolerance. With accuracy: right before, wrong after. An input that the model gets wrong by itself cannot be broken. NaN is broken.
 * @param tolerance in the unit of the behaviour
 */
export function breaks(task: AnyTask, { before, after }: Effect, tolerance = 0): boolean {
  if (!task.meets(before) || task.meets(after)) return false;
  const worse = task.behaviour.better === 'higher' ? before - after : after - before;
  return Number.isNaN(worse) || worse > tolerance;
}
