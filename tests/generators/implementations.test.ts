import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Model } from '../../src/model/model.js';
import { InterventionError } from '../../src/errors.js';
import { implementations } from '../../generators/implementations.js';
import { resample } from '../../generators/implementations.js';
import { both, tiny } from '../helpers/tiny.js';

let model: Model;
beforeAll(async () => {
  model = await tiny();
});
afterAll(() => model.dispose());

describe('implementations of the tiny model', () => {
  test('outside its circuit every one preserves behaviour', async () => {
    const outside = ['blocks.0.attn.head.1', 'blocks.0.mlp.neuron.1', 'blocks.0.mlp.neuron.2'];
    for (const by of ['resample', 'mean', 'zero'] as const)
      await fc.assert(
        fc.asyncProperty(implementations(model, { on: both(), outside, by }), async (one) => (await one.score()) === 1),
        { numRuns: 15 },
      );
  });

  test('where the claim is wrong, the counterexample shrinks to the one component that breaks it', async () => {
    const { failed, counterexample } = await fc.check(
      fc.asyncProperty(implementations(model, { on: both(), outside: ['blocks.0.*.*.*'], by: 'zero' }), async (one) => (await one.score()) === 1),
      { seed: 3 },
    );
    expect(failed).toBe(true);
    expect(counterexample![0].components.map(({ name }) => name)).toHaveLength(1);
    expect(['blocks.0.attn.head.0', 'blocks.0.mlp.neuron.0']).toContain(counterexample![0].components[0]!.name);
    expect(fc.stringify(counterexample![0])).toMatch(/^tiny with blocks\.0\.(attn\.head|mlp\.neuron)\.0 patched by zero$/);
  });

  test('the same seed generates the same', () => {
    const arbitrary = implementations(model, { on: both(), outside: ['blocks.0.mlp.neuron.*'] });
    const words = (seed: number) => fc.sample(arbitrary, { numRuns: 20, seed }).map(String);
    expect(words(1)).toEqual(words(1));
    expect(words(1)).not.toEqual(words(2));
  });

  test('names that match nothing are an error', () => {
    expect(() => implementations(model, { on: both(), outside: ['blocks.1.mlp'] })).toThrow(InterventionError);
  });

  test('resample builds interventions for a batch of one’s own', async () => {
    const [head] = [{ name: 'blocks.0.attn.head.0', kind: 'head', layer: 0, index: 0 } as const];
    const { logits } = await model.run([[1, 1]], { interventions: resample([head], [[0, 0]]) });
    // x1 is 0 now, so logit 1 is -6
    expect(Array.from(logits.data.slice(-2))).toEqual([0, -6]);
  });
});
