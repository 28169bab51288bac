// Forward rows of one comparison of two random transformers, by what asked for them. Needs no build.
//   node lab/bench/rows-by-phase.mjs ['{"layers":2,"heads":4,"width":64,...}']
import { inputsOf, weightsOf } from './forward/models.mjs';
import { fromSources } from './sources.mjs';

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
  ...JSON.parse(process.argv[2] ?? '{}'),
};
const { EngineModel, compare, klToClean, task, transformer } = await fromSources(
  'rows-by-phase',
  `export { compare, klToClean, task, transformer } from './index.js';
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
  ['Trials.ask', 'draws: forecasts'],
  ['Trials.run', 'draws: trials over all inputs'],
  ['async longestPrefix', 'draws: probes'],
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
const [one, other] = [await open('one', 0), await open('other', asked.apart)];
for (const [prototype, name, times] of [
  [EngineModel.prototype, 'run', 1],
  [Object.getPrototypeOf(one), 'attribute', 3],
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
const list = inputsOf(config).slice(0, asked.inputs);
const before = process.cpuUsage();
const found = await compare(one, other, {
  on: task({
    name: 'as before',
    inputs: list,
    behaviour: klToClean(),
    threshold: { atMost: asked.threshold },
  }),
  seed: asked.seed,
  inputs: asked.inputs,
  budget: { draws: asked.draws },
  ...(asked.relation && { relation: asked.relation }),
  ...(asked.common !== undefined && { common: asked.common }),
  shrink: false,
  ...(asked.over && { set: { search: { over: asked.over } } }),
});
const { user, system } = process.cpuUsage(before);
const { outcome, baseline, rows: work, common } = found;
console.log(
  `${outcome}; ${baseline.implementations.length} a side, ${common ? 'drawn together' : 'drawn apart'}; ${work.computed} rows; ${((user + system) / 1e6).toFixed(1)} s of processor time`,
);
console.log(
  baseline.implementations
    .slice(0, 4)
    .map((one) => one.description ?? one)
    .join('\n'),
);
console.log(baseline.circuit ?? baseline.search ?? '');
for (const [phase, count] of [...rows].toSorted((a, b) => b[1] - a[1]))
  console.log(`${String(count).padStart(8)}  ${String(passes.get(phase)).padStart(5)} passes  ${phase}`);
