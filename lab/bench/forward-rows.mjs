// Forward rows of the default comparison of the example's models: how many inputs go through a model, how long that takes, and what comes out.
//   node lab/bench/forward-rows.mjs [seeds] [key=value of the options as JSON...]
import { join } from 'node:path';
import { fromSources, root } from './sources.mjs';

const { compare, load, accuracy, pairs, range, task } = await fromSources(
  'forward-rows',
  `export { compare } from './src/verdict/compare.ts';
   export { load } from './src/model/load.ts';
   export { accuracy, pairs, range } from './src/task/index.ts';
   export { task } from './generators/task.ts';`,
);
const seeds = Number(process.argv[2] ?? 1);
const options = Object.fromEntries(
  process.argv.slice(3).map((one) => {
    const [key, value] = one.split(/=(.*)/s);
    return [key, JSON.parse(value)];
  }),
);
const model = (name) => load(join(root, 'examples', 'modular-addition', 'models', `${name}.safetensors`));
const on = task({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});

const percent = ({ estimate, low, high }) => `${[estimate, low, high].map((v) => (100 * v).toFixed(1)).join(' ')}`;
const released = await model('released');
console.log('| candidate | seed | outcome | a side | rows | seconds | excess, estimate and limits (%) |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const name of ['quantised', 'finetuned', 'finetuned-further', 'constant-attention', 'retrained']) {
  const candidate = await model(name);
  for (let seed = 0; seed < seeds; seed++) {
    let rows = 0;
    const { outcome, judgement, baseline, seconds } = await compare(released, candidate, {
      on,
      seed,
      ...options,
      progress: (_, __, work) => (rows = work?.rows ?? rows),
    });
    const [one, two] = judgement.sides;
    console.log(
      `| ${name} | ${seed} | ${outcome} | ${baseline.implementations.length} | ${rows} | ${seconds.toFixed(1)} | ${percent(one.excess)}, ${percent(two.excess)} |`,
    );
  }
  candidate.dispose();
}
