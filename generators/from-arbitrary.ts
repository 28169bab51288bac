import * as fc from 'fast-check';
import type { InputSource } from '../src/task/task.js';

/**
 * An arbitrary as a source of inputs: the same inputs for the same seed.
 * @param parameters as for `fc.sample`: `{ unbiased: true }` draws without fast-check's preference for small and extreme values
 */
export function fromArbitrary<I>(arbitrary: fc.Arbitrary<I>, parameters: fc.Parameters<I> = {}): InputSource<I> {
  return { sample: (n, seed) => fc.sample(arbitrary, { ...parameters, numRuns: n, seed }) };
}
