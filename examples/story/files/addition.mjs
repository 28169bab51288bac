import { accuracy, pairs, range, task } from 'congruity';

/** of train.py */
const modulus = 11;
const all = pairs(range(modulus), range(modulus));
// about a hundred of them
const every = Math.floor(all.length / 100);

export const addition = task({
  name: `addition mod ${modulus}`,
  inputs: all.filter((_, i) => i % every === 0),
  behaviour: accuracy(([a, b]) => (a + b) % modulus),
  threshold: { atLeast: 0.99 },
});
