/** The example's last release and a copy of it. */
import { accuracy, load, pairs, range, task as makeTask } from 'congruity';

export const task = makeTask({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});
export const released = await load('models/released.safetensors');
export const candidate = await load('models/candidate.safetensors');
