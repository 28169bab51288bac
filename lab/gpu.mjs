// What a GPU changes: parity, rows a second, products and a whole comparison on WebGPU through Dawn, beside PyTorch on the same GPU. Under ten minutes.
//
//   npm run build
//   ../shared/tools/gpu-bundle.sh @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-webgpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 \
//     @tensorflow/tfjs-backend-cpu@4.22.0 webgpu@0.6.2 chalk@4 pure-rand@8 fastest-levenshtein@1 @huggingface/tokenizers@0.2.0
//   there, from a copy of this folder:   . .gpu/enter.sh && node lab/gpu.mjs
//   on a software adapter:               node lab/gpu.mjs --tiny
//
// It writes a table to $OUT/gpu.md, or gpu.md, and ends with 1 if a number of the GPU is wrong.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { inputsOf, residualSites, sizes, weightsOf } from './bench/forward/models.mjs';

const tiny = process.argv.includes('--tiny');
const here = fileURLToPath(new URL('.', import.meta.url));
const { backend, compare, klToClean, task, transformer } = createRequire(import.meta.url)(
  '../dist/cjs/congruity.js',
).index();

const rows = [];
const say = (...row) => {
  rows.push(row);
  console.log(row.join(' | '));
};
const least = async (times, work) => {
  let best = Infinity;
  for (let i = 0; i < times; i++) {
    const since = performance.now();
    await work();
    best = Math.min(best, (performance.now() - since) / 1000);
  }
  return best;
};

const gpu = await backend({ backend: 'webgpu' });
say('adapter', gpu.description, '');

const weightMap = (config, share = 0) => {
  let at = 0;
  return new Map(
    [...weightsOf(config)].map(([name, shape, data]) => [
      name,
      { shape, data: share === 0 ? data : data.map((x) => x * (1 + share * Math.sin(at++))) },
    ]),
  );
};
const used = tiny ? ['2 layers, d 64'] : Object.keys(sizes);

// PyTorch first: it says what there is to compare with
const python = spawnSync(
  'python3',
  [join(here, 'gpu.py'), JSON.stringify(used.map((name) => [name, sizes[name]])), tiny ? '256' : '4096'],
  {
    encoding: 'utf8',
  },
);
let torch;
if (python.status === 0) torch = JSON.parse(python.stdout.trim().split('\n').at(-1));
else say('PyTorch on this GPU', 'not run', (python.error?.message ?? python.stderr).trim().split('\n').at(-1) ?? '');

for (const name of used) {
  const config = sizes[name];
  const weights = weightMap(config);
  const inputs = inputsOf(config).slice(0, tiny ? 8 : undefined);
  const sites = residualSites(config);
  const one = await transformer(config, weights, { backend: 'webgpu', copy: false });
  const asked = {
    capture: sites,
    logits: -1,
    interventions: [
      { site: 'blocks.0.attn.hook_z', at: { head: [1] }, by: { kind: 'resample', inputs: inputs.toReversed() } },
    ],
  };
  const found = await one.run(inputs, asked);
  const reference = await transformer(config, weights, { backend: 'wasm', copy: false });
  const expected = await reference.run(inputs, asked);
  reference.dispose();
  let worst = 0;
  for (const [a, b] of [
    [found.logits, expected.logits],
    ...sites.map((site) => [found.activations.get(site), expected.activations.get(site)]),
  ]) {
    const size = b.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    for (let i = 0; i < a.data.length; i++) worst = Math.max(worst, Math.abs(a.data[i] - b.data[i]) / size);
  }
  if (!(worst < 1e-3)) process.exitCode = 1;
  say(`${name}: WebGPU against wasm, patched and captured`, worst.toExponential(1), 'largest relative difference');
  const seconds = await least(tiny ? 1 : 5, () => one.run(inputs, { capture: sites, logits: -1 }));
  const theirs = torch?.forward[name];
  say(
    `${name}: ${inputs.length} rows of 16 tokens, captured`,
    `${(inputs.length / seconds).toPrecision(3)} rows a second`,
    theirs ? `PyTorch ${theirs.toFixed(0)}, ${((theirs * seconds) / inputs.length).toFixed(2)} x` : '',
  );
  one.dispose();
}

// all pairs: queries times keys
const K = tiny ? 256 : 4096;
const product = async () => {
  const out = gpu.within(() => tf.tidy(() => tf.matMul(a, b)));
  await out.data();
  out.dispose();
};
const [a, b] = gpu.within(() => [tf.randomUniform([K, K]), tf.randomUniform([K, K])]);
const spent = await least(tiny ? 1 : 5, product);
say(
  `all-pairs product of ${K}, float32, with its transfer`,
  `${((2 * K ** 3) / spent / 1e9).toPrecision(3)} GFLOPS`,
  torch ? `PyTorch ${torch.product.toFixed(0)}; goal within 1.5 x` : '',
);

const config = sizes[tiny ? '2 layers, d 64' : '6 layers, d 512'];
const [one, other] = await Promise.all(
  [0, 0.01].map((share) => transformer(config, weightMap(config, share), { backend: 'webgpu', copy: false })),
);
const since = performance.now();
const { outcome, baseline } = await compare(one, other, {
  on: task({
    name: 'as before',
    inputs: inputsOf(config).slice(0, tiny ? 24 : 100),
    behaviour: klToClean(),
    threshold: { atMost: 0.05 },
  }),
  budget: { draws: tiny ? 2 : 20 },
  set: { search: { over: 'heads', ...(tiny ? { budget: 12, rankOn: 8 } : {}) } },
  relation: 'equivalent',
});
say(
  'a whole comparison, heads as components',
  `${((performance.now() - since) / 1000).toFixed(1)} s`,
  `${outcome}, ${baseline.implementations.length} draws a side`,
);

const file = join(process.env.OUT ?? '.', 'gpu.md');
writeFileSync(
  file,
  ['| what | here | besides |', '| --- | --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`), ''].join('\n'),
);
console.log(`written to ${file}`);
// Dawn's threads keep the process alive
process.exit();
