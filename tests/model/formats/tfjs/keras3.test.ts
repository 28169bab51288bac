/** Models that Keras 3 saved, as tensorflowjs_converter writes them, against the outputs of Keras itself (fixtures/make_keras3.py). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { ModelError } from '../../../../src/errors.js';
import type { ModelInput } from '../../../../src/model/input.js';
import { load } from '../../../../src/model/load.js';
import { backend } from '../../../../src/tensor/backend.js';
import { difference, fixtures } from './goldens.js';
import { errorOf } from '../../../helpers/error-of.js';

type Config = Record<string, unknown> & {
  layers: {
    class_name: string;
    name?: string;
    module?: string;
    config: Record<string, unknown>;
    inbound_nodes: { args: unknown[]; kwargs: Record<string, unknown> }[];
  }[];
};
interface Saved {
  readonly model: {
    modelTopology: { keras_version: string; model_config: { class_name: string; config: Config } };
    weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[];
  };
  readonly data: string;
  readonly golden: {
    readonly inputs: readonly {
      readonly name: string;
      readonly shape: readonly number[];
      readonly data: readonly number[];
    }[];
    readonly outputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
  };
}

let folder = '';
let before = 0;
beforeAll(async () => void (await backend({ backend: 'wasm' })));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'congruity-keras3-'));
  before = tf.memory().numTensors;
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  expect(tf.memory().numTensors).toBe(before);
});

const read = (name: string): Saved =>
  JSON.parse(readFileSync(join(fixtures, 'keras3', `${name}.json`), 'utf8')) as Saved;

function put({ model, data }: Saved): string {
  writeFileSync(join(folder, 'weights.bin'), Buffer.from(data, 'base64'));
  writeFileSync(join(folder, 'model.json'), JSON.stringify(model));
  return folder;
}

/** The rows of all inputs. */
const rows = ({ inputs }: Saved['golden']): ModelInput[] =>
  Array.from({ length: inputs[0]!.shape[0]! }, (_, row) =>
    Object.fromEntries(
      inputs.map(({ name, shape: [, ...shape], data }) => {
        const size = shape.reduce((a, b) => a * b, 1);
        return [name, { shape, data: data.slice(row * size, (row + 1) * size) }];
      }),
    ),
  );

test.each([
  ['sequential', 'dense_1', ['dense_1']],
  ['text', 'dense_2', ['dense_2']],
  ['image', 'dense_4', ['dense_4']],
  ['lists', 'twice', ['simple', 'gru', 'average', 'dot', 'pool', 'mean', 'most', 'norm', 'both', 'flat', 'twice']],
  ['functional', 'out', ['out', 'aux', 'inner:1/z_inner', 'tail:2/tail_norm']],
] as const)('%s: outputs as Keras has them, from .h5 and from .keras', async (name, output, sites) => {
  for (const ending of ['h5', 'keras']) {
    const saved = read(`${name}.${ending}`);
    const model = await load(put(saved), { backend: 'wasm', output, outputIs: 'logits' });
    try {
      const { activations } = await model.run(rows(saved.golden), { capture: [...sites] });
      sites.forEach((site, i) => {
        const found = activations.get(site)!;
        const { shape, data } = saved.golden.outputs[i]!;
        expect(found.shape).toEqual(shape);
        expect([site, difference(found.data, data) < 2e-5]).toEqual([site, true]);
      });
    } finally {
      model.dispose();
    }
  }
});

const layer = ({ model }: Saved, kind: string) =>
  model.modelTopology.model_config.config.layers.find(({ class_name: own }) => own === kind)!;

test.each<[string, string, (saved: Saved) => void, RegExp]>([
  [
    'a layer that tfjs has not',
    'sequential.h5',
    (saved) => void (layer(saved, 'Flatten').class_name = 'MultiHeadAttention'),
    /the layer flatten is a MultiHeadAttention, which tfjs has not/,
  ],
  [
    'an axis that tfjs normalises as if it were the last',
    'lists.keras',
    (saved) => void (layer(saved, 'BatchNormalization').config.axis = 1),
    /norm normalises axis 1/,
  ],
  [
    'half precision',
    'sequential.h5',
    (saved) =>
      void ((layer(saved, 'Dense').config.dtype as { config: { name: string } }).config.name = 'mixed_float16'),
    /dense is of type "mixed_float16", and only float32/,
  ],
  [
    'a setting that tfjs passes over',
    'sequential.h5',
    (saved) => void Object.assign(layer(saved, 'Conv2D').config, { groups: 2, padding_mode: 'x' }),
    /conv2d \(Conv2D\) has groups = 2, padding_mode = "x"/,
  ],
  [
    'an activation of another slope',
    'sequential.keras',
    (saved) => void (layer(saved, 'Dense').config.activation = 'hard_sigmoid'),
    /activation = "hard_sigmoid"/,
  ],
  ['masks', 'text.keras', (saved) => void (layer(saved, 'Embedding').config.mask_zero = true), /mask_zero = true/],
  [
    'a GRU of the usual kind',
    'text.h5',
    (saved) => void (layer(saved, 'GRU').config.reset_after = true),
    /reset_after = true/,
  ],
  [
    'two directions that are not alike',
    'text.h5',
    (saved) =>
      void ((layer(saved, 'Bidirectional').config.backward_layer as { config: { units: number } }).config.units = 4),
    /are not alike/,
  ],
  [
    "a class of the user's own",
    'functional.h5',
    (saved) => void (layer(saved, 'Dense').module = 'my.layers'),
    /of a class of its own/,
  ],
  [
    'a call with a mask',
    'functional.h5',
    (saved) => void (layer(saved, 'Add').inbound_nodes[0]!.kwargs = { mask: 3 }),
    /add is called with mask = 3/,
  ],
  [
    'a call with a number',
    'functional.h5',
    (saved) => void (layer(saved, 'Add').inbound_nodes[0]!.args = [[3]]),
    /called with 3, which is no output/,
  ],
  [
    'a weight that is not there',
    'functional.h5',
    ({ model }) => void (model.weightsManifest[0]!.weights[0]!.name = 'other/kernel'),
    /has no weight kernel of the layer aux/,
  ],
  [
    'a weight of another shape',
    'functional.keras',
    ({ model }) =>
      void model.weightsManifest[0]!.weights.find(({ name }) => name === 'layers/dense_3/vars/0')!.shape.reverse(),
    /has shape \[2, 4\], and the layer aux needs \[4, 2\]/,
  ],
])('%s is refused, and the version named', async (_, name, change, message) => {
  const saved = read(name);
  change(saved);
  const failed = load(put(saved), {
    backend: 'wasm',
    output: name.startsWith('functional') ? 'out' : name.startsWith('lists') ? 'twice' : undefined,
  });
  await expect(failed).rejects.toThrow(errorOf(ModelError, message));
  await expect(failed).rejects.toThrow(errorOf(ModelError, /saved by Keras 3\.[^]*tf_keras/));
});

test('layers of one name in two models are told apart by the models in their paths', async () => {
  const saved = read('functional.h5');
  // the inner models' layers under one name, told apart by the models in their paths
  const rename = (model: Config, from: string): void => {
    const own = model.layers.find(({ config }) => config.name === from)!;
    Object.assign(own, { name: 'same' }).config.name = 'same';
    const text = JSON.stringify(model)
      .replaceAll(`"keras_history":["${from}"`, '"keras_history":["same"')
      .replaceAll(`"output_layers":["${from}"`, '"output_layers":["same"');
    Object.assign(model, JSON.parse(text));
  };
  rename(layer(saved, 'Functional').config as Config, 'a_inner');
  rename(layer(saved, 'Sequential').config as Config, 'tail_dense');
  for (const weight of saved.model.weightsManifest[0]!.weights)
    weight.name = weight.name.replace('a_inner/', 'inner/same/').replace('tail_dense/', 'same/');
  const model = await load(put(saved), { backend: 'wasm', output: 'out' });
  try {
    const { activations } = await model.run(rows(saved.golden), { capture: ['aux'] });
    expect(difference(activations.get('aux')!.data, saved.golden.outputs[1]!.data)).toBeLessThan(2e-5);
  } finally {
    model.dispose();
  }
});
