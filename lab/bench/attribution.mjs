// Estimated effects of components beside exact patching of each: Spearman's rank correlation, rows and seconds.
//   node lab/bench/attribution.mjs example|calibration|stories|gpt2 [inputs] [names...]
//   stories reads checkpoint_legacy.bin and its tokenizer in $CONGRUITY_MODELS/stories260k
import { join } from 'node:path';
import { sizes, weightsOf } from './forward/models.mjs';
import { fromSources, root } from './sources.mjs';

const c = await fromSources(
  'attribution',
  `export { ATTRIBUTION, attributedEffects } from './src/circuit/attribution.js';
   export { ablation } from './src/circuit/ablation.js';
   export { components, intervene, sitesOf } from './src/circuit/component.js';
   export { load } from './src/model/load.js';
   export { loadLlama2c } from './src/model/formats/transformer/file/llama2c.js'; export { transformer } from './index.js';
   export { random } from './src/random.js';
   export { spearman } from './tests/helpers/spearman.js';
   export { accuracy, klDivergence, klToClean } from './src/task/behaviour.js';
   export { pairs, range } from './src/task/index.js';
   export { runExamples } from './src/task/run.js';
   export { task } from './generators/task.js';
   export { Zoo, recipes } from './lab/calibration/zoo.js';
   export { anythingGoes } from './lab/calibration/tasks.js';`,
);
const [which, inputs = '64', ...names] = process.argv.slice(2);

/** @param of some components of the model. Default: heads and neurons */
async function measure(name, model, on, n, some) {
  const examples = on.examples(n, 0);
  const all = some ?? c.components(model);
  const put = await c.ablation(model, on, examples, c.sitesOf(all), { by: 'resample', seed: 1 });
  const clean = (await c.runExamples(model, on, examples)).logits;
  let started = performance.now();
  const estimated = await c.attributedEffects(model, on, examples, all, put, { seed: 0 });
  const attribution = (performance.now() - started) / 1000;
  started = performance.now();
  const exact = [];
  for (const one of all) {
    const { logits } = await c.runExamples(model, on, examples, { patch: (rows) => c.intervene([one], put(rows)) });
    exact.push(logits.reduce((sum, row, i) => sum + c.klDivergence(clean[i], row), 0) / logits.length);
  }
  const patching = (performance.now() - started) / 1000;
  const of = (kind) => {
    const own = all.flatMap((one, i) => (kind === undefined || one.kind === kind ? [i] : []));
    return own.length < 2
      ? '-'
      : c
          .spearman(
            own.map((i) => exact[i]),
            own.map((i) => estimated.get(all[i])),
          )
          .toFixed(3);
  };
  console.log(
    `| ${name} | ${all.length} | ${of()} | ${of('head')} | ${of('neuron')} | ${all.length * n} | ${c.ATTRIBUTION} | ${patching.toFixed(1)} | ${attribution.toFixed(1)} |`,
  );
}

console.log(
  '| network | components | Spearman | heads | neurons | rows, exact | rows, estimated | s, exact | s, estimated |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
const n = Number(inputs);
if (which === 'example') {
  const on = c.task({
    name: 'addition mod 43',
    inputs: c.pairs(c.range(43), c.range(43)),
    behaviour: c.accuracy(([a, b]) => (a + b) % 43),
    threshold: { atLeast: 0.99 },
  });
  for (const name of names.length > 0 ? names : ['released', 'finetuned-further', 'quantised', 'constant-attention'])
    await measure(name, await c.load(join(root, 'examples/modular-addition/models', `${name}.safetensors`)), on, n);
}
if (which === 'calibration') {
  const zoo = await c.Zoo.open(join(root, 'lab/calibration/models'));
  for (const recipe of names.length > 0 ? names : c.recipes) {
    const number = zoo.numbers(recipe)[0];
    await measure(`${recipe} ${number}`, await zoo.model(recipe, number), c.anythingGoes, n);
  }
}
const tokens = (count, length, vocabulary) =>
  Array.from({ length: count }, (_, i) =>
    Array.from(c.random(i, 'tokens').permutation(vocabulary).subarray(0, length)),
  );
if (which === 'stories') {
  const model = await c.loadLlama2c(join(process.env.CONGRUITY_MODELS, 'stories260k', 'checkpoint_legacy.bin'));
  const opening = ['Once upon a time, there was', 'One day, a little girl named Lily', 'Tom and his mom went to'];
  const told = opening.flatMap((text) => {
    const start = model.tokenizer.encode(text);
    return [start];
  });
  // continuations of its own, cut to one length
  const list = [];
  for (const start of told) {
    let row = [...start];
    while (row.length < 16 + Math.ceil((2 * n) / told.length)) {
      const { logits } = await model.run([row], { logits: [-1] });
      row.push(logits.data.indexOf(Math.max(...logits.data)));
    }
    for (let from = 0; from + 16 <= row.length; from++) list.push(row.slice(from, from + 16));
  }
  const on = c.task({ name: 'stories', inputs: list, behaviour: c.klToClean(), threshold: { atMost: 1 } });
  const all = c.components(model);
  await measure(
    'stories260k',
    model,
    on,
    Math.min(n, list.length),
    all.filter((_, i) => all.length <= 200 || i % 5 === 0 || all[i].kind === 'head'),
  );
}
if (which === 'gpt2') {
  const config = sizes[names[0] ?? 'GPT-2 small'];
  const weights = new Map([...weightsOf(config)].map(([name, shape, data]) => [name, { shape, data }]));
  const model = await c.transformer(config, weights, { name: 'random', backend: 'wasm', copy: false });
  const on = c.task({
    name: 'as before',
    inputs: tokens(2 * n, 8, config.d_vocab),
    behaviour: c.klToClean(),
    threshold: { atMost: 1 },
  });
  const all = c.components(model, 'heads+neurons+layers');
  const neurons = all.filter(({ kind }) => kind === 'neuron');
  const chosen = new Set(Array.from(c.random(0, 'neurons').subset(neurons.length, 64), (i) => neurons[i]));
  await measure(
    'GPT-2 small, random weights',
    model,
    on,
    n,
    all.filter((one) => one.kind !== 'neuron' || chosen.has(one)),
  );
}
