/** The arbitrary that a task's inputs come from. */
import type * as fc from 'fast-check';
import type { Task } from '../../src/task/task.js';

export const arbitraries = new WeakMap<object, fc.Arbitrary<unknown>>();

/** The arbitrary that a task's inputs come from: it knows how they shrink. */
export const arbitraryOf = <I>(task: Task<I>): fc.Arbitrary<I> | undefined =>
  arbitraries.get(task) as fc.Arbitrary<I> | undefined;
