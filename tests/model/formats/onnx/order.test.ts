/** What a run gives depends on nothing that was run before it, at any operator set that onnxruntime takes; and it is what the arithmetic says. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findCircuit } from '../../../../src/circuit/patching.js';
import type { Intervention, Model } from '../../../../src/model/model.js';
import { loadOnnx } from '../../../../src/model/formats/onnx/file/load.js';
import { accuracy } from '../../../../src/task/behaviour.js';
import { compare } from '../../../../src/verdict/compare.js';
import { task } from '../../../../generators/task.js';
import { attribute, model as built, node, tensor, types, written, type GraphParts } from './build.js';

// operators of the first operator set that no later one replaced before the thirteenth
const w = Float32Array.of(1, -2, 0.5, 0.25, 3, -1);
const v = Float32Array.of(2, 1, -1, 0.5);
const graph: GraphParts = {
  nodes: [
    node('MatMul', ['x', 'w'], ['a']),
    node('Softsign', ['a'], ['b']),
    node('MatMul', ['b', 'v'], ['c']),
    node('Softsign', ['c'], ['d']),
    node('Flatten', ['d'], ['y'], { attributes: [attribute('axis', 1)] }),
  ],
  initializers: [tensor('w', [3, 2], types.float, w), tensor('v', [2, 2], types.float, v)],
};
const sites = ['a', 'b', 'c', 'd'] as const;
const times = (x: number[], m: Float32Array): number[] =>
  [0, 1].map((j) => x.reduce((sum, value, i) => sum + value * m[2 * i + j]!, 0));
const softsign = (x: number[]): number[] => x.map((value) => value / (1 + Math.abs(value)));

type Put = Readonly<{
  site: (typeof sites)[number];
  feature: number | undefined;
  row: number | undefined;
  value: number;
}>;
const intervention = ({ site, feature, row, value }: Put): Intervention => ({
  site,
  ...(feature === undefined ? {} : { at: { feature: [feature] } }),
  ...(row === undefined ? {} : { rows: [row] }),
  by: { kind: 'value', value },
});

/** By hand: every site of every row, after the replacements. */
function expected(rows: readonly number[][], puts: readonly Put[]): Record<(typeof sites)[number], number[]> {
  const found: Record<(typeof sites)[number], number[]> = { a: [], b: [], c: [], d: [] };
  rows.forEach((x, row) => {
    const patched = (site: (typeof sites)[number], values: number[]): number[] => {
      for (const put of puts)
        if (put.site === site && (put.row ?? row) === row)
          values.forEach((_, i) => (put.feature ?? i) === i && (values[i] = put.value));
      found[site].push(...values);
      return values;
    };
    const a = patched('a', times(x, w));
    const b = patched('b', softsign(a));
    const c = patched('c', times(b, v));
    patched('d', softsign(c));
  });
  return found;
}

const put = fc.record({
  site: fc.constantFrom(...sites),
  feature: fc.option(fc.nat(1), { nil: undefined }),
  row: fc.option(fc.nat(1), { nil: undefined }),
  value: fc.constantFrom(5, -1.5, 0.125),
});
const run = fc.record({
  puts: fc.array(put, { maxLength: 4 }),
  capture: fc.subarray([...sites]),
  rows: fc.array(fc.array(fc.constantFrom(-1, 0.5, 2), { minLength: 3, maxLength: 3 }), { minLength: 2, maxLength: 3 }),
});

const everything = async (
  model: Model,
  rows: readonly number[][],
  puts: readonly Put[],
  capture: readonly string[],
): Promise<unknown> => {
  const { logits, activations } = await model.run(rows, { capture, interventions: puts.map(intervention) });
  return { logits, activations: [...activations] };
};

describe.each([1, 6, 8, 9, 13, 17, 26])('operator set %i', (opset) => {
  const path = (): string => written(built(graph, { opset }));

  test('any runs, in any order', async () => {
    const file = path();
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 6 }), async (runs) => {
        const used = await loadOnnx(file, { trusted: true });
        for (const { rows, puts, capture } of runs) {
          const fresh = await loadOnnx(file, { trusted: true });
          const found = await used.run(rows, { capture, interventions: puts.map(intervention) });
          const byHand = expected(rows, puts);
          byHand.d.forEach((value, i) => expect(found.logits.data[i]).toBeCloseTo(value, 5));
          for (const site of capture)
            byHand[site as 'a'].forEach((value, i) =>
              expect(found.activations.get(site)!.data[i]).toBeCloseTo(value, 5),
            );
          expect({ logits: found.logits, activations: [...found.activations] }).toEqual(
            await everything(fresh, rows, puts, capture),
          );
          fresh.dispose();
        }
        used.dispose();
      }),
      { numRuns: 5 },
    );
  });

  test('the same run again and again', async () => {
    const model = await loadOnnx(path(), { trusted: true });
    for (const feature of [undefined, 1])
      for (let again = 0; again < 5; again++) {
        const { logits } = await model.run(
          [
            [1, 2, 3],
            [0, 1, 0],
          ],
          { interventions: [intervention({ site: 'b', feature, row: undefined, value: 0.5 })] },
        );
        expected(
          [
            [1, 2, 3],
            [0, 1, 0],
          ],
          [{ site: 'b', feature, row: undefined, value: 0.5 }],
        ).d.forEach((value, i) => expect(logits.data[i]).toBeCloseTo(value, 5));
      }
    model.dispose();
  });
});

test('operator set 8: integers, bytes, halves and booleans are replaced in part', async () => {
  for (const [name, code] of [
    ['uint8', 2],
    ['int32', 6],
    ['int64', 7],
    ['bool', 9],
    ['float16', 10],
    ['float64', 11],
  ] as const) {
    const nodes = [
      node('Relu', ['x'], ['r']),
      node('Cast', ['r'], ['site'], { attributes: [attribute('to', code)] }),
      node('Cast', ['site'], ['y'], { attributes: [attribute('to', 1)] }),
    ];
    const model = await loadOnnx(written(built({ nodes }, { opset: 8 })), { trusted: true });
    for (let again = 0; again < 4; again++) {
      const { logits, activations } = await model.run(
        [
          [1, 3, 0],
          [1, 1, 1],
        ],
        {
          capture: ['site'],
          interventions: [
            { site: 'r', rows: [1], by: { kind: 'zero' } },
            { site: 'site', at: { feature: [2] }, rows: [0], by: { kind: 'value', value: 1 } },
          ],
        },
      );
      expect([name, ...logits.data]).toEqual([name, 1, name === 'bool' ? 1 : 3, 1, 0, 0, 0]);
      expect(activations.get('site')!.data).toEqual(logits.data);
    }
    model.dispose();
  }
});

test('operator set 8: circuits and comparisons are those of operator set 17', async () => {
  const size = 30;
  const inputs = Array.from({ length: size }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 4) - 1.5]);
  const larger = (x: number[]): number => {
    const [zero, one] = expected([x], []).d;
    return zero! > one! ? 0 : 1;
  };
  const positive = task({
    name: 'the larger',
    inputs,
    encode: (data) => ({ shape: [3], data }),
    counterfactual: (_, random) => inputs[random.below(size)]!,
    behaviour: accuracy(larger),
    threshold: { atLeast: 0.6 },
  });
  const found: Record<number, unknown[]> = { 8: [], 17: [] };
  for (const opset of [8, 17]) {
    const model = await loadOnnx(written(built(graph, { opset })), {
      trusted: true,
      name: 'one',
      parts: ['a', 'c'].map((site) => ({ kind: 'unit', site, axis: 'feature' })),
      representation: ['c'],
    });
    for (const by of ['resample', 'mean', 'zero'] as const)
      found[opset]!.push(await findCircuit(model, positive, positive.examples(size, 0), { by, seed: 1 }));
    const { judgement } = await compare(model, model, {
      on: positive,
      inputs: size,
      measure: 'cka',
      alsoReport: [],
      budget: { draws: 6 },
      shrink: false,
    });
    found[opset]!.push(judgement);
    model.dispose();
  }
  expect(found[8]).toEqual(found[17]);
});
