/** A model whose circuit is known, and two of the example's. */
import { accuracy, load, pairs, range, task } from 'congruity';
import 'congruity/setup';

export const addition = task({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});

const tokens = [0, 1, 2];
export const repeats = task({
  name: 'what came after the last token before',
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
export const induction = await load('models/induction.safetensors', { backend: 'cpu' });
export const released = await load('models/released.safetensors');
export const candidate = await load('models/candidate.safetensors');
