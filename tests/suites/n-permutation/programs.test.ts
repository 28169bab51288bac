/** The six algorithms decide what they should on every input, and so do the models that they compile to. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { variations } from '../../../generators/variations.js';
import { compile } from '../../../src/program/compile.js';
import { isPermutation, permutationAlgorithms, permutationPrograms } from '../../../suites/n-permutation/programs.js';
import { allInputs, differences } from '../../program/exact';

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const tokens = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test('the specification: a set of as many numbers, of which the largest is one less', () => {
  const all = allInputs(tokens(5), 5);
  expect(all.filter(isPermutation)).toEqual(
    all.filter((input) => new Set(input).size === input.length && Math.max(...input) === input.length - 1),
  );
});

describe.each(permutationAlgorithms)('%s', (name) => {
  test.each([3, 4, 5])('agrees with the specification on every input of up to %i tokens', (n) => {
    const program = permutationPrograms(n)[name];
    const inputs = allInputs(tokens(n), n);
    const outputs = inputs.map((input) => program.run(input).output);
    const yes = inputs.filter((_, i) => outputs[i]!.every(Boolean));
    expect(yes).toEqual(inputs.filter(isPermutation));
    expect(yes.filter(({ length }) => length === n)).toHaveLength(factorial(n));
    // the same at every position
    expect(inputs.filter((_, i) => new Set(outputs[i]).size !== 1)).toEqual([]);
  });

  test('compiled, it has every variable on every input of up to 4 tokens', async () => {
    const compiled = await compile(permutationPrograms(4)[name], { backend: 'wasm' });
    expect(await differences(compiled, allInputs(tokens(4), 4))).toEqual([]);
    compiled.dispose();
  });
});

test.each(permutationAlgorithms)('%s: variations hold every variable', (name) => {
  const program = permutationPrograms(3)[name];
  const inputs = allInputs(tokens(3), 3);
  return fc.assert(
    fc.asyncProperty(variations(program), async (variation) => {
      const compiled = await compile(program, { backend: 'wasm', variation });
      expect(await differences(compiled, inputs)).toEqual([]);
      compiled.dispose();
    }),
    { numRuns: 4, endOnFailure: true },
  );
});

test('they are six: no two have the same variables', () => {
  const all = Object.values(permutationPrograms(4));
  expect(new Set(all.map(({ variables }) => variables.map(({ expression }) => expression).join())).size).toBe(6);
});
