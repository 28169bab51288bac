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
    process.env.ORT_DISABLE_TELEMETRY = '1';
    const { InferenceSession, Tensor } = await import('onnxruntime-node');
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    const tokens = new Tensor('int32', Int32Array.from(inputs.flat()), [INPUTS, POSITIONS]);
    return async () => (await session.run({ tokens })).logits.data;
  }
  const { load, transformer } = await import('../../../dist/esm/index.js');
  if (kind === 'onnx') {
    const model = await load(file, { threads: 1 });
    return (logits) => model.run(inputs, { capture: sites, logits });
  }
  if (kind === 'tfjs layers, wasm') return openLayers();
  const weights = new Map();
  for (const [name, shape, data] of weightsOf(config)) weights.set(name, { shape, data });
  const model = await transformer(config, weights, { backend: kind.replace('transformer, ', '') });
  return (logits) => model.run(inputs, { capture: sites, logits });
}

/** A LayersModel of the same widths out of tfjs's own layers: one head, ReLU, no mask, no positions. */
async function openLayers() {
  const { backend, tfjsModel } = await import('../../../dist/esm/index.js');
  await backend({ backend: 'wasm' });
  const tf = await import('@tensorflow/tfjs-core');
  await tf.setBackend('wasm');
  const { layers, input, model: build } = await import('@tensorflow/tfjs-layers');
  const { d_model: d, d_mlp, d_vocab, n_layers } = config;
  const tokens = input({ shape: [POSITIONS], dtype: 'int32' });
  const plain = { kernelInitializer: 'glorotNormal' };
  let x = layers.embedding({ inputDim: d_vocab, outputDim: d, name: 'embed' }).apply(tokens);
  const residual = [];
  for (let layer = 0; layer < n_layers; layer++) {
    const normed = layers.layerNormalization().apply(x);
    const [q, k, v] = [0, 1, 2].map(() => layers.dense({ units: d, ...plain }).apply(normed));
    const pattern = layers.activation({ activation: 'softmax' }).apply(layers.dot({ axes: [2, 2] }).apply([q, k]));
    const attended = layers.dense({ units: d, ...plain }).apply(layers.dot({ axes: [2, 1] }).apply([pattern, v]));
    x = layers.add().apply([x, attended]);
    const hidden = layers
      .dense({ units: d_mlp, activation: 'relu', ...plain })
      .apply(layers.layerNormalization().apply(x));
    x = layers.add({ name: `post${layer}` }).apply([x, layers.dense({ units: d, ...plain }).apply(hidden)]);
    residual.push(`post${layer}`);
  }
  const net = build({
    inputs: tokens,
    outputs: layers.dense({ units: d_vocab, name: 'logits', ...plain }).apply(layers.layerNormalization().apply(x)),
  });
  const seen = tfjsModel(net);
  return (logits) => seen.run(inputs, { capture: ['embed', ...residual], logits });
}

/** On the clock, and of processor time. */
const seconds = async (work) => {
  const from = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return [(performance.now() - from) / 1000, (user + system) / 1e6];
};
const opening = performance.now();
const run = await open();
const opened = (performance.now() - opening) / 1000;
// for the plain session logits at every position are all there is; with captures they are what a test needs: the last position
const times = [];
for (let i = 0; i <= Number(repeats); i++) times.push(await seconds(() => run(-1)));
const [best, processor] = [0, 1].map((which) => Math.min(...times.slice(1).map((time) => time[which])));
console.log(
  JSON.stringify({
    kind,
    size,
    opened,
    first: times[0][0],
    best,
    processor,
    peakMB: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
