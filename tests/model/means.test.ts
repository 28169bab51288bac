/** Means over references of several sizes, for every kind of model: of each entry over the references that have it, whatever else is in the batch. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { InterventionError } from '../../src/errors.js';
import { model } from '../../src/model/function.js';
import type { ModelInput, TensorValue } from '../../src/model/input.js';
import type { Model } from '../../src/model/model.js';
import { loadOnnx } from '../../src/model/formats/onnx/file/load.js';
import { applyPatch } from '../../src/model/replacement.js';
import { tfjsModel } from '../../src/model/formats/tfjs/memory.js';
import { backend } from '../../src/tensor/backend.js';
import { attribute, model as built, node, types, value, written } from './formats/onnx/build.js';
import { make, small } from './made.js';
import { errorOf } from '../helpers/error-of.js';

/** Sums of a table's columns; the table itself is the site. */
const ofMyOwn = () =>
  model({
    name: 'table',
    fingerprint: 'table',
    sites: [{ name: 'h', axes: ['row', 'column'], shape: [-1, -1] }],
    run({ inputs, patches, capture }) {
      const [rows, columns] = (inputs[0] as TensorValue).shape as [number, number];
      const h = Float32Array.from(inputs.flatMap((input) => [...(input as TensorValue).data].map(Number)));
      for (const patch of patches) applyPatch(patch, h);
      const sums = inputs.flatMap((_, at) =>
        [0, 1].map((k) =>
          h
            .subarray(at * rows * columns, (at + 1) * rows * columns)
            .reduce((sum, x, i) => sum + (i % 2 === k ? x : 0), 0),
        ),
      );
      return {
        logits: { shape: [inputs.length, 2], data: sums },
        activations: new Map(capture.map((site) => [site, { shape: [inputs.length, rows, columns], data: h }])),
      };
    },
  });

interface Kind {
  readonly make: () => Promise<Model>;
  readonly site: string;
  /** an input of a size, holding these numbers */
  readonly input: (size: readonly [number, number], from: number) => ModelInput;
}
const numbers = (n: number, from: number) =>
  Float32Array.from({ length: n }, (_, i) => ((from * 31 + i * 7) % 23) - 11);
const table = ([rows, columns]: readonly [number, number], from: number): TensorValue => ({
  shape: [rows, columns],
  data: numbers(rows * columns, from),
});

const kinds: Record<string, Kind> = {
  function: { make: async () => ofMyOwn(), site: 'h', input: table },
  ONNX: {
    make: () =>
      loadOnnx(
        written(
          built({
            nodes: [
              node('Neg', ['x'], ['h']),
              node('ReduceMean', ['h'], ['y'], { attributes: [attribute('axes', [2]), attribute('keepdims', 0)] }),
            ],
            inputs: [value('x', types.float, ['batch', 'r', 'c'])],
          }),
        ),
      ),
    site: 'h',
    input: table,
  },
  tfjs: {
    make: async () => {
      await backend({ backend: 'cpu' });
      const network = tfl.sequential({
        layers: [
          tfl.layers.conv1d({
            filters: 2,
            kernelSize: 1,
            inputShape: [null, 2],
            name: 'h',
            kernelInitializer: 'glorotUniform',
          }),
          tfl.layers.globalAveragePooling1d({}),
          tfl.layers.dense({ units: 2 }),
        ],
      });
      return tfjsModel(network);
    },
    site: 'h',
    input: ([rows], from) => table([rows, 2], from),
  },
  transformer: {
    make: () => make({ config: small, seed: 3 }, 'cpu'),
    site: 'blocks.0.hook_resid_post',
    input: ([rows], from) =>
      Array.from(numbers(Math.min(rows, small.n_ctx as number), from), (x) => Math.abs(x) % (small.d_vocab as number)),
  },
};

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  let made: Model;
  beforeAll(async () => {
    made = await kind.make();
  });
  afterAll(() => made.dispose());

  /** One input's activation at the site, alone and clean: by place. */
  async function clean(input: ModelInput): Promise<{ shape: readonly number[]; at: Map<string, number> }> {
    const { shape, data } = (await made.run([input], { capture: [kind.site], logits: false })).activations.get(
      kind.site,
    )!;
    const at = new Map<string, number>();
    data.forEach((x, i) => at.set(placeOf(i, shape.slice(1)), x));
    return { shape: shape.slice(1), at };
  }
  const placeOf = (i: number, shape: readonly number[]): string => {
    const index: number[] = [];
    let rest = i;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    return index.join();
  };

  const size = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
  const references = fc.array(fc.tuple(size, fc.nat(20)), { minLength: 1, maxLength: 5 });

  test('each entry is the mean over the references that have it, or there is an error; alone as in a batch, and in any order', () =>
    fc.assert(
      fc.asyncProperty(
        references,
        size,
        fc.array(fc.nat(20), { minLength: 2, maxLength: 3 }),
        async (of, own, froms) => {
          const over = of.map(([one, from]) => kind.input(one, from));
          const rows = froms.map((from) => kind.input(own, from));
          const run = (batch: readonly ModelInput[], list: readonly ModelInput[]) =>
            made.run(batch, {
              capture: [kind.site],
              interventions: [{ site: kind.site, by: { kind: 'mean', over: list } }],
            });
          const known = await Promise.all(over.map(clean));
          const { shape } = await clean(rows[0]!);
          const expected = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_unused, i) => {
            const there = known.flatMap(({ at }) => at.get(placeOf(i, shape)) ?? []);
            return there.reduce((sum, x) => sum + x, 0) / there.length;
          });
          if (expected.some(Number.isNaN)) {
            // no reference has it
            for (const batch of [rows, [rows[0]!]]) await expect(run(batch, over)).rejects.toThrow(InterventionError);
            return;
          }
          const together = await run(rows, over);
          rows.forEach((_row, at) =>
            together.activations
              .get(kind.site)!
              .data.subarray(at * expected.length, (at + 1) * expected.length)
              .forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 4)),
          );
          const again = await run(rows.toReversed(), over.toReversed());
          const width = together.logits.data.length / rows.length;
          for (const [at, row] of rows.entries()) {
            const alone = [...(await run([row], over)).logits.data];
            alone.forEach((x, i) => {
              expect(together.logits.data[at * width + i]).toBeCloseTo(x, 4);
              expect(again.logits.data[(rows.length - 1 - at) * width + i]).toBeCloseTo(x, 4);
            });
          }
        },
      ),
      { numRuns: 12 },
    ));
});

test('a slice that every reference has needs no longer one', async () => {
  const made = ofMyOwn();
  const at = (row: number[]) =>
    made.run([table([3, 2], 1)], {
      capture: ['h'],
      interventions: [{ site: 'h', at: { row }, by: { kind: 'mean', over: [table([2, 2], 5), table([1, 2], 6)] } }],
    });
  const [a, b, input] = [table([2, 2], 5).data, table([1, 2], 6).data, table([3, 2], 1).data].map((data) =>
    [...data].map(Number),
  );
  expect([...(await at([0, 1])).activations.get('h')!.data]).toEqual([
    (a![0]! + b![0]!) / 2,
    (a![1]! + b![1]!) / 2,
    a![2],
    a![3],
    input![4],
    input![5],
  ]);
  await expect(at([2])).rejects.toThrow(
    errorOf(InterventionError, 'by.over reaches no further than [2, 2], the batch needs [3, 2]'),
  );
});

test('in a batch of several lengths only the rows that are replaced need a reference as long', async () => {
  const made = await make({ config: small, seed: 3 }, 'cpu');
  const over = [
    [1, 2],
    [3, 0],
  ];
  const by = { site: 'hook_embed', by: { kind: 'mean', over } } as const;
  const alone = await made.run([[2, 1]], { interventions: [by], logits: -1 });
  const both = await made.run(
    [
      [2, 1],
      [1, 2, 3],
    ],
    { interventions: [{ ...by, rows: [0] }], logits: -1 },
  );
  alone.logits.data.forEach((x, i) => expect(both.logits.data[i]).toBeCloseTo(x, 5));
  await expect(
    made.run(
      [
        [2, 1],
        [1, 2, 3],
      ],
      { interventions: [{ ...by, rows: [1] }] },
    ),
  ).rejects.toThrow(InterventionError);
  made.dispose();
});
