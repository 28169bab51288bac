// Forward rows of one comparison of two random transformers, or of each gate of the example as its config has it, by what asked for them. Needs no build.
//   node lab/bench/rows-by-phase.mjs ['{"layers":2,"heads":4,"width":64,...}']
//   node lab/bench/rows-by-phase.mjs '{"example":["quantised","finetuned-further","constant-attention"]}'
import { join } from 'node:path';
import { inputsOf, weightsOf } from './forward/models.mjs';
import { fromSources, root } from './sources.mjs';

const asked = {
  layers: 2,
  heads: 4,
  width: 64,
  inputs: 200,
  positions: 16,
  draws: 10,
  threshold: 0.02,
  apart: 0.02,
  seed: 0,
  relation: 'equivalent',
  /** candidates of the example's gates, in the place of random transformers */
  example: undefined,
  ...JSON.parse(process.argv[2] ?? '{}'),
};
const { EngineModel, accuracy, compare, klToClean, load, pairs, range, task, transformer } = await fromSources(
  'rows-by-phase',
  `export { accuracy, compare, klToClean, load, pairs, range, task, transformer } from './index.js';
   export { EngineModel } from './src/model/engine-model.js';`,
);
const vocabulary = 512;
const config = {
  n_layers: asked.layers,
  d_model: asked.width,
  n_ctx: asked.positions,
  d_head: asked.width / asked.heads,
  n_heads: asked.heads,
  d_mlp: 4 * asked.width,
  d_vocab: vocabulary,
  d_vocab_out: vocabulary,
  act_fn: 'gelu_new',
  normalization_type: 'LN',
  attention_dir: 'causal',
  positional_embedding_type: 'standard',
};
function open(name, share) {
  const weights = new Map();
  let at = 0;
  for (const [key, shape, data] of weightsOf(config)) {
    for (let i = 0; i < data.length; i++) data[i] *= 1 + share * Math.sin(at++);
    weights.set(key, { shape, data });
  }
  return transformer(config, weights, { name, backend: 'wasm' });
}

// the nearest of these in the stack says what rows are for
const PHASES = [
  ['captureInputs', 'counterfactual activations'],
  ['ResponseRunner', 'responses'],
  ['respond', 'responses'],
  ['ResponseTest', 'responses'],
  ['mispaired', 'control of twins'],
  ['attributedEffects', 'search: gradients'],
  ['findBreakers', 'search: patches'],
  ['.pilot', 'pilot'],
  ['fromSource', 'counterfactual activations'],
  ['Trials.forecast', 'draws: forecasts'],
  ['Trials.finish', 'draws: trials'],
  ['Trials.run', 'draws: trials'],
  ['async longestPrefix', 'draws: probes'],
  // of a pilot, after its search
  ['Trials.<anonymous>', 'pilot'],
  ['behaviourOf', 'the models themselves'],
  ['untouched', 'the models themselves'],
];
Error.stackTraceLimit = 60;
const rows = new Map();
const passes = new Map();
const say = (count) => {
  const stack = new Error('where').stack;
  const phase = PHASES.find(([name]) => stack.includes(name))?.[1] ?? stack.split('\n').slice(2, 12).join('\n');
  rows.set(phase, (rows.get(phase) ?? 0) + count);
  passes.set(phase, (passes.get(phase) ?? 0) + 1);
};
const restart = () => [rows, passes].forEach((counts) => counts.clear());
function watch() {
  for (const [prototype, name, times] of [
    [EngineModel.prototype, 'run', 1],
    [EngineModel.prototype, 'attribute', 3],
  ]) {
    const { value, get } = Object.getOwnPropertyDescriptor(prototype, name);
    const watching = (work) =>
      work &&
      function (inputs, ...rest) {
        say(times * inputs.length);
        return work.call(this, inputs, ...rest);
      };
    if (value) prototype[name] = watching(value);
    else
      Object.defineProperty(prototype, name, {
        get() {
          return watching(get.call(this));
        },
      });
  }
}

async function report(one, other, options) {
  restart();
  const before = process.cpuUsage();
  const found = await compare(one, other, { seed: asked.seed, ...options });
  const { user, system } = process.cpuUsage(before);
  const { outcome, baseline, rows: work, common } = found;
  console.log(
    `${outcome}; ${baseline.implementations.length} a side, ${common.how ? 'drawn together' : 'drawn apart'}; ${work.computed} rows; ${((user + system) / 1e6).toFixed(1)} s of processor time`,
  );
  // `blocks.0.attn.head.1 and 80 of 512 neurons`
  const sizes = baseline.implementations
    .slice(1)
    .map(
      ({ description }) =>
        [...description.matchAll(/(\d+) of \d+/g)].reduce((sum, [, count]) => sum + Number(count), 0) +
        (description.match(/blocks\.\d/g) ?? []).length,
    );
  console.log(
    `patched: ${sizes.join(', ')}; mean ${(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toFixed(1)}`,
  );
  for (const [phase, count] of [...rows].toSorted((a, b) => b[1] - a[1]))
    console.log(`${String(count).padStart(8)}  ${String(passes.get(phase)).padStart(5)} passes  ${phase}`);
  return work.computed;
}

if (asked.example) {
  // as examples/modular-addition/congruity.config.ts has it, without planted changes
  const on = task({
    name: 'addition mod 43',
    inputs: pairs(range(43), range(43)),
    behaviour: accuracy(([a, b]) => (a + b) % 43),
    threshold: { atLeast: 0.99 },
  });
  const model = (name) => load(join(root, 'examples', 'modular-addition', 'models', `${name}.safetensors`));
  const released = await model('released');
  watch();
  let all = 0;
  for (const name of asked.example) {
    console.log(`\n${name}`);
    all += await report(released, await model(name), { on, alpha: 0.05 / 3, beta: 0.05 / 3 });
  }
  console.log(`\n${all} rows in all`);
} else {
  const [one, other] = [await open('one', 0), await open('other', asked.apart)];
  watch();
  await report(one, other, {
    on: task({
      name: 'as before',
      inputs: inputsOf(config).slice(0, asked.inputs),
      behaviour: klToClean(),
      threshold: { atMost: asked.threshold },
    }),
    inputs: asked.inputs,
    budget: { draws: asked.draws },
    ...(asked.relation && { relation: asked.relation }),
    ...(asked.common !== undefined && { common: asked.common }),
    shrink: false,
    ...(asked.over && { set: { search: { over: asked.over } } }),
  });
}
