import { readFileSync } from 'node:fs';
import { accuracy, pairs, range, task } from 'congruity';

const { d_vocab: modulus } = JSON.parse(readFileSync(new URL('models/step-1.json', import.meta.url), 'utf8'));
const all = pairs(range(modulus), range(modulus));
// about a hundred pairs, however many there are
const every = Math.floor(all.length / 100);

export const addition = task({
  name: 'addition',
  inputs: all.filter((_, i) => i % every === 0),
  behaviour: accuracy(([a, b]) => (a + b) % modulus),
  threshold: { atLeast: 0.99 },
});
