import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Component } from '../../src/circuit/component.js';
import type { ModelInput } from '../../src/model/input.js';
import type { Model } from '../../src/model/model.js';
import { circuitOf, kinds, partners, type Ground } from '../../src/power/changes.js';
import { intervened } from '../../src/power/intervened.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { random } from '../../src/random.js';
import { example } from '../helpers/example.js';

let model: Model;
beforeAll(async () => {
  model = await example('released');
});
afterAll(() => model.dispose());

const inputs: readonly ModelInput[] = Array.from({ length: 30 }, (_, i) => [i, (7 * i) % 43]);
const component = (index: number): Component => ({
  name: `blocks.0.attn.head.${index}`,
  kind: 'head',
  site: 'blocks.0.attn.hook_z',
  axis: 'head',
  index,
});
const ground = (): Ground => ({ model, circuit: [0, 1, 2, 3].map(component), inputs });
const logits = async (of: Model): Promise<Float32Array> => (await of.run(inputs, { logits: -1 })).logits.data;

test('a circuit is as few components as have nine tenths of the effect, whatever the order', () => {
  const ranked = (effects: readonly number[]) =>
    effects.map((effect, i) => ({ component: component(i), effect, breaks: false }));
  const names = (effects: readonly number[]) => circuitOf(ranked(effects)).map(({ index }) => index);
  expect(names([1, 5, 3, 1])).toEqual([1, 2, 0]);
  expect(names([10, 0, 0])).toEqual([0]);
  expect(names([1, 1, 1, 1])).toEqual([0, 1, 2, 3]);
  expect(names([9, 1, -5])).toEqual([0]);
});

test('the partner of an input is another of its size, and the same whatever was asked before', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 12,
        selector: String,
      }),
      fc.nat(),
      (all, seed) => {
        const [first, second] = [partners(all, seed), partners(all, seed)];
        const backwards = new Map(all.toReversed().map((input) => [String(input), second(input)]));
        for (const input of all) {
          const other = first(input) as number[];
          expect(other).toHaveLength(input.length);
          expect(other).toEqual(backwards.get(String(input)));
          const alone = all.filter(({ length }) => length === input.length).length === 1;
          expect(String(other) === String(input)).toBe(alone);
        }
      },
    ),
  );
});

test('a model with interventions answers as the model under them does, and takes more', async () => {
  const own = { site: 'blocks.0.attn.hook_z', at: { head: [1] }, by: { kind: 'zero' } } as const;
  const more = { site: 'blocks.0.attn.hook_z', at: { head: [2] }, by: { kind: 'zero' } } as const;
  const changed = intervened(model, { description: 'head 1 zero', interventions: () => [own] });
  expect(changed.fingerprint).not.toBe(model.fingerprint);
  expect(await logits(changed)).toEqual((await model.run(inputs, { logits: -1, interventions: [own] })).logits.data);
  expect((await changed.run(inputs, { logits: -1, interventions: [more] })).logits.data).toEqual(
    (await model.run(inputs, { logits: -1, interventions: [own, more] })).logits.data,
  );
});

describe('kinds of planted changes', () => {
  const always = async () => true;

  test('each has doses here, changes what the model answers, and follows from the stream', async () => {
    const clean = await logits(model);
    expect(kinds.filter((kind) => kind.doses(ground()).length > 0).map(({ name }) => name)).toEqual([
      'none',
      'circuit',
      'attention',
      'heads',
      'noise',
    ]);
    for (const kind of kinds)
      for (const dose of kind.doses(ground())) {
        const plant = () => kind.plant(ground(), dose, random(3, 'planted'), always);
        const [one, again] = [(await plant())!, (await plant())!];
        const answers = await logits(one);
        if (kind.name === 'none') expect(answers).toEqual(clean);
        else expect(answers).not.toEqual(clean);
        expect(await logits(again)).toEqual(answers);
        expect(one.fingerprint).toBe(again.fingerprint);
        expect(one.fingerprint).not.toBe(model.fingerprint);
        one.dispose();
        again.dispose();
      }
    // what they share is as it was
    expect(await logits(model)).toEqual(clean);
  });

  test('a change goes as far as the behaviour allows, in halves; of the smaller dose half of that', async () => {
    const noise = kinds.find(({ name }) => name === 'noise')!;
    const size = (changed: Model): number => {
      let sum = 0;
      for (const [key, { data }] of (changed as Transformer).weights)
        data.forEach((x, i) => (sum += (x - (model as Transformer).weights.get(key)!.data[i]!) ** 2));
      return Math.sqrt(sum);
    };
    const after = async (refusals: number, dose: number) => {
      let asked = 0;
      const made = await noise.plant(ground(), dose, random(1, 'planted'), async () => asked++ >= refusals);
      const found = made && size(made);
      made?.dispose();
      return found;
    };
    const whole = (await after(0, 1))!;
    expect((await after(2, 1))! / whole).toBeCloseTo(1 / 4, 4);
    expect((await after(2, 0.5))! / whole).toBeCloseTo(1 / 8, 4);
    expect(await after(7, 1)).toBeUndefined();
  });

  test('the same heads swapped twice give the model again', async () => {
    const swap = kinds.find(({ name }) => name === 'heads')!;
    const once = (await swap.plant(ground(), 1, random(5, 'planted'), always))!;
    const twice = (await swap.plant({ ...ground(), model: once }, 1, random(5, 'planted'), always))!;
    expect(await logits(twice)).toEqual(await logits(model));
    once.dispose();
    twice.dispose();
  });

  test('what is faded out writes nothing: as a model whose component is zero', async () => {
    const fade = kinds.find((kind) => kind.name === 'circuit' && kind.doses(ground()).length > 0)!;
    const one = { ...ground(), circuit: [component(1)] };
    const faded = (await fade.plant(one, 1, random(0, 'planted'), always))!;
    const zero = await model.run(inputs, {
      logits: -1,
      interventions: [{ site: 'blocks.0.attn.hook_z', at: { head: [1] }, by: { kind: 'zero' } }],
    });
    const answers = await logits(faded);
    answers.forEach((x, i) => expect(Math.abs(x - zero.logits.data[i]!)).toBeLessThan(1e-3));
    faded.dispose();
  });

  test('of a model whose weights are not at hand, components are resampled, or the change is given up', async () => {
    const opaque = {
      ...ground(),
      model: { ...intervened(model, { description: 'as it is', interventions: () => [] }) },
    };
    const able = kinds.filter((kind) => kind.name !== 'none' && kind.doses(opaque).length > 0);
    expect(able.map(({ name }) => name)).toEqual(['circuit']);
    expect(able[0]!.doses(opaque)).toEqual([1, 2, 4]);
    const changed = (await able[0]!.plant(opaque, 2, random(0, 'planted'), always))!;
    expect(await logits(changed)).not.toEqual(await logits(model));
    expect(await able[0]!.plant(opaque, 2, random(0, 'planted'), async () => false)).toBeUndefined();
  });
});
