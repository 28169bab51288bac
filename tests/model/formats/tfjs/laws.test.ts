/** What holds of interventions on every tfjs model, whatever is drawn. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { ModelInput, TensorValue } from '../../../../src/model/input.js';
import type { Intervention, Model, Site } from '../../../../src/model/model.js';
import { difference, fixture, golden, models, type Name } from './goldens.js';

/** For each model, sites that together cut it in two, and sites after the cut. */
const cuts: Readonly<Record<Name, { readonly cut: readonly string[]; readonly after: readonly string[] }>> = {
  mixed: { cut: ['added', 'inner/inner_b'], after: ['joined', 'ln', 'out', 'aux'] },
  masked: { cut: ['each'], after: ['last', 'out'] },
  convnet: { cut: ['split', 'split:1'], after: ['Elu', 'concat', 'Mean', 'Relu_1', 'Softmax'] },
  transformer: { cut: ['add_4'], after: ['Mean_2', 'Rsqrt_1', 'Erf', 'add_9'] },
};

describe.each(['wasm', 'cpu'] as const)('on %s', (on) => {
  describe.each(models)('%s', (name) => {
    let model: Model;
    let inputs: readonly ModelInput[];
    let opened = 0;
    beforeAll(async () => {
      model = await fixture(name, on);
      inputs = golden(name).inputs;
      opened = tf.memory().numTensors;
    });
    afterAll(() => {
      expect(tf.memory().numTensors).toBe(opened);
      model.dispose();
    });

    /** Inputs of the same shape and padding, drawn from those that are there, changed a little. */
    const others: fc.Arbitrary<readonly ModelInput[]> = fc
      .integer({ min: 1, max: 6 })
      .map((shift) => inputs.map((input) => changed(input, shift)));
    const siteNames = () => model.sites.map((site) => site.name);
    const capturedAt = async (
      batch: readonly ModelInput[],
      interventions: readonly Intervention[],
      sites = siteNames(),
    ) => {
      const { logits, activations } = await model.run(batch, { capture: sites, interventions });
      return new Map([
        ...[...activations].map(([site, { data }]) => [site, data] as const),
        ['', logits.data] as const,
      ]);
    };
    const runs = { numRuns: on === 'cpu' ? 3 : 5 };

    test('activations put back where they came from change nothing, to the bit', async () => {
      const clean = await capturedAt(inputs, []);
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.nat(model.sites.length - 1), { minLength: 1, maxLength: 4 }),
          fc.infiniteStream(fc.boolean()),
          async (at, some) => {
            const interventions = at.map((i): Intervention => ({
              site: model.sites[i]!.name,
              ...(some.next().value ? { rows: [1] } : {}),
              by: { kind: 'resample', inputs: [...inputs] },
            }));
            expect(await capturedAt(inputs, interventions)).toEqual(clean);
          },
        ),
        runs,
      );
    });

    test('all components of a cut, from a counterfactual, give the counterfactual downstream', async () => {
      const { cut, after } = cuts[name];
      await fc.assert(
        fc.asyncProperty(others, async (counterfactual) => {
          const wanted = await capturedAt(counterfactual, [], [...after]);
          const got = await capturedAt(
            inputs,
            cut.map((site) => ({ site, by: { kind: 'resample', inputs: counterfactual } })),
            [...after],
          );
          expect(got).toEqual(wanted);
        }),
        runs,
      );
    });

    test('a part replaced is what was put there, the rest of the site and all before it stay', async () => {
      const clean = await capturedAt(inputs, []);
      await fc.assert(
        fc.asyncProperty(
          fc.nat(model.sites.length - 1),
          fc.integer({ min: -8, max: 8 }),
          fc.nat(1000),
          fc.integer({ min: 0, max: 2 }),
          async (i, quarter, pick, row) => {
            const site = model.sites[i]!;
            const shape = (await model.run(inputs, { capture: [site.name], logits: false })).activations
              .get(site.name)!
              .shape.slice(1);
            const axis = shape.length === 0 ? -1 : pick % shape.length;
            const index = axis < 0 ? 0 : pick % shape[axis]!;
            const got = await capturedAt(inputs, [
              {
                site: site.name,
                rows: [row],
                ...(axis < 0 ? {} : { at: { [site.axes[axis]!]: [index] } }),
                by: { kind: 'value', value: quarter / 4 },
              },
            ]);
            const size = shape.reduce((a, b) => a * b, 1);
            const inner = axis < 0 ? 1 : shape.slice(axis + 1).reduce((a, b) => a * b, 1);
            const expected = clean.get(site.name)!.map((value, at) => {
              const within = axis < 0 ? 0 : Math.floor((at % size) / inner) % shape[axis]!;
              return Math.floor(at / size) === row && within === index ? quarter / 4 : value;
            });
            expect(got.get(site.name)).toEqual(expected);
            for (const before of model.sites.slice(0, i)) expect(got.get(before.name)).toEqual(clean.get(before.name));
          },
        ),
        runs,
      );
    });

    test('every row of a batch is what it is alone', async () => {
      const together = await model.run(inputs, { capture: siteNames() });
      for (const [row, input] of inputs.entries()) {
        const alone = await model.run([input], { capture: siteNames() });
        for (const [site, { data }] of [...alone.activations, ['', alone.logits] as const]) {
          const whole = site === '' ? together.logits.data : together.activations.get(site)!.data;
          expect({
            site,
            apart: difference(whole.subarray(row * data.length, (row + 1) * data.length), data) < 2e-6,
          }).toEqual({ site, apart: true });
        }
      }
    });

    test('what is captured does not depend on what else is', async () => {
      const all = await capturedAt(inputs, []);
      for (const site of siteNames()) {
        const one = await model.run(inputs, { capture: [site], logits: false });
        expect(one.activations.get(site)!.data).toEqual(all.get(site));
        expect(one.logits.data).toHaveLength(0);
      }
    });

    test('sites say their shape', async () => {
      const { activations } = await model.run(inputs, { capture: siteNames() });
      for (const { name: site, shape, axes } of model.sites) {
        const real = activations.get(site)!.shape;
        expect(axes).toHaveLength(shape.length);
        expect(new Set(axes).size).toBe(axes.length);
        expect(real).toEqual([inputs.length, ...shape.map((size, axis) => (size === -1 ? real[axis + 1] : size))]);
      }
      for (const part of model.parts) {
        const site = model.sites.find((own: Site) => own.name === part.site)!;
        expect(part.count).toBe(part.axis === undefined ? 1 : site.shape[site.axes.indexOf(part.axis)]);
      }
      expect(model.representationSites.length).toBeGreaterThan(0);
    });
  });
});

function changed(input: ModelInput, shift: number): ModelInput {
  const tensor = ({ shape, data }: TensorValue): TensorValue => ({
    shape,
    data: Array.from(data as ArrayLike<number>, (value, i) => value + Math.sin(i + shift)),
  });
  // 0 is padding
  const tokens = (list: readonly number[]) => list.map((token, i) => (token === 0 ? 0 : 1 + ((token + shift + i) % 5)));
  if (Array.isArray(input)) return tokens(input as readonly number[]);
  if ('data' in input && 'shape' in input) return tensor(input as TensorValue);
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [
      key,
      Array.isArray(value) ? tokens(value as readonly number[]) : tensor(value as TensorValue),
    ]),
  );
}
