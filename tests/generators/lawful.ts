/** All the laws of an arbitrary at once, and the smallest value that fails a property. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  printsAndReparses,
  sameForSameSeed,
  shrinkingTerminates,
  shrinksAreStrictlySmaller,
  shrinksAreValid,
} from '../../generators/laws.js';

export interface Lawful<T> {
  readonly make: () => fc.Arbitrary<T>;
  readonly isValid: (value: T) => boolean | void;
  readonly size: (value: T) => readonly number[];
  /** what a value prints, read again */
  readonly parse: (text: string) => T;
}

/** Each walk draws a value and looks at up to 200 of its shrinks: 30 walks are thousands of values. */
export const parameters = { numRuns: 30 };

export function laws<T>({ make, isValid, size, parse }: Lawful<T>): void {
  test('the same value for the same seed', () => sameForSameSeed(make, { parameters }));
  test('values and shrinks are valid', () => shrinksAreValid(make(), isValid, { parameters }));
  test('every shrink is strictly smaller', () => shrinksAreStrictlySmaller(make(), size, { parameters }));
  test('shrinking terminates', () => shrinkingTerminates(make(), { parameters }));
  test('values print and re-parse', () => printsAndReparses(make(), parse, { parameters }));
  test('another seed draws others', () => {
    const words = (seed: number): string[] =>
      fc.sample(make(), { seed, numRuns: 20 }).map((value) => fc.stringify(value));
    expect(words(1)).not.toEqual(words(2));
  });
  test('a value that a user gives as an example shrinks too', () => {
    const [example] = fc.sample(make(), { seed: 1, numRuns: 1 });
    const { counterexample } = fc.check(
      fc.property<[T]>(make(), () => false),
      { examples: [[example!]], numRuns: 1 },
    );
    const end = counterexample![0];
    expect(size(end).reduce((a, b) => a + b, 0)).toBeLessThan(size(example!).reduce((a, b) => a + b, 0));
    expect([...make().shrink(end, undefined)]).toEqual([]);
  });
}

/** The value that a failing property ends with. */
export function shrinkFully<T>(arbitrary: fc.Arbitrary<T>, fails: (value: T) => boolean, seed = 7): T {
  const { counterexample } = fc.check(
    fc.property<[T]>(arbitrary, (value) => !fails(value)),
    { seed, numRuns: 10_000 },
  );
  if (counterexample === null) throw new Error('nothing that was drawn fails');
  return counterexample[0];
}
