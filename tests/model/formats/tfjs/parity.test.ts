/** Every site and the logits against TensorFlow and Keras. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { backend } from '../../../../src/tensor/backend.js';
import { difference, fixture, golden, models, type Name } from './goldens.js';

const tolerance = 2e-5;

let before = 0;
beforeEach(async () => {
  await backend({ backend: 'cpu' });
  await backend({ backend: 'wasm' });
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

const answers: Readonly<Record<Name, string | undefined>> = {
  mixed: 'out',
  masked: 'out',
  convnet: undefined,
  transformer: undefined,
};
const softmax: Readonly<Record<Name, boolean>> = { mixed: true, masked: false, convnet: true, transformer: false };

describe.each(['wasm', 'cpu'] as const)('on %s', (on) => {
  test.each(models)('%s: every site that both have, and the logits', async (name) => {
    const { inputs, sites, output } = golden(name);
    const model = await fixture(name, on);
    try {
      const offered = new Set(model.sites.map((site) => site.name));
      // graphs have outputs that belong to no row (constants of the batch): those are no sites
      const common = Object.keys(sites).filter((site) => offered.has(site));
      if (model.kind === 'tfjs-layers') expect(common.length).toBe(Object.keys(sites).length);
      expect(common.length).toBeGreaterThan(name === 'transformer' ? 50 : 4);
      const batches = name === 'masked' ? inputs.map((input) => [input]) : [inputs];
      const found = new Map<string, number[]>();
      const logits: number[] = [];
      for (const batch of batches) {
        const run = await model.run(batch, { capture: common });
        for (const [site, { data }] of run.activations) found.set(site, [...(found.get(site) ?? []), ...data]);
        logits.push(...run.logits.data);
      }
      // Keras 3 puts zeros where a Bidirectional layer's input is masked, tfjs goes on with the last output: nothing reads them
      const read = (site: string, data: ArrayLike<number>) =>
        name === 'masked' && sites[site]!.shape.length === 3
          ? unpadded(inputs as readonly (readonly number[])[], data)
          : data;
      const apart = Object.fromEntries(
        common.map((site) => [site, difference(read(site, found.get(site)!), read(site, sites[site]!.data))]),
      );
      expect(Object.entries(apart).filter(([, worst]) => !(worst < tolerance))).toEqual([]);
      const want = sites[answers[name] ?? output!]!;
      const classes = want.shape.at(-1)!;
      const said = softmax[name] ? probabilities(logits, classes) : logits;
      expect(difference(said, want.data)).toBeLessThan(tolerance);
    } finally {
      model.dispose();
    }
  });
});

/** The values at tokens that are not padding (0). */
function unpadded(inputs: readonly (readonly number[])[], data: ArrayLike<number>): number[] {
  const tokens = inputs.flat();
  const width = data.length / tokens.length;
  return Array.from(data).filter((_, i) => tokens[Math.floor(i / width)] !== 0);
}

function probabilities(logits: readonly number[], classes: number): number[] {
  return logits.map((value, i) => {
    const row = logits.slice(i - (i % classes), i - (i % classes) + classes);
    return Math.exp(value) / row.reduce((sum, other) => sum + Math.exp(other), 0);
  });
}
