/** Logits and every site against the numpy evaluator of the onnx package, row by row, and against PyTorch (fixtures/make.py). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Intervention, Model } from '../../../../src/model/model.js';
import { loadOnnx } from '../../../../src/model/formats/onnx/file/load.js';
import { difference, fixture, golden, largest } from './helpers.js';

/** Tolerances are relative to a tensor's largest value. float16 has 11 bits; all else is float32, or exact. */
const cases: readonly { name: string; tolerance: number; torch?: Readonly<Record<string, string>> }[] = [
  {
    name: 'mlp',
    tolerance: 1e-5,
    torch: {
      first: '/first/Gemm_output_0',
      act: '/act/Relu_output_0',
      second: '/second/Gemm_output_0',
      last: '/last/Gemm_output_0',
      logits: 'probabilities',
    },
  },
  { name: 'conv2d', tolerance: 1e-5, torch: { two: '/two/Conv_output_0', logits: 'logits' } },
  {
    name: 'conv1d',
    tolerance: 1e-5,
    torch: { embed: '/embed/Gather_output_0', conv: '/conv/Conv_output_0', logits: 'logits' },
  },
  {
    name: 'encoder',
    tolerance: 1e-5,
    torch: {
      'layers.0.ln1': '/layers.0/ln1/LayerNormalization_output_0',
      'layers.0': '/layers.0/ln2/LayerNormalization_output_0',
      'layers.1.up': '/layers.1/up/Add_output_0',
      'layers.1': '/layers.1/ln2/LayerNormalization_output_0',
      logits: 'logits',
    },
  },
  { name: 'mha', tolerance: 1e-5, torch: { logits: 'logits' } },
  { name: 'half', tolerance: 2e-3, torch: { logits: 'logits' } },
  { name: 'types', tolerance: 0 },
  { name: 'dynamic8', tolerance: 1e-5 },
  { name: 'qdq8', tolerance: 1e-5 },
  { name: 'fixed', tolerance: 1e-5, torch: { logits: 'logits' } },
  { name: 'functions', tolerance: 1e-5 },
];

describe.each(cases)('$name', ({ name, tolerance, torch }) => {
  const close = (site: string, mine: Float32Array, theirs: Float32Array): void => {
    const off = difference(mine, theirs);
    if (!(off <= tolerance * Math.max(1, largest(theirs)))) throw new Error(`${site} differs by ${off}`);
  };

  let model: Model;
  beforeAll(async () => {
    model = await loadOnnx(fixture(`${name}.onnx`));
  });
  afterAll(() => model?.dispose());

  test('every site is what the numpy evaluator computes of each row', async () => {
    const { rows, sites } = await golden(name);
    const { activations } = await model.run(rows, { capture: model.sites.map((site) => site.name), logits: false });
    for (const { name: site, axes, shape } of model.sites) {
      const mine = activations.get(site)!;
      expect(mine.shape[0]).toBe(rows.length);
      expect(mine.shape.length).toBe(axes.length + 1);
      shape.forEach((size, axis) => size === -1 || expect(mine.shape[axis + 1]).toBe(size));
      const given = rows[0]![site];
      const theirs = given
        ? Float32Array.from(rows.flatMap((row) => [...(row[site] as { data: Float32Array }).data]))
        : sites.get(site)!.data;
      close(site, mine.data, theirs);
    }
  });

  if (torch)
    test('so are those that PyTorch names', async () => {
      const { rows, torch: theirs } = await golden(name);
      expect([...theirs.keys()].filter((key) => key !== 'changed').toSorted()).toEqual(Object.keys(torch).toSorted());
      const { activations, logits } = await model.run(rows, { capture: Object.values(torch) });
      for (const [module, site] of Object.entries(torch)) {
        expect(activations.get(site)!.shape).toEqual(theirs.get(module)!.shape);
        close(site, activations.get(site)!.data, theirs.get(module)!.data);
      }
      close('logits', logits.data, theirs.get('last' in torch ? 'last' : 'logits')!.data);
    });
});

/** The same change by hooks of PyTorch. */
const interventions: Readonly<Record<string, Intervention>> = {
  mlp: { site: '/act/Relu_output_0', at: { feature: [3] }, by: { kind: 'value', value: 0.5 } },
  // the input of the second convolution: what pooling leaves of the first
  conv2d: { site: '/MaxPool_output_0', at: { channel: [2] }, by: { kind: 'zero' } },
  // the second head of the first layer, at the third position, in the second row
  encoder: { site: '/layers.0/MatMul_1_output_0', at: { head: [1], position: [2] }, rows: [1], by: { kind: 'zero' } },
};

test.each(Object.entries(interventions))(
  '%s: an intervention gives the logits that it gives in PyTorch',
  async (name, intervention) => {
    // opened within limits above
    const model = await loadOnnx(fixture(`${name}.onnx`), { trusted: true });
    const { rows, torch } = await golden(name);
    const [clean, patched] = [await model.run(rows), await model.run(rows, { interventions: [intervention] })];
    model.dispose();
    const theirs = torch.get('changed')!.data;
    expect(difference(clean.logits.data, theirs)).toBeGreaterThan(1e-3);
    expect(difference(patched.logits.data, theirs)).toBeLessThan(1e-5 * Math.max(1, largest(theirs)));
  },
);

test('weights in another file: the same model', async () => {
  const [one, two] = await Promise.all([
    loadOnnx(fixture('mlp.onnx'), { trusted: true }),
    loadOnnx(fixture('external/mlp.onnx')),
  ]);
  const { rows } = await golden('mlp');
  const capture = one.sites.map((site) => site.name);
  expect(await two.run(rows, { capture })).toEqual(await one.run(rows, { capture }));
  expect(two.fingerprint).not.toBe(one.fingerprint);
  one.dispose();
  two.dispose();
});

test('operators of onnxruntime that quantise whole layers', async () => {
  // onnx has no evaluator for them: the same network with QuantizeLinear around each layer must come out within a step or two of its scales
  const [one, two] = await Promise.all([
    loadOnnx(fixture('qlinear8.onnx')),
    loadOnnx(fixture('qdq8.onnx'), { trusted: true }),
  ]);
  const { rows } = await golden('qdq8');
  const [a, b] = [await one.run(rows), await two.run(rows)];
  expect(difference(a.logits.data, b.logits.data)).toBeLessThan(0.05 * largest(b.logits.data));
  one.dispose();
  two.dispose();
});
