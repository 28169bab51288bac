/** The example's last release and its candidate on 60 inputs, with a tenth of the neurons resampled: one pass for every draw. */
import { accuracy, byIntervention, load, pairs, range, task as makeTask } from 'congruity';
import 'congruity/setup';

export const task = makeTask({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)).filter((_, i) => i % 31 === 0),
  behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 43),
  threshold: { atLeast: 0.9 },
});
const set = { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.1 };
export const released = byIntervention(await load('models/released.safetensors'), set);
export const candidate = byIntervention(await load('models/candidate.safetensors'), set);
