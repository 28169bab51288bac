/** The induction model of the page, and a claim about it that is wrong. */
import { accuracy, load, task as makeTask } from 'congruity';
import 'congruity/setup';

const tokens = [0, 1, 2];
export const task = makeTask({
  name: 'induction',
  inputs: tokens.flatMap((a) =>
    tokens
      .filter((b) => b !== a)
      .flatMap((b) => [
        [3, a, b, 3 - a - b, a],
        [3, a, b, 3 - a - b, b],
      ]),
  ),
  behaviour: accuracy((input: readonly number[]) => input[input.indexOf(input.at(-1)!) + 1]!),
  threshold: { atLeast: 1 },
});
export const on = task;
export const model = await load('models/induction.safetensors', { backend: 'cpu' });
export const circuit = ['blocks.1.attn.head.0'];
