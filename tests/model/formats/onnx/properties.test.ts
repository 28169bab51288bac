/** What must hold of any model, whatever it computes. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ModelInput, NamedInputs, TensorValue } from '../../../../src/model/input.js';
import type { Intervention, Model, Site } from '../../../../src/model/model.js';
import { loadOnnx } from '../../../../src/model/formats/onnx/file/load.js';
import type { OnnxOptions } from '../../../../src/model/formats/onnx/options.js';
import { here, sessionOptions, valuesOf, type AnyArray } from '../../../../src/model/formats/onnx/run/runtime.js';
import type { NumberType } from '../../../../src/model/formats/onnx/file/element-types.js';
import { toFloat32, toHalf } from '../../../../src/model/formats/onnx/file/values.js';
import { difference, fixture, golden, largest, sameBits } from './helpers.js';

/** The file in a session of its own, without any of our code but the arrays. */
async function plain(
  name: string,
  rows: readonly NamedInputs[],
  output: string,
  types: Readonly<Record<string, NumberType>>,
  optimisation: 'all' | 'disabled',
): Promise<Float32Array> {
  const session = await here.createSession(
    readFileSync(fixture(`${name}.onnx`)),
    sessionOptions({ threads: 1, optimisation }),
    [],
  );
  const feeds: Record<string, Awaited<ReturnType<typeof here.tensor>>> = {};
  for (const [input, type] of Object.entries(types)) {
    const values = rows.map((row) => row[input] as TensorValue);
    const flat = values.flatMap(({ data }) => Array.from(data as ArrayLike<number>));
    const data: AnyArray =
      type === 'int64'
        ? BigInt64Array.from(flat, BigInt)
        : type === 'int32'
          ? Int32Array.from(flat)
          : type === 'float16'
            ? Uint16Array.from(flat, toHalf)
            : Float32Array.from(flat);
    feeds[input] = await here.tensor(type, data, [rows.length, ...values[0]!.shape]);
  }
  const tensor = (await session.run(feeds, [output]))[output]!;
  const found = toFloat32(valuesOf(tensor, tensor.type as NumberType), tensor.type as NumberType).slice();
  await session.release();
  return found;
}

const ids = { input_ids: 'int64', attention_mask: 'int64', token_type_ids: 'int64' } as const;
/** `rounds`: onnxruntime computes float16 in float32 and leaves out the rounding between two operators, but not where a tensor is read or replaced there. */
const cases: readonly {
  name: string;
  output: string;
  types: Readonly<Record<string, NumberType>>;
  alone?: boolean;
  rounds?: boolean;
}[] = [
  { name: 'mlp', output: 'probabilities', types: { x: 'float32' } },
  { name: 'conv2d', output: 'logits', types: { image: 'float32' } },
  { name: 'conv1d', output: 'logits', types: { tokens: 'int32' } },
  { name: 'encoder', output: 'logits', types: ids },
  { name: 'mha', output: 'logits', types: { x: 'float32' } },
  { name: 'half', output: 'logits', types: { x: 'float16' }, rounds: true },
  { name: 'dynamic8', output: 'probabilities', types: { x: 'float32' }, alone: true },
  { name: 'qdq8', output: 'logits', types: { image: 'float32' } },
  { name: 'qlinear8', output: 'logits', types: { image: 'float32' } },
  { name: 'fixed', output: 'logits', types: { x: 'float32' }, alone: true },
  { name: 'functions', output: 'scores', types: { x: 'float32' } },
];

describe.each(cases)('$name', ({ name, output, types, alone = false, rounds = false }) => {
  const same = (a: Float32Array, b: Float32Array): boolean =>
    rounds ? difference(a, b) <= 2e-3 * Math.max(1, largest(b)) : sameBits(a, b);
  let model: Model;
  let rows: readonly NamedInputs[];
  /** another input for each row */
  let others: readonly NamedInputs[];
  const open = (options: OnnxOptions = {}) => loadOnnx(fixture(`${name}.onnx`), { output, trusted: true, ...options });
  beforeAll(async () => {
    model = await open();
    rows = (await golden(name)).rows;
    others = rows.map((_, row) => {
      const [tokens, values] = [rows[(row + 1) % rows.length]!, Object.entries(rows[row]!)];
      // the same masks, other contents
      return Object.fromEntries(
        values.map(([input, value]) => [input, input === 'attention_mask' ? value : (tokens[input] as TensorValue)]),
      );
    });
  });
  afterAll(() => model?.dispose());

  test('untouched, it is onnxruntime on the file, to the bit; also while everything is captured', async () => {
    const theirs = alone
      ? Float32Array.from(
          (await Promise.all(rows.map((row) => plain(name, [row], output, types, 'disabled')))).flatMap((one) => [
            ...one,
          ]),
        )
      : await plain(name, rows, output, types, 'disabled');
    const free = await model.run(rows);
    const watched = await model.run(rows, { capture: model.sites.map((site) => site.name), interventions: [] });
    expect(sameBits(free.logits.data, theirs)).toBe(true);
    expect(same(watched.logits.data, theirs)).toBe(true);
    expect(same(watched.activations.get(output)!.data, theirs)).toBe(true);
  });

  test('with all optimisations, untouched, it is onnxruntime with all of them, to the bit', async () => {
    const fast = await open({ optimisation: 'all' });
    const theirs = alone
      ? Float32Array.from(
          (await Promise.all(rows.map((row) => plain(name, [row], output, types, 'all')))).flatMap((one) => [...one]),
        )
      : await plain(name, rows, output, types, 'all');
    const [free, captured] = [await fast.run(rows), await fast.run(rows, { capture: [output] })];
    fast.dispose();
    expect(sameBits(free.logits.data, theirs)).toBe(true);
    expect(difference(captured.logits.data, theirs)).toBeLessThanOrEqual(1e-5 * Math.max(1, largest(theirs)));
  });

  test('putting in what is there anyway changes nothing, to the bit: every component of every part, every site', async () => {
    const capture = model.sites.map((site) => site.name);
    const clean = await model.run(rows, { capture });
    const itself = { kind: 'resample', inputs: rows } as const;
    const single: Intervention[] = model.parts.flatMap(({ site, axis, count }) =>
      Array.from({ length: count }, (_, i) => ({
        site,
        by: itself,
        ...(axis === undefined ? {} : { at: { [axis]: [i] } }),
      })),
    );
    const whole: Intervention[] = model.sites.map(({ name: site }) => ({ site, by: itself }));
    for (const interventions of [single, whole, ...whole.map((one) => [one]), ...single.map((one) => [one])]) {
      const patched = await model.run(rows, { interventions });
      expect([interventions.length, same(patched.logits.data, clean.logits.data)]).toEqual([
        interventions.length,
        true,
      ]);
    }
    const watched = await model.run(rows, { capture, interventions: whole });
    for (const site of capture)
      expect([site, same(watched.activations.get(site)!.data, clean.activations.get(site)!.data)]).toEqual([
        site,
        true,
      ]);
  });

  test('a row with all of a site from another input; other rows are left alone, to the bit', async () => {
    const clean = await model.run(rows);
    const counterfactual = await model.run(others, { capture: model.sites.map((site) => site.name) });
    for (const { name: site } of model.sites) {
      const patched = await model.run(rows, {
        interventions: [{ site, rows: [0], by: { kind: 'resample', inputs: others } }],
        capture: [site],
      });
      const size = clean.logits.data.length / rows.length;
      expect([site, same(patched.logits.data.slice(size), clean.logits.data.slice(size))]).toEqual([site, true]);
      const [mine, theirs] = [patched.activations.get(site)!.data, counterfactual.activations.get(site)!.data];
      const own = mine.length / rows.length;
      // onnxruntime's Where makes 0 of -0
      expect([
        site,
        difference(mine.slice(0, own), theirs.slice(0, own)) === 0 || same(mine.slice(0, own), theirs.slice(0, own)),
      ]).toEqual([site, true]);
    }
  });

  test('each row alone gives what it gives in a batch', async () => {
    const capture = model.sites.map((site) => site.name);
    const all = await model.run(rows, { capture });
    for (let row = 0; row < rows.length; row++) {
      const one = await model.run([rows[row]!], { capture });
      for (const [site, { data }] of [...one.activations, ['logits', one.logits] as const]) {
        const batched = site === 'logits' ? all.logits.data : all.activations.get(site)!.data;
        // products of other sizes are summed in another order
        const off = difference(batched.subarray(row * data.length, (row + 1) * data.length), data);
        expect([site, off <= 1e-6 * Math.max(1, largest(data))]).toEqual([site, true]);
      }
    }
  });
});

/** Sites that everything passes through on its way to the logits. */
const cuts: Readonly<Record<string, readonly string[]>> = {
  mlp: ['/first/Gemm_output_0', '/act/Relu_output_0', '/Mul_1_output_0', '/last/Gemm_output_0'],
  conv2d: ['/Relu_output_0', '/MaxPool_output_0', '/Mul_output_0', '/ReduceMean_output_0'],
  conv1d: ['/embed/Gather_output_0', '/Relu_output_0'],
  encoder: [
    '/Add_1_output_0',
    '/layers.0/ln1/LayerNormalization_output_0',
    '/layers.0/ln2/LayerNormalization_output_0',
    '/layers.1/ln2/LayerNormalization_output_0',
  ],
  mha: [
    'x',
    '/attention/Transpose_output_0',
    '/attention/Add_output_0',
    '/attention/Reshape_6_output_0',
    '/attention/Transpose_6_output_0',
  ],
  half: ['/1/Relu_output_0'],
  qdq8: ['/Relu_output_0_DequantizeLinear_Output', '/Mul_output_0_QuantizeLinear_Output'],
  qlinear8: ['/one/Conv_output_0_quantized', '/Mul_output_0'],
  functions: ['hidden'],
};

test.each(Object.entries(cuts))(
  '%s: all components of a layer from another input bring its downstream activations with them',
  async (name, sites) => {
    const model = await loadOnnx(fixture(`${name}.onnx`), { trusted: true });
    const { rows } = await golden(name);
    const masks = (row: NamedInputs, from: NamedInputs): NamedInputs =>
      'attention_mask' in row ? { ...from, attention_mask: row['attention_mask']! } : from;
    const others = rows.map((row, i) => masks(row, rows[(i + 1) % rows.length]!));
    const order = model.sites.map((site) => site.name);
    const theirs = await model.run(others, { capture: order });
    for (const site of sites) {
      const { axes, shape } = model.sites.find((one) => one.name === site)!;
      // one intervention for each index of the last axis of fixed size: components, not the site as a whole
      const axis = shape.findLastIndex((size) => size !== -1);
      const interventions = Array.from({ length: shape[axis]! }, (_, i): Intervention => ({
        site,
        at: { [axes[axis]!]: [i] },
        by: { kind: 'resample', inputs: others },
      }));
      const downstream = order.slice(order.indexOf(site));
      const mine = await model.run(rows, { interventions, capture: downstream });
      expect([
        site,
        name === 'half'
          ? difference(mine.logits.data, theirs.logits.data) <= 2e-3 * largest(theirs.logits.data)
          : sameBits(mine.logits.data, theirs.logits.data),
      ]).toEqual([site, true]);
      // what lies behind it in the file may run beside it: the last of them do not
      for (const after of downstream.filter((one) => sites.includes(one)))
        expect([site, after, sameBits(mine.activations.get(after)!.data, theirs.activations.get(after)!.data)]).toEqual(
          [site, after, true],
        );
    }
    model.dispose();
  },
);

describe('whatever was run before, a run gives the same bits', () => {
  test('any interventions, on a model that has seen others and on a fresh one', async () => {
    const worn = await loadOnnx(fixture('encoder.onnx'), { trusted: true });
    const { rows } = await golden('encoder');
    const site = (one: Site): fc.Arbitrary<Intervention> =>
      fc.record({
        site: fc.constant(one.name),
        at: fc.oneof(fc.constant({}), fc.constant(one.axes.length > 0 ? { [one.axes[0]!]: [0] } : {})),
        by: fc.oneof(
          fc.constant({ kind: 'zero' } as const),
          fc.constant({ kind: 'mean', over: rows as readonly ModelInput[] } as const),
          fc.double({ min: -2, max: 2, noNaN: true }).map((value) => ({ kind: 'value', value }) as const),
        ),
      });
    const several = fc.array(fc.constantFrom(...worn.sites).chain(site), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        several,
        fc.subarray(
          worn.sites.map((one) => one.name),
          { maxLength: 3 },
        ),
        async (interventions, capture) => {
          const fresh = await loadOnnx(fixture('encoder.onnx'), { trusted: true });
          try {
            const [a, b] = [
              await worn.run(rows, { interventions, capture }),
              await fresh.run(rows, { interventions, capture }),
            ];
            expect(sameBits(a.logits.data, b.logits.data)).toBe(true);
            for (const name of capture)
              expect(sameBits(a.activations.get(name)!.data, b.activations.get(name)!.data)).toBe(true);
          } finally {
            fresh.dispose();
          }
        },
      ),
      { numRuns: 15 },
    );
    worn.dispose();
  });

  test('runs at one time, and one that is disposed of meanwhile', async () => {
    const model = await loadOnnx(fixture('mlp.onnx'));
    const { rows } = await golden('mlp');
    const alone = await Promise.resolve(model.run(rows, { capture: ['/act/Relu_output_0'] }));
    const runs = model.sites.flatMap(({ name }) => [
      model.run(rows, { capture: [name] }),
      model.run(rows, { interventions: [{ site: name, by: { kind: 'zero' } }], capture: [name] }),
    ]);
    const last = model.run(rows, { capture: ['/act/Relu_output_0'] });
    const all = await Promise.all(runs);
    expect(all.every(({ logits }) => logits.data.length === alone.logits.data.length)).toBe(true);
    expect(
      sameBits(
        (await last).activations.get('/act/Relu_output_0')!.data,
        alone.activations.get('/act/Relu_output_0')!.data,
      ),
    ).toBe(true);
    model.dispose();
    await expect(model.run(rows)).rejects.toMatchObject({ code: 'BAD_MODEL' });
  });
});
