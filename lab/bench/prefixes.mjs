// Layers computed and seconds of one comparison of two random transformers of GPT-2's architecture, and of one run whose change is at each layer.
//   node lab/bench/prefixes.mjs [size of forward/models.mjs, or 'GPT-2 small, narrow'] [inputs] [positions] [heads|neurons|heads+neurons] [largest KL divergence, nats]
import { createRequire } from 'node:module';
import { sizes, weightsOf } from './forward/models.mjs';
import { fromSources } from './sources.mjs';

const [size = 'GPT-2 small', inputs = 16, positions = 8, over = 'heads', atMost = 0.05] = process.argv.slice(2);
const { compare, klToClean, task, transformer } = await fromSources(
  'prefixes',
  `export { compare, klToClean, task, transformer } from './index.js';`,
);
const narrow = { d_model: 96, d_head: 8, d_mlp: 384, d_vocab: 512, d_vocab_out: 512, n_ctx: 16 };
const config = size === 'GPT-2 small, narrow' ? { ...sizes['GPT-2 small'], ...narrow } : sizes[size];

/** @param share of each weight that is noise */
function weights(share) {
  const made = new Map();
  let x = 12345;
  for (const [name, shape, data] of weightsOf(config)) {
    if (share > 0)
      for (let i = 0; i < data.length; i++) {
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
        data[i] *= 1 + (share * x) / 2 ** 31;
      }
    made.set(name, { shape, data });
  }
  return made;
}
const open = (name, share) => transformer(config, weights(share), { name, backend: 'wasm', copy: false });
const [one, other] = [await open('one', 0), await open('other', 0.02)];

/** rows times layers: each layer has one softmax, of [rows, heads, positions, positions] */
let layers = 0;
const core = createRequire(import.meta.url)('@tensorflow/tfjs-core');
const softmax = core.getKernel('Softmax', 'wasm');
core.unregisterKernel('Softmax', 'wasm');
core.registerKernel({
  ...softmax,
  kernelFunc: (asked) => {
    layers += asked.inputs.logits.shape[0];
    return softmax.kernelFunc(asked);
  },
});

let rows = 0;
for (const model of [one, other]) {
  const run = model.run.bind(model);
  model.run = (batch, options) => {
    rows += batch.length;
    return run(batch, options);
  };
}
const list = Array.from({ length: 2 * inputs }, (_, i) =>
  Array.from({ length: Number(positions) }, (_, j) => (i * 7919 + j * 104729 + i * j * 31) % config.d_vocab),
);
const started = performance.now();
const { outcome, baseline } = await compare(one, other, {
  on: task({ name: 'as before', inputs: list, behaviour: klToClean(), threshold: { atMost: Number(atMost) } }),
  seed: 0,
  inputs: Number(inputs),
  budget: { draws: 10 },
  set: { search: { over } },
  relation: 'equivalent',
});
console.log(
  `${size}, ${inputs} inputs of ${positions} tokens, ${over}: ${outcome}, ${baseline.implementations.length} draws a side; ${rows} rows, ${layers} layers of a row (${(layers / config.n_layers).toFixed(0)} rows in full), ${((performance.now() - started) / 1000).toFixed(1)} s`,
);
console.log(
  baseline.implementations
    .slice(1, 4)
    .map(({ description }) => description)
    .join('\n'),
);
