/** Models in memory: what they compute is what model.predict computes, and they are left as they were. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { InputError, ModelError, OptionError } from '../../../../src/errors.js';
import { tfjsModel } from '../../../../src/model/formats/tfjs/file/memory.js';
import { backend } from '../../../../src/tensor/backend.js';
import { difference, fixtures, golden } from './goldens.js';
import { errorOf } from '../../../helpers/error-of.js';

const { layers } = tfl;
// tfjs-layers 4.22 cannot make its orthogonal initialiser on tfjs-core's CommonJS build
const rnn = { recurrentInitializer: 'glorotUniform', recurrentActivation: 'sigmoid' } as const;

/** Architectures with what is easy to get wrong: masks that go stale, models in models, layers called twice, random ones. */
const zoo: Readonly<
  Record<string, { readonly make: () => tfl.LayersModel; readonly tokens: readonly (readonly number[])[] }>
> = {
  'a mask that tfjs hands on to a decoder': {
    make: () =>
      tfl.sequential({
        layers: [
          layers.embedding({ inputDim: 5, outputDim: 4, maskZero: true, inputLength: 4 }),
          layers.lstm({ units: 3, ...rnn }),
          layers.repeatVector({ n: 4 }),
          layers.gru({ units: 3, returnSequences: true, ...rnn }),
          layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
        ],
      }),
    tokens: [
      [1, 2, 0, 0],
      [3, 4, 1, 0],
      [2, 2, 2, 2],
    ],
  },
  'a mask at the door of a nested model': {
    make: () => {
      const inner = tfl.sequential({
        layers: [
          layers.lstm({ units: 3, returnSequences: true, inputShape: [null, 4], ...rnn }),
          layers.simpleRNN({ units: 4, returnSequences: true, ...rnn }),
        ],
      });
      return tfl.sequential({
        layers: [
          layers.embedding({ inputDim: 5, outputDim: 4, maskZero: true, inputLength: 4 }),
          inner,
          layers.gru({ units: 2, ...rnn }),
          layers.dense({ units: 3 }),
        ],
      });
    },
    tokens: [
      [1, 2, 0, 0],
      [3, 4, 1, 0],
      [2, 2, 2, 2],
    ],
  },
  'dropout, noise and normalisation': {
    make: () =>
      tfl.sequential({
        layers: [
          layers.embedding({ inputDim: 6, outputDim: 5, inputLength: 3 }),
          layers.gaussianNoise({ stddev: 1 }),
          layers.spatialDropout1d({ rate: 0.5 }),
          layers.batchNormalization(),
          layers.conv1d({ filters: 4, kernelSize: 2, activation: 'relu' }),
          layers.flatten(),
          layers.dropout({ rate: 0.5 }),
          layers.layerNormalization(),
          layers.dense({ units: 3, activation: 'softmax' }),
        ],
      }),
    tokens: [
      [1, 2, 5],
      [3, 0, 1],
    ],
  },
  'a transformer of dense layers, dots and permutations': {
    make: () => {
      const tokens = tfl.input({ shape: [5], dtype: 'int32' });
      const x = layers.embedding({ inputDim: 7, outputDim: 8 }).apply(tokens) as tfl.SymbolicTensor;
      const [q, k, v] = ['q', 'k', 'v'].map(
        (name) => layers.dense({ units: 8, name: `${name}${tokens.id}` }).apply(x) as tfl.SymbolicTensor,
      );
      const pattern = layers
        .activation({ activation: 'softmax' })
        .apply(layers.dot({ axes: [2, 2] }).apply([q!, k!])) as tfl.SymbolicTensor;
      const z = layers.dot({ axes: [2, 1] }).apply([pattern, v!]) as tfl.SymbolicTensor;
      const mid = layers
        .add()
        .apply([x, layers.dense({ units: 8 }).apply(z) as tfl.SymbolicTensor]) as tfl.SymbolicTensor;
      const mlp = layers
        .dense({ units: 8 })
        .apply(layers.dense({ units: 16, activation: 'gelu' as 'relu' }).apply(mid)) as tfl.SymbolicTensor;
      return tfl.model({
        inputs: tokens,
        outputs: layers.dense({ units: 7 }).apply(layers.add().apply([mid, mlp])) as tfl.SymbolicTensor,
      });
    },
    tokens: [
      [1, 2, 5, 0, 6],
      [3, 0, 1, 1, 4],
    ],
  },
  'a state that is returned': {
    make: () => {
      const tokens = tfl.input({ shape: [4], dtype: 'int32' });
      const x = layers.embedding({ inputDim: 6, outputDim: 3 }).apply(tokens) as tfl.SymbolicTensor;
      const [sequence, state] = layers
        .gru({ units: 3, returnSequences: true, returnState: true, ...rnn })
        .apply(x) as tfl.SymbolicTensor[];
      return tfl.model({
        inputs: tokens,
        outputs: layers
          .concatenate()
          .apply([layers.flatten().apply(sequence!) as tfl.SymbolicTensor, state!]) as tfl.SymbolicTensor,
      });
    },
    tokens: [
      [1, 2, 5, 0],
      [3, 0, 1, 1],
    ],
  },
};

beforeAll(async () => {
  await backend({ backend: 'wasm' });
  await backend({ backend: 'cpu' });
});
let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

const disposeAll = (model: tfl.LayersModel): void => {
  const weights = model.weights.map((weight) => weight.read());
  model.dispose();
  for (const weight of weights) if (!weight.isDisposed) weight.dispose();
  // a layer with a state keeps it
  for (const layer of model.layers) if (layer.stateful) tf.dispose((layer as tfl.RNN).getStates());
};

describe.each(['wasm', 'cpu'])('on %s', (on) => {
  beforeAll(async () => void (await tf.setBackend(on)));

  test.each(Object.keys(zoo))('%s: the output is that of predict, to the bit', async (name) => {
    const { make, tokens } = zoo[name]!;
    const theirs = make();
    try {
      const model = tfjsModel(theirs);
      const expected = tf.tidy(() =>
        (
          theirs.predict(tf.tensor2d(tokens.flat(), [tokens.length, tokens[0]!.length], 'int32')) as tf.Tensor
        ).dataSync(),
      );
      const output = model.sites.at(-1)!.name;
      const { activations } = await model.run(tokens, { capture: [output] });
      expect([...activations.get(output)!.data]).toEqual([...expected]);
      expect(tf.getBackend()).toBe(on);
      // a site in the middle, replaced by what it is
      for (const { name: site } of model.sites) {
        const again = await model.run(tokens, {
          capture: [output],
          interventions: [{ site, by: { kind: 'resample', inputs: tokens } }],
        });
        expect([...again.activations.get(output)!.data]).toEqual([...expected]);
      }
      model.dispose();
      expect(theirs.weights.every((weight) => !weight.read().isDisposed)).toBe(true);
    } finally {
      disposeAll(theirs);
    }
  });

  test('between two epochs: other weights, another fingerprint, the mean of the moment', async () => {
    const theirs = tfl.sequential({
      layers: [
        layers.dense({ units: 4, activation: 'tanh', inputShape: [2], name: `hidden_${on}` }),
        layers.dense({ units: 2, activation: 'softmax', name: `out_${on}` }),
      ],
    });
    const optimizer = tf.train.adam(0.1);
    theirs.compile({ optimizer, loss: 'categoricalCrossentropy' });
    const model = tfjsModel(theirs, { name: 'xor' });
    const inputs = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ];
    const x = tf.tensor2d(inputs);
    const y = tf.tensor2d([
      [1, 0],
      [0, 1],
      [0, 1],
      [1, 0],
    ]);
    try {
      const site = `hidden_${on}`;
      const look = () =>
        model.run(inputs, {
          capture: [site],
          interventions: [{ site, rows: [0], by: { kind: 'mean', over: inputs } }],
        });
      const [first, print] = [await look(), model.fingerprint];
      expect(model.fingerprint).toBe(print);
      await theirs.fit(x, y, { epochs: 5, verbose: 0 });
      const second = await look();
      expect(model.fingerprint).not.toBe(print);
      expect(second.logits.data).not.toEqual(first.logits.data);
      const means = [0, 1, 2, 3].map((unit) =>
        tf.tidy(
          () =>
            tf
              .mean(
                tf.slice(
                  tf.tanh(
                    tf.add(
                      tf.matMul(x, theirs.layers[0]!.getWeights()[0] as tf.Tensor2D),
                      theirs.layers[0]!.getWeights()[1]!,
                    ),
                  ),
                  [0, unit],
                  [4, 1],
                ),
              )
              .dataSync()[0]!,
        ),
      );
      expect(difference(second.activations.get(site)!.data.slice(0, 4), means)).toBeLessThan(1e-6);
    } finally {
      tf.dispose([x, y]);
      disposeAll(theirs);
      optimizer.dispose();
    }
  });

  test('logits of probabilities: softmax gives the probabilities back, one unit makes two classes', async () => {
    const shared = {
      kernelInitializer: tfl.initializers.randomUniform({ minval: -9, maxval: 9, seed: 3 }),
      inputShape: [3],
    };
    const classes = tfl.sequential({ layers: [layers.dense({ units: 4, activation: 'softmax', ...shared })] });
    const after = tfl.sequential({
      layers: [
        layers.dense({ units: 4, ...shared, name: `before_${on}` }),
        layers.activation({ activation: 'softmax' }),
      ],
    });
    const one = tfl.sequential({ layers: [layers.dense({ units: 1, activation: 'sigmoid', ...shared })] });
    const inputs = [
      [1, 0, -3],
      [9, 9, 9],
      [0, 0, 0],
      [40, -20, 40],
    ];
    try {
      for (const theirs of [classes, after, one]) {
        const { logits } = await tfjsModel(theirs).run(inputs);
        const p = tf.tidy(() => [...(theirs.predict(tf.tensor2d(inputs)) as tf.Tensor).dataSync()]);
        const width = logits.shape[1]!;
        expect([...logits.data].every(Number.isFinite)).toBe(true);
        const q = [...logits.data].map(
          (value, i) =>
            Math.exp(value) /
            logits.data
              .slice(i - (i % width), i - (i % width) + width)
              .reduce((sum, other) => sum + Math.exp(other), 0),
        );
        expect(difference(q, theirs === one ? p.flatMap((value) => [1 - value, value]) : p)).toBeLessThan(1e-6);
      }
      // the model's own logits, where the site before has a name
      const raw = await tfjsModel(after, { output: `before_${on}` }).run(inputs);
      const weights = after.layers[0]!.getWeights().map((weight) => [...weight.dataSync()]);
      const expected = inputs.flatMap((input) =>
        [0, 1, 2, 3].map((unit) =>
          input.reduce((sum, value, i) => sum + value * weights[0]![i * 4 + unit]!, weights[1]![unit]!),
        ),
      );
      expect(difference(raw.logits.data, expected)).toBeLessThan(1e-5);
    } finally {
      for (const theirs of [classes, after, one]) disposeAll(theirs);
    }
  });

  test('a graph in memory: the outputs of execute, to the bit', async () => {
    const folder = join(fixtures, 'transformer');
    const json = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as {
      modelTopology: object;
      signature: object;
      weightsManifest: { paths: string[]; weights: object[] }[];
    };
    const bytes = new Uint8Array(
      Buffer.concat(json.weightsManifest[0]!.paths.map((path) => readFileSync(join(folder, path)))),
    );
    const theirs = await loadGraphModel({
      load: async () => ({
        modelTopology: json.modelTopology,
        signature: json.signature,
        weightSpecs: json.weightsManifest[0]!.weights as never,
        weightData: bytes.buffer,
      }),
    });
    try {
      const tokens = golden('transformer').inputs as readonly (readonly number[])[];
      const model = tfjsModel(theirs);
      expect(model.kind).toBe('tfjs-graph');
      const { logits } = await model.run(tokens);
      const expected = tf.tidy(() =>
        (theirs.execute({ tokens: tf.tensor2d(tokens.flat(), [tokens.length, 5], 'int32') }) as tf.Tensor).dataSync(),
      );
      expect([...logits.data]).toEqual([...expected]);
      model.dispose();
      tf.dispose(tf.tidy(() => theirs.execute({ tokens: tf.tensor2d([1, 2], [1, 2], 'int32') })));
    } finally {
      theirs.dispose();
    }
  });
});

test('a layer that fails leaves no tensor', async () => {
  class Failing extends layers.Layer {
    static className = 'FailingForTheTest';
    override computeOutputShape(shape: number[]) {
      return shape;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      tf.add(Array.isArray(inputs) ? inputs[0]! : inputs, 1);
      if (armed) throw new Error('on purpose');
      return inputs;
    }
  }
  let armed = true;
  const theirs = tfl.sequential({
    layers: [layers.dense({ units: 3, inputShape: [2] }), new Failing({}), layers.dense({ units: 2 })],
  });
  try {
    const model = tfjsModel(theirs);
    const held = tf.memory().numTensors;
    const sites = model.sites.map(({ name }) => name);
    await expect(
      model.run([[1, 2]], {
        capture: sites,
        interventions: [{ site: sites[1]!, at: { feature: [1] }, by: { kind: 'zero' } }],
      }),
    ).rejects.toThrow(errorOf(ModelError, /did not run: on purpose/));
    expect(tf.memory().numTensors).toBe(held);
    armed = false;
    await model.run([[1, 2]], { capture: sites });
    expect(tf.memory().numTensors).toBe(held);
  } finally {
    disposeAll(theirs);
  }
});

describe('what cannot be tested is refused', () => {
  const sequential = (...list: tfl.layers.Layer[]) => tfl.sequential({ layers: list });
  test.each<[string, () => tfl.LayersModel, object, RegExp, (new (...args: never[]) => Error)?]>([
    [
      'a layer with state',
      () => sequential(layers.lstm({ units: 2, stateful: true, batchInputShape: [2, 3, 1], ...rnn })),
      {},
      /keeps a state/,
      ModelError,
    ],
    [
      'several outputs',
      () => {
        const x = tfl.input({ shape: [2] });
        return tfl.model({
          inputs: x,
          outputs: [
            layers.dense({ units: 1, name: 'a1' }).apply(x),
            layers.dense({ units: 1, name: 'b1' }).apply(x),
          ] as tfl.SymbolicTensor[],
        });
      },
      {},
      /2 outputs: a1, b1/,
    ],
    [
      'an output that is not there',
      () => sequential(layers.dense({ units: 2, inputShape: [2], name: 'here' })),
      { output: 'here2' },
      /did you mean "here"/,
    ],
    [
      'a misspelt option',
      () => sequential(layers.dense({ units: 2, inputShape: [2] })),
      { ouput: 'x' },
      /did you mean "output"/,
    ],
    [
      'axes of another number',
      () => sequential(layers.dense({ units: 2, inputShape: [2], name: 'one' })),
      { sites: { one: { axes: ['a', 'b'] } } },
      /2 distinct names/,
    ],
    [
      'a part of another size',
      () => sequential(layers.dense({ units: 2, inputShape: [2], name: 'two' })),
      { parts: [{ kind: 'unit', name: 'u', site: 'two', axis: 'feature', count: 3 }] },
      /3 components, but there are 2/,
    ],
    [
      'a representation that is not there',
      () => sequential(layers.dense({ units: 2, inputShape: [2], name: 'three' })),
      { representation: ['tree'] },
      /did you mean "three"/,
    ],
  ])('%s', (_, make, options, message, type = OptionError) => {
    const theirs = make();
    try {
      expect(() => tfjsModel(theirs, options)).toThrow(errorOf(type, message));
    } finally {
      disposeAll(theirs);
    }
  });

  test('something else', () => {
    for (const thing of [undefined, null, 3, {}, 'model.json', [], () => 1])
      expect(() => tfjsModel(thing)).toThrow(OptionError);
  });

  test('inputs that do not fit', async () => {
    const theirs = sequential(
      layers.embedding({ inputDim: 5, outputDim: 2, inputLength: 3 }),
      layers.flatten(),
      layers.dense({ units: 2 }),
    );
    try {
      const model = tfjsModel(theirs);
      await expect(model.run([[1, 2, 5]])).rejects.toThrow(
        errorOf(InputError, /token at 2 is 5; the model knows 0 to 4/),
      );
      await expect(model.run([[1, 2, 0.5]])).rejects.toThrow(errorOf(InputError, /value at 2 is 0.5/));
      await expect(model.run([[1, 2]])).rejects.toThrow(errorOf(InputError, /shape \[2\], the model takes \[3\]/));
      await expect(model.run([{ shape: [3], data: [1, 2] }])).rejects.toThrow(
        errorOf(InputError, /holds 3 values, but there are 2/),
      );
      await expect(model.run([{ tokens: [1, 2, 3] }])).rejects.toThrow(errorOf(InputError, /no input "tokens"/));
      // an index into a table is no site: what replaced it could point anywhere
      expect(model.sites.map(({ axes }) => axes)).toEqual([['position', 'feature'], ['feature'], ['feature']]);
    } finally {
      disposeAll(theirs);
    }
  });

  test('a model without hidden layers is represented by what it has', () => {
    const theirs = sequential(layers.flatten({ inputShape: [2, 2] }), layers.dense({ units: 2, name: 'only' }));
    const bare = sequential(layers.flatten({ inputShape: [2, 2] }));
    try {
      expect(tfjsModel(theirs).representationSites).toEqual(['only']);
      expect(() => tfjsModel(bare)).toThrow(ModelError);
    } finally {
      disposeAll(theirs);
      disposeAll(bare);
    }
  });
});
