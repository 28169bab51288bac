/** Gradients of LayersModels, beside what small steps and patching do. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { task } from '../../../../generators/task.js';
import { ablation } from '../../../../src/circuit/ablation.js';
import { attributedEffects } from '../../../../src/circuit/attribution.js';
import { findBreakers } from '../../../../src/circuit/breakers.js';
import { components, intervene, sitesOf, type Component } from '../../../../src/circuit/component.js';
import { tfjsModel } from '../../../../src/model/formats/tfjs/memory.js';
import type { ModelInput } from '../../../../src/model/input.js';
import type { Activation, Model } from '../../../../src/model/model.js';
import { random } from '../../../../src/random.js';
import { accuracy } from '../../../../src/task/behaviour.js';
import { runExamples } from '../../../../src/task/run.js';
import { backend } from '../../../../src/tensor/backend.js';
import { exactEffects } from '../../../helpers/exact-effects.js';
import { spearman } from '../../../helpers/spearman.js';
import { fixture, golden, type Name } from './goldens.js';

let before = 0;
beforeEach(async () => {
  await backend({ backend: 'cpu' });
  await backend({ backend: 'wasm' });
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

/** Each part's gradient and its slopes before and behind, by small steps of the activation towards another input's; undefined where there is no gradient. */
async function slopes(model: Model, from: readonly ModelInput[], site: string, chosen: readonly Component[]) {
  const at = async (batch: readonly ModelInput[]): Promise<Activation> =>
    (await model.run(batch, { capture: [site] })).activations.get(site)!;
  const [own, other] = [await at(from), await at(from.toReversed())];
  const direction = (classes: number) => Float32Array.from({ length: classes }, (_, i) => Math.sin(1 + i));
  const along = async (step: number, one: Component): Promise<number[]> => {
    const value = { shape: own.shape, data: own.data.map((x, i) => x + step * (other.data[i]! - x)) };
    const { logits } = await model.run(from, {
      interventions: intervene([one], { kind: 'value', value }),
      logits: -1,
    });
    const v = direction(logits.shape[1]!);
    return from.map((_, row) => v.reduce((sum, x, i) => sum + x * logits.data[row * v.length + i]!, 0));
  };
  const answered = await model.attribute!(from, {
    towards: new Map([[site, other]]),
    axes: new Map([[site, chosen[0]!.axis]]),
    logits: from.map(() => -1),
    direction: (logits) => direction(logits.length),
  });
  if (!answered) return undefined;
  const found = answered.get(site)!;
  expect(found.shape).toEqual([from.length, chosen.length]);
  const step = 2 ** -9;
  const slopesOf: { gradient: number; ahead: number; behind: number }[] = [];
  for (const one of chosen) {
    const [low, middle, high] = [await along(-step, one), await along(0, one), await along(step, one)];
    from.forEach((_, row) =>
      slopesOf.push({
        gradient: found.data[row * chosen.length + one.index]!,
        ahead: (high[row]! - middle[row]!) / step,
        behind: (middle[row]! - low[row]!) / step,
      }),
    );
  }
  return slopesOf;
}

describe.each(['wasm', 'cpu'] as const)('on %s', (on) => {
  test.each<Name>(['mixed', 'masked'])('%s: a gradient is the slope of small steps, at every part', async (name) => {
    const { inputs } = golden(name);
    const model = await fixture(name, on);
    try {
      expect(model.kind).toBe('tfjs-layers');
      const size = (input: ModelInput): number => (Array.isArray(input) ? input.length : 0);
      const alike = inputs.filter((input) => size(input) === size(inputs[0]!)).slice(0, 3);
      const batch = alike.length > 1 ? alike : [inputs[0]!, (inputs[0] as number[]).toReversed()];
      let moving = 0;
      for (const { name: family, site, axis } of model.parts) {
        const chosen = components(
          model,
          'channels+units+layers'
            .split('+')
            .filter((kind) => model.parts.some((one) => `${one.kind}s` === kind))
            .join('+'),
        ).filter(
          (one) =>
            one.site === site &&
            one.axis === axis &&
            (axis === undefined ? one.name === family : one.name.startsWith(`${family}.`)),
        );
        const slopesThere = await slopes(model, batch, site, chosen);
        // the wasm backend has no gradient of the depthwise convolution behind it
        if (on === 'wasm' && family.startsWith('conv')) {
          expect(slopesThere).toBeUndefined();
          continue;
        }
        const scale = Math.max(...slopesThere!.map(({ ahead }) => Math.abs(ahead)));
        moving += Number(scale > 0.01);
        // float32, and what a step leaves out
        const near = (x: number, y: number): boolean => Math.abs(x - y) < 0.02 * scale + 2e-3;
        // where a maximum changes place, there is no one slope
        const smooth = slopesThere!.filter(({ ahead, behind }) => near(ahead, behind));
        expect(smooth.length).toBeGreaterThan(slopesThere!.length / 2);
        for (const { gradient, ahead, behind } of smooth) expect(near(gradient, (ahead + behind) / 2)).toBe(true);
      }
      expect(moving).toBeGreaterThan(2);
    } finally {
      model.dispose();
    }
  });
});

/** Which of six patterns it is, in noise: dense layers and softmax, trained for a moment. */
async function trained() {
  const stream = random(0, 'patterns');
  const [classes, size] = [6, 32];
  const patterns = Array.from({ length: classes }, () => Array.from({ length: size }, () => stream.normal()));
  const noisy = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      shape: [size],
      data: Float32Array.from(patterns[i % classes]!, (x) => x + 0.6 * stream.normal()),
    }));
  const start = (seed: number) => layers.initializers.glorotUniform({ seed });
  const net = layers.sequential({
    layers: [
      layers.layers.dense({ inputShape: [size], units: 40, activation: 'tanh', kernelInitializer: start(1) }),
      layers.layers.dense({ units: 32, activation: 'elu', kernelInitializer: start(2) }),
      layers.layers.dense({ units: classes, activation: 'softmax', kernelInitializer: start(3) }),
    ],
  });
  const list = noisy(120);
  const x = tf.tensor(
    list.flatMap(({ data }) => [...data]),
    [list.length, size],
  );
  const y = tf.tensor(
    list.flatMap((_, i) => Array.from({ length: classes }, (_one, at) => Number(at === i % classes))),
    [list.length, classes],
  );
  net.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  for (let step = 0; step < 80; step++) await net.trainOnBatch(x, y);
  tf.dispose([x, y]);
  return { net, inputs: noisy(96), classes };
}

test('of a trained network estimates rank components as patching each does; where an operation has no gradient, groups find the same breakers', async () => {
  const { net, inputs, classes } = await trained();
  const model = tfjsModel(net);
  try {
    const labels = new Map(inputs.map((input, i) => [input, i % classes]));
    const on = task({
      name: 'patterns',
      inputs,
      behaviour: accuracy((input: (typeof inputs)[number]) => labels.get(input)!),
      threshold: { atLeast: 0.9 },
    });
    const examples = on.examples(96, 0);
    const all = components(model);
    expect(all).toHaveLength(40 + 32);
    const { score } = await runExamples(model, on, examples);
    expect(score).toBeGreaterThan(0.95);
    const put = await ablation(model, on, examples, sitesOf(all), { by: 'resample', seed: 1 });
    const estimated = (await attributedEffects(model, on, examples, all, put, { seed: 0 }))!;
    const exact = await exactEffects(model, on, examples, all, put);
    expect(
      spearman(
        exact,
        all.map((one) => estimated.get(one)!),
      ),
    ).toBeGreaterThan(0.9);

    const asked = await findBreakers(model, on, examples, { seed: 0 });
    expect(asked.estimated?.size).toBe(all.length);
    const elu = tf.getGradient('Elu');
    tf.unregisterGradient('Elu');
    try {
      expect(await attributedEffects(model, on, examples, all, put, { seed: 0 })).toBeUndefined();
      const without = await findBreakers(model, on, examples, { seed: 0 });
      expect(without.estimated).toBeUndefined();
      const named = (some: ReadonlySet<Component>) => [...some].map(({ name }) => name).toSorted();
      expect(named(without.breakers)).toEqual(named(asked.breakers));
    } finally {
      tf.registerGradient(elu);
    }
  } finally {
    model.dispose();
    net.dispose();
  }
});
