import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Model } from '../../src/model/model.js';
import { range } from '../../src/task/index.js';
import { circuits } from '../../generators/circuits.js';
import { counterfactuals } from '../../generators/counterfactuals.js';
import { mildness } from '../../generators/_internals/mildness.js';
import { implementations } from '../../generators/implementations.js';
import { inputs } from '../../generators/inputs.js';
import { acceptance, kindsOf, sizeOf } from '../../generators/statistics.js';
import { subsets } from '../../generators/_internals/subsets.js';
import { template } from '../../generators/template.js';
import { tensors } from '../../generators/tensors.js';
import { tokens } from '../../generators/tokens.js';
import { both, tiny } from '../helpers/tiny.js';

let model: Model;
beforeAll(async () => {
  model = await tiny();
});
afterAll(() => model.dispose());

/** label -> percent, as `fc.statistics` reports it */
function shares<T>(
  arbitrary: fc.Arbitrary<T>,
  classify: (value: T) => string | string[],
  parameters: fc.Parameters<T> = {},
): Map<string, number> {
  const found = new Map<string, number>();
  fc.statistics(arbitrary, classify, {
    numRuns: 2000,
    seed: 1,
    logger: (line) =>
      found.set(line.replace(/\.\.+.*$/, ''), Number(/([\d.]+)%$/.exec(line.replace(/^.*\.\./, ''))![1])),
    ...parameters,
  });
  return found;
}

test('sizes and kinds are labels for fc.statistics', () => {
  const by = mildness;
  const found = shares(
    implementations(model, { on: both(), outside: ['blocks.0.*.*.*'], by, from: ['input', 'shift', 'drawn'] }),
    kindsOf,
  );
  expect([...found.keys()].toSorted()).toEqual([
    'head',
    'mean',
    'neuron',
    'resample from a draw',
    'resample from one input',
    'resample from other examples',
    'zero',
  ]);
  expect([...shares(inputs(both()), sizeOf)]).toEqual([['2 tokens', 100]]);
  expect([...shares(counterfactuals(both()), (pair) => [sizeOf(pair), ...kindsOf(pair)]).keys()].toSorted()).toEqual([
    '2 tokens',
    'pair',
  ]);
  expect(
    [...shares(tokens({ vocabulary: 3, maxLength: 2 }), (one) => [sizeOf(one), ...kindsOf(one)]).keys()].toSorted(),
  ).toEqual(['1 token', '2 tokens', 'tokens']);
  expect([...shares(tensors({ shape: [2, 2] }), (one) => [sizeOf(one), ...kindsOf(one)]).keys()].toSorted()).toEqual([
    'shape [2, 2]',
    'tensor',
  ]);
  expect(
    [...shares(template('a {x} c', { x: ['b', 'b b'] }), (one) => [sizeOf(one), ...kindsOf(one)]).keys()].toSorted(),
  ).toEqual(['3 words', '4 words', 'text']);
  expect(
    [...shares(circuits(model, { from: 'heads' }), (one) => [sizeOf(one), ...kindsOf(one)]).keys()].toSorted(),
  ).toEqual(['1 component', '2 components', 'head']);
  expect(sizeOf({ a: [1, 2], b: { shape: [3], data: [1, 2, 3] } })).toBe('a:2 b:3');
});

test('subsets come in all sizes alike, without bias', () => {
  const found = shares(subsets(range(10)), (set) => `size ${set.length} `, { unbiased: true });
  expect(found.size).toBe(10);
  // 10 % each; 2000 draws have a standard deviation of 0.67 %
  for (const share of found.values()) expect(Math.abs(share - 10)).toBeLessThan(4);
});

test('and every element as often as any other', () => {
  const found = shares(subsets(range(10)), (set) => set.map((one) => `element ${one} `), { unbiased: true });
  for (const share of found.values()) expect(Math.abs(share - 55)).toBeLessThan(6);
});

test('acceptance is the share of implementations that preserve behaviour, in all and by label', async () => {
  const on = both();
  const outside = ['blocks.0.mlp.neuron.0', 'blocks.0.mlp.neuron.1'];
  // any set with neuron 0 breaks it: of the three sets of two components, only { neuron 1 } does not
  const { drawn, accepted, share, by } = await acceptance(
    implementations(model, { on, outside, by: 'zero' }),
    async (one) => on.meets(await one.score()),
    { numRuns: 300, seed: 1, unbiased: true },
    sizeOf,
  );
  expect(drawn).toBe(300);
  expect(share).toBe(accepted / 300);
  expect(by['2 components']!.accepted).toBe(0);
  // sizes are as likely; of size one, half are accepted: 25 % in all, with a standard deviation of 2.5 %
  expect(Math.abs(share - 0.25)).toBeLessThan(0.1);
  expect(by['1 component']!.accepted).toBe(accepted);
  await expect(acceptance(fc.nat(), async () => Promise.reject(new Error('no')))).rejects.toThrow(/Property failed/);
});
