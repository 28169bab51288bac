import type * as fc from 'fast-check';
import { defineTask, type InputSource, type Task, type TaskOptions } from '../src/task/task.js';
import { Exhaustive } from './exhaustive.js';
import { fromArbitrary } from './from-arbitrary.js';
import { arbitraries } from './_internals/arbitrary-of.js';

/** Larger exhaustive inputs are sampled, without repetition, instead of listed. */
const LISTED = 1_000_000;
const isArbitrary = (value: unknown): value is fc.Arbitrary<unknown> =>
  typeof value === 'object' && value !== null && 'generate' in value && 'shrink' in value;

/**
 * Declares a task whose inputs are a finite list, any fast-check arbitrary, or a source of one's own. Of `exhaustive(...)` it takes every value, or some without repetition.
 * @throws OptionError, TaskError as `defineTask`
 */
export function task<I>(
  options: Omit<TaskOptions<I>, 'inputs'> & { readonly inputs: TaskOptions<I>['inputs'] | fc.Arbitrary<I> },
): Task<I> {
  const given: unknown = options?.inputs;
  if (!isArbitrary(given)) return defineTask<I>(options as TaskOptions<I>);
  const arbitrary = given as fc.Arbitrary<I>;
  const inputs = !(arbitrary instanceof Exhaustive)
    ? fromArbitrary(arbitrary)
    : arbitrary.size <= LISTED
      ? (arbitrary.all() as I[])
      : (arbitrary as InputSource<I>);
  const made = defineTask<I>({ ...options, inputs });
  arbitraries.set(made, arbitrary);
  return made;
}
