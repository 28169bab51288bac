/** Comparisons in which one intervention serves both models, on transformers small enough to be quick. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { symmetryOf } from '../../generators/symmetry-of.js';
import { task } from '../../generators/task.js';
import { OptionError } from '../../src/errors.js';
import { byIntervention, trainedRuns } from '../../src/implementations/index.js';
import type { Model } from '../../src/model/model.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { respondAlike } from '../../src/response/respond-alike.js';
import { accuracy, klToClean, pairs, range } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import type { CompareOptions } from '../../src/verdict/compare-options.js';
import type { Evidence } from '../../src/verdict/evidence.js';
import { measureResponses } from '../../src/verdict/relation/measure.js';
import { commonInWords, measuredLines } from '../../src/verdict/words.js';
import { errorOf } from '../helpers/error-of.js';
import { randomTransformer, vocabulary } from '../helpers/random-transformer.js';

const made: Transformer[] = [];
const keep = <T extends Transformer>(model: T): T => {
  made.push(model);
  return model;
};
let released: Transformer;
let changed: Transformer;
beforeAll(async () => {
  released = keep(await randomTransformer('released'));
  changed = keep(await randomTransformer('changed', 0.05));
});
afterAll(() => made.forEach((model) => model.dispose()));

const on = task({
  name: 'says the same',
  inputs: pairs(range(vocabulary), range(vocabulary)),
  behaviour: klToClean(),
  threshold: { atMost: 0.02 },
});
const options = (rest: Partial<CompareOptions> = {}): CompareOptions => ({
  on,
  budget: { draws: 8 },
  splits: 1,
  alsoReport: [],
  bootstrap: 100,
  permutations: 199,
  ...rest,
});
const limits = ({ judgement: { sides } }: Evidence): number[] =>
  sides.flatMap(({ excess: { estimate, low, high } }) => [estimate, low, high]);

test('a copy in another order is the same set: no excess, no difference, and as much patched in both', async () => {
  const permuted = keep(
    await symmetryOf(released, [
      { kind: 'permute heads', layer: 0, swaps: [[0, 2]] },
      {
        kind: 'permute neurons',
        layer: 1,
        swaps: [
          [3, 11],
          [7, 5],
        ],
      },
    ]).apply(),
  );
  const evidence = await compare(released, permuted, options({ budget: { draws: 3 } }));
  const { common, judgement, distances, baseline, candidate } = evidence;
  expect(common).toEqual({ how: 'symmetry', components: 30, patchable: expect.any(Number) });
  for (const value of limits(evidence)) expect(Math.abs(value)).toBeLessThan(1e-3);
  expect(Math.abs(judgement.energy.distance)).toBeLessThan(1e-3);
  // distances to the twin of a sibling are distances to the sibling
  distances.across.forEach((row, i) =>
    row.forEach((d, j) => i === j || expect(Math.abs(d - distances.within1[i]![j]!)).toBeLessThan(1e-3)),
  );
  const behaviours = [baseline, candidate].map(({ implementations }) => implementations.map((one) => one.behaviour));
  behaviours[0]!.forEach((value, draw) => expect(value).toBeCloseTo(behaviours[1]![draw]!, 5));
  expect(commonInWords(common!)).toMatch(/30 components correspond as symmetries moved them, \d+ break neither/);
});

test('of a changed copy the limits are tighter than those of sides drawn apart, and say the same of the estimate', async () => {
  const together = await compare(released, changed, options());
  const apart = await compare(released, changed, options({ common: false }));
  expect(together.common).toMatchObject({ how: 'names and shapes', components: 30 });
  expect(apart.common).toEqual({ why: 'it was asked for' });
  const width = (evidence: Evidence): number => {
    const [, low1, high1, , low2, high2] = limits(evidence) as [number, number, number, number, number, number];
    return Math.max(high1 - low1, high2 - low2);
  };
  expect(width(together)).toBeLessThan(width(apart) / 2);
  expect(measuredLines(apart)).toContainEqual(['interventions', 'each side by itself: it was asked for']);
});

test('called the other way round: the same judgement with the sides exchanged', async () => {
  const [forward, backward] = [
    await compare(released, changed, options({ measure: 'cka', budget: { draws: 4 }, inputs: 60 })),
    await compare(changed, released, options({ measure: 'cka', budget: { draws: 4 }, inputs: 60 })),
  ];
  expect(backward.outcome).toBe(forward.outcome);
  const [one, other] = [limits(forward), limits(backward)];
  [3, 4, 5, 0, 1, 2].forEach((at, i) => expect(other[i]!).toBeCloseTo(one[at]!, 9));
  expect(backward.judgement.energy.p).toBe(forward.judgement.energy.p);
  expect(backward.baseline.implementations.map(({ behaviour }) => behaviour)).toEqual(
    forward.candidate.implementations.map(({ behaviour }) => behaviour),
  );
});

describe('which component is which', () => {
  test('by a map: another depth, of which one layer is compared', async () => {
    const shallow = keep(await randomTransformer('shallow', 0, { n_layers: 1 }));
    const two = { budget: { draws: 1 }, inputs: 40 };
    const { common } = await compare(released, shallow, options(two));
    expect(common).toEqual({ why: 'shallow has no blocks.1.attn.head' });
    const mapped = await compare(
      released,
      shallow,
      options({ ...two, common: { 'blocks.0.mlp.neuron': 'blocks.0.mlp.neuron' } }),
    );
    expect(mapped.common).toMatchObject({ how: 'map', components: 12 });
    expect(mapped.candidate.implementations[1]!.description).toMatch(/^shallow with .*neuron/);
  });

  test('a map that cannot be is an error, as is one for what is no pair of models', async () => {
    await expect(
      compare(released, changed, options({ common: { 'blocks.0.attn.head.9': 'blocks.0.attn.head.1' } })),
    ).rejects.toThrow(errorOf(OptionError, /names no component of released/) as Error);
    await expect(
      compare(trainedRuns([released, changed]), released, options({ common: { 'blocks.0.attn': 'blocks.0.attn' } })),
    ).rejects.toThrow(errorOf(OptionError, /is no set of interventions on one model/) as Error);
    await expect(compare(released, changed, options({ common: true as never }))).rejects.toThrow(
      errorOf(OptionError, /'auto', false, or a map/) as Error,
    );
  });

  test('where sets are made in different ways, or are no interventions, each side is drawn by itself, and why is said', async () => {
    const two = options({ budget: { draws: 1 }, inputs: 40 });
    const unlike = await compare(byIntervention(released), byIntervention(changed, { by: 'mean' }), two);
    expect(unlike.common).toEqual({ why: 'the two sides are made by interventions of different kinds' });
    const runs = await compare(trainedRuns([released, changed]), trainedRuns([changed, released]), two);
    expect(runs.common).toEqual({
      why: expect.stringMatching(/^2 trained runs: .* is no set of interventions on one model$/),
    });
  });

  test('where the models take other inputs for the same ones', async () => {
    // one reads each pair the other way round
    const reading = (turned: boolean): Model =>
      Object.create(turned ? changed : released, { tokenizer: { value: { turned } } }) as Model;
    const turned = task({
      name: 'turned',
      inputs: pairs(range(vocabulary), range(vocabulary)),
      behaviour: klToClean(),
      threshold: { atMost: 0.02 },
      encode: ([a, b], tokenizer) => ((tokenizer as unknown as { turned: boolean }).turned ? [b, a] : [a, b]),
    });
    const { common } = await compare(
      reading(false),
      reading(true),
      options({ on: turned, budget: { draws: 1 }, inputs: 40 }),
    );
    expect(common).toEqual({ why: 'the two models take other inputs for the same counterfactuals' });
  });
});

test('responses are asked of models that are known to do the task: they are not run on its inputs once more', async () => {
  const answering = task({
    name: 'says anything',
    inputs: pairs(range(vocabulary), range(vocabulary)),
    behaviour: accuracy(() => 0),
    threshold: { atLeast: 0 },
  });
  const inputs = 44;
  // whether a model says what it says itself need not be asked
  for (const [own, asked] of [
    [answering, 2 * inputs],
    [on, 0],
  ] as const) {
    const alone = await respondAlike(released, changed, { on: own, seed: 3, alpha: 0.05, beta: 0.05, inputs });
    const beside = await measureResponses([released, byIntervention(changed)], {
      on: own,
      seed: 3,
      levels: { alpha: 0.05, beta: 0.05 },
      inputs,
    });
    expect(beside).toEqual({ found: { ...alone, rows: alone.rows - asked } });
  }
  // sets of runs have no one model that could respond
  expect(
    await measureResponses([trainedRuns([released, changed]), changed], {
      on,
      seed: 3,
      levels: { alpha: 0.05, beta: 0.05 },
      inputs,
    }),
  ).toEqual({ why: 'a side is a set of several models' });
});

describe('inputs', () => {
  test('all of a task that has few, and no allowance for others where a sample is small', async () => {
    const one = { budget: { draws: 1 } };
    const whole = await compare(released, changed, options(one));
    expect(whole.task.inputs).toBe(121);
    expect(whole.inputGroups).toBeUndefined();
    const some = await compare(released, changed, options({ ...one, inputs: 80 }));
    // too few for groups whose variance says anything
    expect(some.inputGroups).toBeUndefined();
  });
});
