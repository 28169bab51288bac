/** The published clock and pizza networks (Zhong et al. 2023), where they are at hand: $CONGRUITY_MODELS or ../shared/models. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from '../../src/model/load.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import type { Model } from '../../src/model/model.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import { task } from '../../generators/task.js';

const folder = join(
  process.env['CONGRUITY_MODELS'] ?? join(__dirname, '..', '..', '..', 'shared', 'models'),
  'modular-addition',
);
const present = existsSync(join(folder, 'clock.safetensors'));
if (!present)
  console.warn(
    `skipped: no published clock and pizza models in ${folder}; set CONGRUITY_MODELS to the folder that holds modular-addition/`,
  );

(present ? describe : describe.skip)('the published clock', () => {
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
    [clock, pizza] = await Promise.all([
      load(join(folder, 'clock.safetensors')),
      load(join(folder, 'pizza.safetensors')),
    ]);
    copy = await quantise(clock, 8);
  });
  afterAll(() => [clock, pizza, copy].forEach((model) => model?.dispose()));

  test('against its own 8-bit copy: equivalent', async () => {
    expect(await compare(clock, copy, { on: addition, alsoReport: [] })).toMatchObject({ outcome: 'equivalent' });
  }, 300_000);

  test('against the pizza: different, whatever the measure', async () => {
    const evidence = await compare(clock, pizza, { on: addition });
    expect(evidence.outcome).toBe('different');
    expect(evidence.alsoReport.map(({ measure, outcome }) => [measure, outcome])).toEqual([
      ['cka', 'different'],
      ['procrustes', 'different'],
    ]);
  }, 300_000);
});
