// One measurement in a process of its own: node run.mjs KIND SIZE FOLDER REPEATS. Prints a line of JSON.
import { join } from 'node:path';
import { inputsOf, INPUTS, POSITIONS, residualSites, sizes, weightsOf } from './models.mjs';

const [kind, size, folder, repeats] = process.argv.slice(2);
const config = sizes[size];
const inputs = inputsOf(config);
const sites = residualSites(config);
const file = join(folder, `${Object.keys(sizes).indexOf(size)}.onnx`);

async function open() {
  if (kind === 'onnxruntime-node, plain') {
    const { InferenceSession, Tensor } = await import('onnxruntime-node');
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    const tokens = new Tensor('int32', Int32Array.from(inputs.flat()), [INPUTS, POSITIONS]);
    return async () => (await session.run({ tokens })).logits.data;
  }
  const { load, transformer } = await import('../../dist/esm/index.js');
  if (kind === 'onnx') {
    const model = await load(file, { threads: 1 });
    return (logits) => model.run(inputs, { capture: sites, logits });
  }
  const weights = new Map();
  for (const [name, shape, data] of weightsOf(config)) weights.set(name, { shape, data });
  const model = await transformer(config, weights, { backend: kind.replace('transformer, ', '') });
  return (logits) => model.run(inputs, { capture: sites, logits });
}

const seconds = async (work) => {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
};
const opening = performance.now();
const run = await open();
const opened = (performance.now() - opening) / 1000;
// for the plain session logits at every position are all there is; with captures they are what a test needs: the last position
const times = [];
for (let i = 0; i <= Number(repeats); i++) times.push(await seconds(() => run(-1)));
console.log(JSON.stringify({ kind, size, opened, first: times[0], best: Math.min(...times.slice(1)), peakMB: Math.round(process.resourceUsage().maxRSS / 1024) }));
