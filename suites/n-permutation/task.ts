/** The task of the suite, on inputs of n tokens. */
import { TaskError } from '../../src/errors.js';
import { random } from '../../src/random.js';
import type { Behaviour } from '../../src/task/behaviour.js';
import { defineTask, type Task } from '../../src/task/task.js';
import { isPermutation } from './programs.js';

export type Input = readonly number[];

/** Inputs at most: of more, all permutations and some others. */
const MOST = 1000;

/** Every input of n tokens of 0 to n - 1. */
function everyInput(n: number): Input[] {
  let all: Input[] = [[]];
  for (let i = 0; i < n; i++) all = all.flatMap((input) => Array.from({ length: n }, (_, token) => [...input, token]));
  return all;
}

/** All inputs of n tokens, or all permutations and some others where they are more than 1000. */
function inputsOf(n: number, seed: number): Input[] {
  const all = everyInput(n);
  if (all.length <= MOST) return all;
  const [yes, no] = [all.filter(isPermutation), all.filter((input) => !isPermutation(input))];
  return [...yes, ...Array.from(random(seed, 'others').subset(no.length, MOST - yes.length), (at) => no[at]!)];
}

/**
 * Are the tokens of an input the numbers 0 to n - 1, each once? A model must be right on 96 % of balanced inputs: permutations and others count one half each. Its answer is read at the last position.
 * @throws TaskError for n outside 3 to 5
 */
export function permutationTask(n: number, seed: number): Task<Input> {
  if (!Number.isInteger(n) || n < 3 || n > 5)
    throw new TaskError({
      what: `n is ${n}`,
      where: 'n',
      hint: 'give 3, 4 or 5: fewer tokens have too few inputs, more too many',
    });
  const inputs = inputsOf(n, seed);
  const yes = inputs.filter(isPermutation).length;
  const behaviour: Behaviour<Input> = {
    name: 'accuracy on balanced inputs',
    better: 'higher',
    relative: false,
    position: -1,
    answer: (input) => Number(isPermutation(input)),
    score(logits, input) {
      const right = isPermutation(input);
      const sure = right ? logits[1]! > logits[0]! : logits[0]! > logits[1]!;
      return sure ? inputs.length / (2 * (right ? yes : inputs.length - yes)) : 0;
    },
  };
  return defineTask<Input>({
    name: `${n}-permutation detection`,
    inputs,
    // as programs do: the beginning stands before the first token
    encode: (input) => [n, ...input],
    behaviour,
    threshold: { atLeast: 0.96 },
  });
}
