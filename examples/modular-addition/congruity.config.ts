// Three candidates for release, all at least 99 % accurate at adding modulo a prime. Accuracy would let every one of them through.
//   npx congruity gate examples/modular-addition/congruity.config.ts
import { accuracy, pairs, range, task } from 'congruity';
import { defineConfig } from 'congruity/suites';
import config from './models/released.json';

const p = config.d_vocab;

export const addition = task({
  name: `addition mod ${p}`,
  inputs: pairs(range(p), range(p)),
  behaviour: accuracy(([a, b]: readonly [number, number]) => (a + b) % p),
  threshold: { atLeast: 0.99 },
});

const gate = (name: string, candidate: string) => ({
  name,
  baseline: 'models/released.safetensors',
  candidate: `models/${candidate}.safetensors`,
  task: addition,
});

export default defineConfig({
  gates: [
    gate('8-bit copy', 'quantised'),
    gate('fine-tuned further', 'finetuned-further'),
    gate('constant attention', 'constant-attention'),
  ],
});
