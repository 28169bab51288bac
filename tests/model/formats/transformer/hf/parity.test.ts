/** Checkpoints of Hugging Face against transformers: every site, the logits, rows of several lengths, text. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { StoredTensor } from '../../../../../src/io/safetensors.js';
import { headInputs } from '../../../../../src/model/formats/transformer/graph/sites.js';
import { loadHuggingFace } from '../../../../../src/model/formats/transformer/file/hf/load.js';
import type { Transformer } from '../../../../../src/model/formats/transformer/run/transformer.js';
import { cases, difference, folder, golden, texts } from './fixtures.js';

/**
 * Both sides compute in float32, in another order, through two layers; weights of 16 bits are exact in it. A rounding is 6e-8, scores reach tens and softmax
 * passes their absolute error on. Measured: 2.6e-6 at most.
 */
const tolerance = 1e-5;

// a window as long as the inputs changes nothing; without the option the model is refused (config.test.ts)
const optionsOf = (name: string) => (name === 'mistral-window' ? { contextLength: 6 } : {});

describe.each(['wasm', 'cpu'] as const)('%s', (backend) => {
  describe.each(cases.map((one) => [one.name, one] as const))('%s', (name, { inputs, ragged, every }) => {
    let model: Transformer;
    let expected: ReadonlyMap<string, StoredTensor>;
    beforeAll(async () => {
      expected = await golden(name);
      model = await loadHuggingFace(join(folder, name), { backend, ...optionsOf(name) });
    });
    afterAll(() => model?.dispose());

    test(every ? 'every site, and the logits' : 'the residual stream, and the logits', async () => {
      const named = [...expected.keys()].filter((site) => !site.startsWith('ragged.') && site !== 'logits');
      if (every) {
        const sites = model.sites
          .map((site) => site.name)
          .filter((site) => !headInputs.some((input) => site.endsWith(`.${input}`)));
        expect(sites.toSorted()).toEqual(named.toSorted());
      }
      const { logits, activations } = await model.run(inputs, { capture: named });
      const off: Record<string, number> = {};
      for (const site of [...named, 'logits']) {
        const by = difference(site === 'logits' ? logits : activations.get(site)!, expected.get(site)!);
        if (!(by <= tolerance)) off[site] = by;
      }
      expect(off).toEqual({});
    });

    test('what heads read is the residual stream', async () => {
      const { activations } = await model.run(inputs, { capture: model.sites.map((site) => site.name), logits: false });
      const read = model.sites.filter(({ name: own }) => headInputs.some((input) => own.endsWith(`.${input}`)));
      expect(read).not.toEqual([]);
      for (const site of read) {
        const { data } = activations.get(site.name)!;
        const residual = activations.get(`blocks.${site.layer}.hook_resid_pre`)!.data;
        const [, heads, width] = site.shape as [number, number, number];
        expect([...data]).toEqual(
          Array.from(data, (_, i) => residual[((i / (heads * width)) | 0) * width + (i % width)]),
        );
      }
    });

    test('rows of several lengths, as transformers runs them with padding and a mask, and as each runs alone', async () => {
      const named = [...expected.keys()]
        .filter((site) => site.startsWith('ragged.') && site !== 'ragged.logits')
        .map((site) => site.slice(7));
      const { logits, activations, lengths } = await model.run(ragged, { capture: named });
      expect(lengths).toEqual(ragged.map(({ length }) => length));
      expect(difference(logits, expected.get('ragged.logits')!)).toBeLessThanOrEqual(tolerance);
      for (const site of named)
        expect(difference(activations.get(site)!, expected.get(`ragged.${site}`)!)).toBeLessThanOrEqual(tolerance);
      for (const [row, tokens] of ragged.entries()) {
        const alone = await model.run([tokens]);
        const size = alone.logits.data.length;
        const from = (row * logits.data.length) / ragged.length;
        const own = { shape: alone.logits.shape, data: logits.data.slice(from, from + size) };
        expect(difference(own, alone.logits)).toBeLessThanOrEqual(tolerance);
      }
    });
  });

  describe.each(texts.map((one) => [one.name, one] as const))('%s', (name, { texts: prompts, tokens }) => {
    let model: Transformer;
    beforeAll(async () => {
      model = await loadHuggingFace(join(folder, name), { backend });
    });
    afterAll(() => model?.dispose());

    test('the tokenizer beside the weights is the model’s', () => {
      expect(prompts.map((text) => model.tokenizer!.encode(text))).toEqual(tokens);
    });

    test('batched prompts equal single prompts, and transformers', async () => {
      const encoded = prompts.map((text) => model.tokenizer!.encode(text));
      expect(new Set(encoded.map(({ length }) => length)).size).toBeGreaterThan(2);
      const last = encoded.map(() => -1);
      const together = (await model.run(encoded, { logits: last })).logits;
      expect(difference(together, (await golden(name)).get('last')!)).toBeLessThanOrEqual(tolerance);
      for (const [row, one] of encoded.entries()) {
        const alone = (await model.run([one], { logits: [-1] })).logits;
        const width = alone.data.length;
        expect(
          difference({ shape: alone.shape, data: together.data.slice(row * width, (row + 1) * width) }, alone),
        ).toBeLessThanOrEqual(tolerance);
      }
    });
  });
});

test('loading leaves no tensor but the weights, and disposing none', async () => {
  const before = tf.memory().numTensors;
  const model = await loadHuggingFace(join(folder, 'llama-grouped'), { backend: 'cpu' });
  await model.run([[1, 2]]);
  // the embedding stays on the host; here it is the unembedding too
  expect(tf.memory().numTensors - before).toBe(model.weights.size);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
