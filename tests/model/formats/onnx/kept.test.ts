/** What comes before a patched site is computed once per input, and results are what they would be without that. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NamedInputs } from '../../../../src/model/input.js';
import type { Intervention, Model } from '../../../../src/model/model.js';
import { loadOnnx } from '../../../../src/model/formats/onnx/file/load.js';
import { fixture, golden, sameBits } from './helpers.js';

let model: Model;
let rows: readonly NamedInputs[];
beforeAll(async () => {
  model = await loadOnnx(fixture('encoder.onnx'), { output: 'logits', trusted: true });
  rows = (await golden('encoder')).rows;
});
afterAll(() => model.dispose());

test('a part that is replaced in what is known equals the whole replaced by hand, alone and above another patch', async () => {
  const sites = model.sites.filter(({ axes }) => axes.length > 0);
  await fc.assert(
    fc.asyncProperty(fc.nat(sites.length - 1), fc.nat(sites.length - 1), fc.nat(1000), async (one, two, at) => {
      const lower = sites[one < two ? one : two]!;
      const upper = sites[one < two ? two : one]!;
      const part = ({ name, axes }: (typeof sites)[number], size: number): Intervention => ({
        site: name,
        at: { [axes.at(-1)!]: [at % size] },
        by: { kind: 'value', value: 0.25 },
      });
      // clean values of the lower site, those of the upper one with the lower one patched
      const clean = (await model.run(rows, { capture: [lower.name], logits: false })).activations.get(lower.name)!;
      const first = part(lower, clean.shape.at(-1)!);
      const between = (await model.run(rows, { capture: [upper.name], interventions: [first] })).activations.get(
        upper.name,
      )!;
      const interventions = lower === upper ? [first] : [first, part(upper, between.shape.at(-1)!)];
      const patched = await model.run(rows, { interventions });
      const again = await model.run(rows, { interventions });
      const byHand = interventions.map((intervention, i): Intervention => {
        const { shape, data } = i === 0 ? clean : between;
        const size = shape.at(-1)!;
        return {
          site: intervention.site,
          by: {
            kind: 'value',
            value: { shape, data: data.map((value, k) => (k % size === at % size ? 0.25 : value)) },
          },
        };
      });
      const whole = await model.run(rows, { interventions: byHand });
      expect(sameBits(patched.logits.data, whole.logits.data)).toBe(true);
      expect(sameBits(patched.logits.data, again.logits.data)).toBe(true);
    }),
    { numRuns: 40 },
  );
});
