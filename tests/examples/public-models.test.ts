/** The published clock and pizza networks (Zhong et al. 2023), where CONGRUITY_MODELS leads to them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { load } from '../../src/model/load.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import type { Model } from '../../src/model/model.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import { task } from '../../generators/task.js';
import { publicModels } from '../helpers/models.js';
import { describeUnless } from '../helpers/unless.js';

const { path, absent } = publicModels('modular-addition', 'clock.safetensors');

describeUnless(absent)('the published clock', () => {
  const addition = task({
    name: 'addition mod 59',
    inputs: pairs(range(59), range(59)),
    behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 59),
    threshold: { atLeast: 0.99 },
  });
  let clock: Model;
  let pizza: Model;
  let copy: Model;
  beforeAll(async () => {
    [clock, pizza] = await Promise.all([load(path('clock.safetensors')), load(path('pizza.safetensors'))]);
    copy = await quantise(clock, 8);
  });
  afterAll(() => [clock, pizza, copy].forEach((model) => model?.dispose()));

  test('against its own 8-bit copy: equivalent', async () => {
    expect(await compare(clock, copy, { on: addition, alsoReport: [] })).toMatchObject({ outcome: 'equivalent' });
  });

  test('against the pizza: different, whatever the measure', async () => {
    const evidence = await compare(clock, pizza, { on: addition });
    expect(evidence.outcome).toBe('different');
    expect(evidence.alsoReport.map(({ measure, outcome }) => [measure, outcome])).toEqual([
      ['cka', 'different'],
      ['procrustes', 'different'],
    ]);
  });
});
