import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CommonSampler } from '../../src/implementations/common.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { runExamples } from '../../src/task/run.js';
import { symmetryOf } from '../../generators/symmetry-of.js';
import { most, saysTheSame, startCommon } from '../helpers/common-sampler.js';
import { randomTransformer } from '../helpers/random-transformer.js';

const made: Transformer[] = [];
const keep = <T extends Transformer>(model: T): T => {
  made.push(model);
  return model;
};
let a: Transformer;
let b: Transformer;
beforeAll(async () => {
  a = keep(await randomTransformer('a'));
  b = keep(await randomTransformer('b', 0.1));
});
afterAll(() => made.forEach((model) => model.dispose()));

const drawn = async (sampler: CommonSampler, count: number) => {
  expect(await sampler.fill(count)).toBe(true);
  return sampler.sides.map((side) => side.drawn.map(({ gram: { data }, behaviour }) => ({ data, behaviour })));
};
const largest = (values: Float64Array): number => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const apart = (x: Float64Array, y: Float64Array): number => largest(x.map((v, i) => v - y[i]!)) / largest(x);

describe('draws that serve both models', () => {
  test('one seed: the same draws, also a few at a time; another seed: others. The first is the models themselves', async () => {
    const whole = await startCommon(a, b);
    const first = await drawn(whole, 6);
    const piecewise = await startCommon(a, b);
    for (const count of [1, 2, 4]) await piecewise.fill(count);
    expect(await drawn(piecewise, 6)).toEqual(first);
    expect(piecewise.interventions).toEqual(whole.interventions);
    const other = await startCommon(a, b, { seed: 2 });
    await other.fill(6);
    expect(other.interventions).not.toEqual(whole.interventions);
    expect(whole.interventions[0]!.pairs).toEqual([]);
    expect(whole.sides.map((side) => side.drawn[0]!.description)).toEqual(['a itself', 'b itself']);
  });

  test('both keep the threshold with all that is patched, and one more would break one of them or was never asked', async () => {
    const sampler = await startCommon(a, b);
    const sides = await drawn(sampler, 8);
    for (const side of sides) for (const { behaviour } of side) expect(behaviour).toBeLessThanOrEqual(most);
    // draws differ, and none is of nothing and none of everything
    const sizes = sampler.interventions.slice(1).map(({ pairs: some }) => some.length);
    expect(new Set(sizes).size).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThan(sampler.pairs.length);
  });

  test('a draw can be made again on both models: the same behaviour, the same counterfactuals; a part of it, and for some inputs', async () => {
    const sampler = await startCommon(a, b);
    await sampler.fill(4);
    for (const draw of [0, 1, 3]) {
      const { sides, examples } = await sampler.twins(draw);
      for (const [side, { model, patch, description }] of sides.entries()) {
        const clean = (await runExamples(model, saysTheSame, examples)).logits;
        const { score } = await runExamples(model, saysTheSame, examples, { patch, clean });
        expect(score).toBe(sampler.sides[side]!.drawn[draw]!.behaviour);
        expect(description).toBe(sampler.sides[side]!.drawn[draw]!.description);
      }
    }
    const rows = [3, 17, 40];
    const [whole, some] = [await sampler.twins(1), await sampler.twins(1, undefined, rows)];
    expect(some.examples.inputs).toEqual(rows.map((row) => whole.examples.inputs[row]));
    for (const side of [0, 1] as const) {
      const run = async ({ sides, examples }: typeof whole) =>
        (await runExamples(sides[side].model, saysTheSame, examples, { patch: sides[side].patch })).logits;
      const [all, few] = [await run(whole), await run(some)];
      rows.forEach((row, i) => few[i]!.forEach((value, k) => expect(value).toBeCloseTo(all[row]![k]!, 4)));
    }
    // nothing of it: the model itself
    const nothing = await sampler.twins(1, []);
    expect(nothing.sides.map(({ patch }) => patch)).toEqual([undefined, undefined]);
    const part = await sampler.twins(1, sampler.interventions[1]!.pairs.slice(0, 1));
    expect(part.sides.map(({ description }) => description.match(/with (\S+)/)![1])).toEqual(
      sampler.pairs[sampler.interventions[1]!.pairs[0]!]!.map(({ name }) => name),
    );
  });

  test('called the other way round, the draws are the same ones with the sides exchanged', async () => {
    const forward = await startCommon(a, b);
    const backward = await startCommon(b, a);
    expect(await drawn(backward, 5)).toEqual((await drawn(forward, 5)).toReversed());
    expect(backward.interventions).toEqual(forward.interventions);
  });

  test('a copy in another order has its twins found: they coincide to rounding, as do those of an identical copy', async () => {
    const permuted = keep(
      await symmetryOf(a, [
        { kind: 'permute heads', layer: 0, swaps: [[0, 2]] },
        {
          kind: 'permute neurons',
          layer: 1,
          swaps: [
            [0, 7],
            [3, 4],
          ],
        },
        { kind: 'permute neurons', layer: 0, swaps: [[1, 11]] },
      ]).apply(),
    );
    for (const [copy, tolerance] of [
      [keep(await randomTransformer('copy')), 0],
      [permuted, 1e-5],
    ] as const) {
      const [one, other] = await drawn(await startCommon(a, copy), 6);
      one!.forEach(({ data, behaviour }, draw) => {
        expect(apart(data, other![draw]!.data)).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(behaviour - other![draw]!.behaviour)).toBeLessThanOrEqual(1e-5);
      });
      // and they are no copies of each other
      expect(apart(one![1]!.data, one![2]!.data)).toBeGreaterThan(0.01);
    }
  });

  test.each(['mean', 'zero'] as const)('by %s ablation', async (by) => {
    const sampler = await startCommon(a, b, { set: { by } });
    const sides = await drawn(sampler, 4);
    for (const side of sides) for (const { behaviour } of side) expect(behaviour).toBeLessThanOrEqual(most);
    expect(sampler.sides[1].drawn[1]!.description).toMatch(new RegExp(`^b with .* ${by}-ablated \\(draw 1\\)`));
  });

  test('components by name: a random part of them in both, kept where both tolerate it', async () => {
    const sampler = await startCommon(a, b, { set: { outside: ['blocks.1.mlp.neuron.*'], fraction: 0.25 } });
    await sampler.fill(5);
    const { interventions, sides } = sampler;
    expect(interventions.slice(1).every(({ pairs: some }) => some.length === 3)).toBe(true);
    expect(sides[0].drawn).toHaveLength(interventions.length);
    expect(sides[0].tried).toBeGreaterThanOrEqual(interventions.length);
    for (const side of sides) for (const { behaviour } of side.drawn) expect(behaviour).toBeLessThanOrEqual(most);
  });
});
