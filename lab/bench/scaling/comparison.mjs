// One comparison of two random transformers, in a process of its own: node comparison.mjs JSON. Prints a line of JSON.
import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';

const { layers, heads, width, inputs, positions, workers, over, draws } = JSON.parse(process.argv[2]);
const built = createRequire(import.meta.url)('../../../dist/cjs/congruity.js');
const { compare, klToClean, task, transformer } = built.index();
const { weightsOf } = await import('../forward/models.mjs');

const config = {
  n_layers: layers,
  d_model: width,
  n_ctx: positions,
  d_head: width / heads,
  n_heads: heads,
  d_mlp: 4 * width,
  d_vocab: 128,
  d_vocab_out: 128,
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
const [one, other] = [await open('one', 0), await open('other', 0.02)];
const list = Array.from({ length: inputs }, (_, i) =>
  Array.from({ length: positions }, (_, j) => (i * 7919 + j * 10471 + i * j * 31) % 128),
);

/** Processor seconds of each thread. */
const threads = () =>
  new Map(
    readdirSync('/proc/self/task').map((id) => {
      const fields = readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ')[1].split(' ');
      return [id, (Number(fields[11]) + Number(fields[12])) / 100];
    }),
  );
let seen = new Map();
const watch = setInterval(() => {
  try {
    for (const [id, seconds] of threads()) seen.set(id, seconds);
  } catch {
    // a thread ended meanwhile
  }
}, 100);
const before = process.cpuUsage();
const start = threads();
const since = performance.now();
let rows = 0;
const { outcome } = await compare(one, other, {
  on: task({ name: 'as before', inputs: list, behaviour: klToClean(), threshold: { atMost: 0.02 } }),
  seed: 0,
  inputs,
  budget: { draws },
  relation: 'equivalent',
  shrink: false,
  set: { search: { over } },
  workers,
  progress: (_done, _doing, work) => (rows = Math.max(rows, work?.rows ?? 0)),
});
clearInterval(watch);
const clock = (performance.now() - since) / 1000;
const { user, system } = process.cpuUsage(before);
const each = [...seen].map(([id, seconds]) => seconds - (start.get(id) ?? 0)).toSorted((a, b) => b - a);
console.log(JSON.stringify({ outcome, rows, clock, cpu: (user + system) / 1e6, threads: each.slice(0, 4) }));
