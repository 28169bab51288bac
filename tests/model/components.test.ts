/** Patching a model's components, in architectures of every kind. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ModelError } from '../../src/errors.js';
import type { Intervention, Model, ComponentFamily, Replacement } from '../../src/model/model.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import { isTransformer, transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import { untrained } from '../../src/model/formats/transformer/untrained.js';
import { cases, inputsOf } from './arbitraries.js';
import { all, everything, expectClose, withModel } from './laws.js';
import { make, makeWeights, small, type Case } from './made.js';
import { errorOf } from '../helpers/error-of.js';

const clean = cases(() => true).map(({ config, seed, noBiases, inputs }): Case => ({
  config,
  seed,
  noBiases: noBiases!,
  inputs,
}));
const withCounterfactual = clean.chain((one) =>
  inputsOf(one.config, one.inputs.length, one.inputs[0]!.length).map((others) => [one, others] as const),
);

/** One intervention for each component of a family. */
const componentsOf = ({ site, axis, count }: ComponentFamily, by: Replacement): Intervention[] =>
  axis === undefined
    ? [{ site, by }]
    : Array.from({ length: count }, (_, index) => ({ site, at: { [axis]: [index] }, by }));

/** Sites that come after a layer has written. */
const after = (model: Transformer, layer: number): string[] => {
  const names = all(model);
  return names.slice(names.indexOf(`blocks.${layer}.hook_resid_post`));
};

describe('components', () => {
  test('parts are there, and cover their sites', () =>
    fc.assert(
      fc.asyncProperty(clean, (one) =>
        withModel(one, async (model) => {
          for (const { site, axis, count } of model.parts) {
            const { axes, shape } = model.sites.find(({ name }) => name === site)!;
            expect(axis === undefined ? 1 : shape[axes.indexOf(axis)]).toBe(count);
          }
          for (const site of model.representationSites) expect(all(model)).toContain(site);
        }),
      ),
      { numRuns: 10 },
    ));

  test('every component patched from the same inputs changes nothing', () =>
    fc.assert(
      fc.asyncProperty(clean, (one) =>
        withModel(one, async (model) => {
          const expected = await everything(model, one.inputs);
          const interventions = model.parts.flatMap((part) =>
            componentsOf(part, { kind: 'resample', inputs: one.inputs }),
          );
          expectClose(await everything(model, one.inputs, interventions), expected);
        }),
      ),
      { numRuns: 10 },
    ));

  test("all components of a layer, and what it reads, patched from a counterfactual give the counterfactual's activations downstream", () =>
    fc.assert(
      fc.asyncProperty(withCounterfactual, fc.nat(), ([one, others], any) =>
        withModel(one, async (model) => {
          const layer = any % model.config.n_layers;
          const own = model.parts.filter(({ name, kind }) => name.startsWith(`blocks.${layer}.`) && kind !== 'layer');
          const by = { kind: 'resample', inputs: others } as const;
          const interventions = [
            { site: `blocks.${layer}.hook_resid_pre`, by },
            ...own.flatMap((part) => componentsOf(part, by)),
          ];
          const sites = after(model, layer);
          expectClose(
            await everything(model, one.inputs, interventions, sites),
            await everything(model, others, [], sites),
          );
        }),
      ),
      { numRuns: 12 },
    ));

  test("the layers' outputs as wholes, with the residual stream before them, do the same", () =>
    fc.assert(
      fc.asyncProperty(withCounterfactual, fc.nat(), ([one, others], any) =>
        withModel(one, async (model) => {
          const layer = any % model.config.n_layers;
          const by = { kind: 'resample', inputs: others } as const;
          const wholes = model.parts
            .filter(({ name, kind }) => name.startsWith(`blocks.${layer}.`) && kind === 'layer')
            .flatMap((part) => componentsOf(part, by));
          const sites = after(model, layer);
          expectClose(
            await everything(model, one.inputs, [{ site: `blocks.${layer}.hook_resid_pre`, by }, ...wholes], sites),
            await everything(model, others, [], sites),
          );
        }),
      ),
      { numRuns: 12 },
    ));
});

describe('long inputs', () => {
  test.each([1, 2])('every site on wasm is as on cpu, with %i heads of keys and values', async (n_key_value_heads) => {
    // long enough for products that are taken one by one
    const config = {
      ...small,
      n_layers: 1,
      n_ctx: 72,
      d_head: 48,
      n_key_value_heads,
      positional_embedding_type: 'rotary',
    };
    const inputs = [72, 70].map((length) => Array.from({ length }, (_, i) => (i * i + length) % 5));
    const [wasm, cpu] = [await make({ config, seed: 4 }, 'wasm'), await make({ config, seed: 4 }, 'cpu')];
    expectClose(await everything(wasm, inputs), await everything(cpu, inputs), 1e-4);
    wasm.dispose();
    cpu.dispose();
  });
});

describe('wide unembeddings', () => {
  test('logits computed some columns at a time are all there, in their places', async () => {
    // three blocks of at most 2^20 / 64 columns
    for (const tie_word_embeddings of [false, true]) {
      const config = {
        ...small,
        d_model: 64,
        n_layers: 1,
        d_mlp: 2,
        n_ctx: 3,
        d_vocab: tie_word_embeddings ? 33_000 : 5,
        d_vocab_out: 33_000,
        tie_word_embeddings,
      };
      const weights = makeWeights(config, 2);
      const model = await transformer(config, weights, { backend: 'wasm' });
      const inputs = [
        [0, 1, 2],
        [4, 3, 3],
      ];
      const { logits, activations } = await model.run(inputs, { capture: ['ln_final.hook_normalized'] });
      expect(logits.shape).toEqual([2, 3, 33_000]);
      const normalised = activations.get('ln_final.hook_normalized')!.data;
      const [w, b, bias] = ['ln_final.w', 'ln_final.b', 'unembed.b_U'].map((name) => weights.get(name)!.data) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const table = weights.get(tie_word_embeddings ? 'embed.W_E' : 'unembed.W_U')!.data;
      let worst = 0;
      for (let row = 0; row < 6; row++)
        for (let column = 0; column < 33_000; column++) {
          let sum = bias[column]!;
          for (let i = 0; i < 64; i++)
            sum +=
              (normalised[row * 64 + i]! * w[i]! + b[i]!) *
              table[tie_word_embeddings ? column * 64 + i : i * 33_000 + column]!;
          worst = Math.max(worst, Math.abs(sum - logits.data[row * 33_000 + column]!));
        }
      expect(worst).toBeLessThan(1e-4);
      model.dispose();
    }
  });
});
test('models of other kinds cannot be quantised or untrained', async () => {
  const other = {
    name: 'theirs',
    kind: 'onnx',
    fingerprint: 'f',
    sites: [],
    parts: [],
    run: () => Promise.reject(new Error('not run')),
    dispose: () => undefined,
  } as unknown as Model;
  expect(isTransformer(other)).toBe(false);
  expect(() => quantise(other, 8)).toThrow(errorOf(ModelError, 'theirs is a model of kind onnx'));
  await expect(untrained(other, 1)).rejects.toThrow(ModelError);
  const own = await make({ config: small, seed: 1 }, 'cpu');
  expect(isTransformer(own)).toBe(true);
  own.dispose();
});
