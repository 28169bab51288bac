/** The example's last release and its candidate, with a tenth of the neurons resampled: one pass for every draw; copies of it in other bits stand for runs, and copies of the network with constant attention for what is to be stopped. */
import { accuracy, byIntervention, load, pairs, quantise, range, task as makeTask } from 'congruity';
import 'congruity/setup';

export const task = makeTask({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)).filter((_, i) => i % 31 === 0),
  behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 43),
  threshold: { atLeast: 0.9 },
});
const model = await load('models/released.safetensors');
const other = await load('models/constant-attention.safetensors');
const set = { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.1 };
export const released = byIntervention(model, set);
export const candidate = byIntervention(await quantise(model, 9), set);
const bits = (list: readonly number[]) => (from: typeof model) => Promise.all(list.map((n) => quantise(from, n)));
export const runs = await bits([6, 7, 8, 10, 11, 12, 13])(model);
export const unwanted = await bits([7, 8, 9, 10, 11, 12, 13, 14])(other);
