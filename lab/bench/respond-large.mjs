// What `respondAlike` costs on a random transformer, as an ONNX file, against a copy with noise on its weights, and with --others against one with other weights.
//   npm run build && node lab/bench/respond-large.mjs [--size "12 layers, d 768"] [--kind onnx] [--noise 0.01] [--threads 2] [--others]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fromSources } from './sources.mjs';
import { inputsOf, sizes, weightsOf } from './forward/models.mjs';
import { writeOnnx } from './forward/onnx-graph.mjs';

const { defineTask, klToClean, load, respondAlike, transformer } = await fromSources(
  'respond-large',
  `
    export { load } from './src/model/load.js';
    export { transformer } from './src/model/formats/transformer/run/model.js';
    export { klToClean, defineTask } from './src/task/index.js';
    export { respondAlike } from './src/response/respond-alike.js';`,
);

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '12 layers, d 768' },
    kind: { type: 'string', default: 'onnx' },
    noise: { type: 'string', default: '0.01' },
    threads: { type: 'string', default: '2' },
    others: { type: 'boolean', default: false },
  },
});
const config = sizes[values.size];
const noise = Number(values.noise);

/** The weights, each multiplied by 1 + `by` times something in [-1, 1]. */
function* changed(weights, by) {
  let x = 12345;
  for (const [name, shape, data] of weights) {
    const own = new Float32Array(data.length);
    for (let i = 0; i < data.length; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      own[i] = data[i] * (1 + (by * x) / 2 ** 31);
    }
    yield [name, shape, own];
  }
}
let passes = 0;
/** A model that says how long each of its passes took: one of a large model takes long. */
function watched(model) {
  const run = model.run.bind(model);
  model.run = async (batch, options) => {
    const [started, before] = [performance.now(), process.cpuUsage()];
    const result = await run(batch, options);
    const { user, system } = process.cpuUsage(before);
    console.error(
      `pass ${++passes}, ${model.name}: ${batch.length} rows, ${((performance.now() - started) / 1000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} of the processor`,
    );
    return result;
  };
  return model;
}
const folder = mkdtempSync(join(tmpdir(), 'congruity-respond-'));
const open = async (name, weights) => {
  if (values.kind !== 'onnx') {
    const all = new Map(Array.from(weights, ([key, shape, data]) => [key, { shape, data }]));
    return transformer(config, all, { name, backend: 'wasm' });
  }
  const path = join(folder, `${name}.onnx`);
  await writeOnnx(path, config, weights);
  return load(path, { maxSeconds: 900, trusted: true, threads: Number(values.threads) });
};
try {
  const baseline = watched(await open('released', weightsOf(config)));
  const on = defineTask({
    name: '16 tokens',
    inputs: inputsOf(config),
    behaviour: klToClean(),
    threshold: { atMost: 0.1 },
  });
  console.log(
    '| candidate | outcome | roles | draws | rows, both models | seconds | processor seconds |\n|---|---|---|---|---|---|---|',
  );
  for (const [name, by] of [[`${noise} noise`, noise], ...(values.others ? [['others', 2]] : [])]) {
    const candidate = watched(await open(name.replaceAll(/\W/g, '-'), changed(weightsOf(config), by)));
    const [started, before] = [performance.now(), process.cpuUsage()];
    const found = await respondAlike(baseline, candidate, { on });
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(before);
    console.log(
      `| ${name} | ${found.outcome} | ${found.roles.length} | ${found.draws} | ${found.rows} | ${seconds.toFixed(0)} | ${((user + system) / 1e6).toFixed(0)} |`,
    );
    for (const { role, discrepancy, effect, tested } of found.roles)
      console.error(`${role}: ${discrepancy.estimate.toFixed(4)}, effect ${effect.estimate.toFixed(3)}, ${tested}`);
    candidate.dispose();
  }
  baseline.dispose();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
