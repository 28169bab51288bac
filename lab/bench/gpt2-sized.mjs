// One whole comparison of two random transformers of GPT-2 small's size, heads and layers as components: rows, seconds, peak memory, and what the rows were for. There is no trained checkpoint here, so
// the task is that a model goes on as it did (KL divergence to its own clean answer), and the candidate is the baseline with noise on its weights.
//   npm run build && node lab/bench/gpt2-sized.mjs [onnx|wasm] [--size 'GPT-2 small' | narrow | ...] [--inputs 200] [--draws 20] [--over heads+layers] [--threshold 0.1] [--noise 0.02] [--threads 1] [--workers 1]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRequire } from 'node:module';
import { inputsOf, sizes, weightsOf } from './forward/models.mjs';
import { writeOnnx } from './forward/onnx-graph.mjs';

const built = createRequire(import.meta.url)('../../dist/cjs/congruity.js');
const { compare, klToClean, load, task, transformer } = built.index();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: 'GPT-2 small' },
    inputs: { type: 'string', default: '200' },
    draws: { type: 'string', default: '20' },
    over: { type: 'string', default: 'heads+layers' },
    threshold: { type: 'string', default: '0.1' },
    noise: { type: 'string', default: '0.02' },
    threads: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    cache: { type: 'string' },
  },
});
const [kind = 'onnx'] = positionals;
// as many layers, heads and components, each an eighth as wide: the rows of a comparison in a minute or two
const narrow = { d_model: 96, d_head: 8, d_mlp: 384, d_vocab: 512, d_vocab_out: 512, n_ctx: 16 };
const config = values.size === 'narrow' ? { ...sizes['GPT-2 small'], ...narrow } : sizes[values.size];
const inputs = Number(values.inputs);
const { n_layers, n_heads, d_head, d_mlp } = config;

/** The components of our transformer, as an ONNX graph has them. */
const parts = Array.from({ length: n_layers }, (_, layer) => [
  { kind: 'head', name: `blocks.${layer}.attn.head`, site: `blocks.${layer}.attn.hook_z`, axis: 'head' },
  { kind: 'layer', name: `blocks.${layer}.attn`, site: `blocks.${layer}.hook_attn_out` },
  { kind: 'neuron', name: `blocks.${layer}.mlp.neuron`, site: `blocks.${layer}.mlp.hook_post`, axis: 'feature' },
  { kind: 'layer', name: `blocks.${layer}.mlp`, site: `blocks.${layer}.hook_mlp_out` },
]).flat();
const sites = Object.fromEntries(
  Array.from({ length: n_layers }, (_, layer) => [
    [`blocks.${layer}.attn.hook_z`, { axes: ['position', 'head', 'feature'], shape: [-1, n_heads, d_head] }],
    [`blocks.${layer}.mlp.hook_post`, { axes: ['position', 'feature'], shape: [-1, d_mlp] }],
  ]).flat(),
);
const representation = [
  'blocks.0.hook_resid_pre',
  ...Array.from({ length: n_layers }, (_, layer) => `blocks.${layer}.hook_resid_post`),
];

/** The weights, each multiplied by 1 + `by` times something in [-1, 1]. */
function* changed(weights, by) {
  let x = 12345;
  for (const [name, shape, data] of weights) {
    if (by > 0)
      for (let i = 0; i < data.length; i++) {
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
        data[i] *= 1 + (by * x) / 2 ** 31;
      }
    yield [name, shape, data];
  }
}
const folder = mkdtempSync(join(tmpdir(), 'congruity-gpt2-'));
async function open(name, by) {
  const weights = changed(weightsOf(config), by);
  if (kind === 'wasm') {
    const all = new Map(Array.from(weights, ([key, shape, data]) => [key, { shape, data }]));
    return transformer(config, all, { name, backend: 'wasm', copy: false });
  }
  const path = join(folder, `${name}.onnx`);
  await writeOnnx(path, config, weights);
  return load(path, { maxSeconds: 900, trusted: true, threads: Number(values.threads), sites, parts, representation });
}
const used = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};
const mebibytes = () => Math.round(process.resourceUsage().maxRSS / 1024);

try {
  const opening = performance.now();
  const [one, other] = [await open('one', 0), await open('other', Number(values.noise))];
  const all = inputsOf(config).slice(0, inputs);
  console.log(
    `${kind}, ${values.size}, ${inputs} prompts of 16 tokens, ${values.over}, ${values.draws} draws a side at most; opened in ${((performance.now() - opening) / 1000).toFixed(0)} s, ${mebibytes()} MiB`,
  );
  const few = all.slice(0, 32);
  await one.run(few, { logits: -1 });
  let before = process.cpuUsage();
  await one.run(
    few.toReversed().map((row) => [...row.slice(1), 7]),
    { logits: -1 },
  );
  console.log(`a row with nothing replaced: ${(used(before) / few.length).toFixed(4)} s of processor time`);
  before = process.cpuUsage();
  const started = performance.now();
  let said = 0;
  const found = await compare(one, other, {
    on: task({
      name: 'as before',
      inputs: all,
      behaviour: klToClean(),
      threshold: { atMost: Number(values.threshold) },
    }),
    seed: 0,
    inputs,
    budget: { draws: Number(values.draws) },
    relation: 'equivalent',
    shrink: false,
    set: { search: { over: values.over } },
    workers: Number(values.workers),
    ...(values.cache && { cache: values.cache }),
    progress: (_done, doing, work) => {
      if (performance.now() - said < 20_000) return;
      said = performance.now();
      console.error(
        `${((said - started) / 1000).toFixed(0)} s: ${doing}, ${work?.rows ?? 0} of at most ${work?.of ?? 0} rows`,
      );
    },
  });
  const { outcome, baseline, candidate, rows, common, sequential } = found;
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${outcome}, stopped: ${sequential.stopped}; ${baseline.implementations.length} a side, ${common.how ? 'drawn together' : `drawn apart (${common.why})`}; ${rows.computed} rows, ${rows.kept} known from before`,
  );
  console.log(
    `${seconds.toFixed(0)} s, ${used(before).toFixed(0)} of processor time, ${(used(before) / rows.computed).toFixed(4)} a row; ${mebibytes()} MiB at most`,
  );
  for (const { searched } of [baseline, candidate])
    console.log(
      `searched ${searched.components}, ${searched.patchable} patchable, ${searched.alone} alone, ${searched.runs} runs, ${searched.how}`,
    );
  for (const { description } of baseline.implementations.slice(1, 4)) console.log(description);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
