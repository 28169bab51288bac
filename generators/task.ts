import * as fc from 'fast-check';
import { defineTask, type InputSource, type Task, type TaskOptions } from '../src/task/task.js';

/** An arbitrary as a source of inputs: the same inputs for the same seed. */
export function fromArbitrary<I>(arbitrary: fc.Arbitrary<I>): InputSource<I> {
  return { sample: (n, seed) => fc.sample(arbitrary, { numRuns: n, seed }) };
}

const isArbitrary = (value: unknown): value is fc.Arbitrary<unknown> =>
  typeof value === 'object' && value !== null && 'generate' in value && 'shrink' in value;

/**
 * Declares a task whose inputs are a finite list, any fast-check arbitrary, or a source of one's own.
 * @throws OptionError, TaskError as `defineTask`
 */
export function task<I>(options: Omit<TaskOptions<I>, 'inputs'> & { readonly inputs: TaskOptions<I>['inputs'] | fc.Arbitrary<I> }): Task<I> {
  const inputs = options?.inputs;
  return defineTask<I>({ ...options, inputs: isArbitrary(inputs) ? fromArbitrary(inputs as fc.Arbitrary<I>) : (inputs as TaskOptions<I>['inputs']) });
}
