/** What may be said about a model, what it takes, and what it says of itself. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ModelInput } from '../../../../src/model/input.js';
import type { Model } from '../../../../src/model/model.js';
import { loadOnnx as load } from '../../../../src/model/formats/onnx/file/load.js';
import type { OnnxOptions } from '../../../../src/model/formats/onnx/options.js';
import { attribute, model as built, node, tensor, types, value, written } from './build.js';
import { difference, fixture, golden } from './helpers.js';
import { InterventionError, OptionError } from '../../../../src/errors.js';
import { errorOf } from '../../../helpers/error-of.js';

/** Files of our own: their first runs need no process of their own, as parity.test.ts, hostile.test.ts and limits.test.ts give them. */
const loadOnnx = (path: string, options?: OnnxOptions): Promise<Model> => load(path, { trusted: true, ...options });

describe('sites, axes and parts', () => {
  test('a transformer: positions, heads, queries and keys', async () => {
    const model = await loadOnnx(fixture('encoder.onnx'));
    const axes = Object.fromEntries(
      model.sites.map((site) => [site.name, `${site.axes.join(' ')} [${site.shape.join(', ')}]`]),
    );
    expect(axes).toMatchObject({
      '/embed/Gather_output_0': 'position feature [-1, 8]',
      '/layers.0/Reshape_output_0': 'position head feature [-1, 2, 4]',
      '/layers.0/Transpose_1_output_0': 'head feature position [2, 4, -1]',
      '/layers.0/Softmax_output_0': 'head query key [2, -1, -1]',
      '/layers.0/MatMul_1_output_0': 'head position feature [2, -1, 4]',
      '/layers.1/Mul_1_output_0': 'position feature [-1, 16]',
      logits: 'position feature [-1, 5]',
    });
    const layer = (i: number) => [
      ...['q', 'k', 'v'].flatMap((name) =>
        ['unit', 'layer'].map((kind) => [kind, `/layers.${i}/${name}/Add_output_0`, kind === 'layer' ? 1 : 8]),
      ),
      ['head', `/layers.${i}/MatMul_1_output_0`, 2],
      ...['unit', 'layer'].map((kind) => [kind, `/layers.${i}/o/Add_output_0`, kind === 'layer' ? 1 : 8]),
      ...['neuron', 'layer'].map((kind) => [kind, `/layers.${i}/Mul_1_output_0`, kind === 'layer' ? 1 : 16]),
      ...['unit', 'layer'].map((kind) => [kind, `/layers.${i}/down/Add_output_0`, kind === 'layer' ? 1 : 8]),
    ];
    expect(model.parts.map(({ kind, site, count }) => [kind, site, count])).toEqual([...layer(0), ...layer(1)]);
    expect(model.representationSites).toEqual(
      model.parts.filter(({ kind }) => kind === 'layer').map(({ site }) => site),
    );
    expect(model).toMatchObject({ name: 'encoder', kind: 'onnx', backend: { name: 'onnxruntime' } });
    expect(model.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    model.dispose();
  });

  test.each([
    [
      'mlp',
      [
        ['neuron', '/act/Relu_output_0', 8],
        ['layer', '/act/Relu_output_0', 1],
        ['neuron', '/Mul_1_output_0', 7],
        ['layer', '/Mul_1_output_0', 1],
      ],
    ],
    [
      'conv2d',
      [
        ['channel', '/Relu_output_0', 4],
        ['layer', '/Relu_output_0', 1],
        ['channel', '/Mul_output_0', 5],
        ['layer', '/Mul_output_0', 1],
      ],
    ],
    [
      'dynamic8',
      [
        ['neuron', '/act/Relu_output_0', 8],
        ['layer', '/act/Relu_output_0', 1],
        ['neuron', '/Mul_1_output_0', 7],
        ['layer', '/Mul_1_output_0', 1],
      ],
    ],
    [
      'functions',
      [
        ['unit', 'hidden', 5],
        ['layer', 'hidden', 1],
      ],
    ],
  ])('%s: layers after their activation function', async (name, parts) => {
    const model = await loadOnnx(fixture(`${name}.onnx`));
    expect(model.parts.map(({ kind, site, count }) => [kind, site, count])).toEqual(parts);
    model.dispose();
  });

  test('rows and columns, channels, positions', async () => {
    const [images, text] = [await loadOnnx(fixture('conv2d.onnx')), await loadOnnx(fixture('conv1d.onnx'))];
    const axes = (model: Model, name: string) => model.sites.find((site) => site.name === name)?.axes;
    expect(['image', '/Relu_output_0', '/MaxPool_output_0'].map((name) => axes(images, name))).toEqual(
      Array.from({ length: 3 }, () => ['channel', 'row', 'column']),
    );
    expect(axes(text, '/conv/Conv_output_0')).toEqual(['channel', 'position']);
    expect(axes(text, '/embed/Gather_output_0')).toEqual(['position', 'feature']);
    images.dispose();
    text.dispose();
  });

  test('a site in another shape: heads of a projection', async () => {
    const site = '/layers.0/q/Add_output_0';
    const heads = await loadOnnx(fixture('encoder.onnx'), {
      sites: { [site]: { shape: [-1, 2, 4], axes: ['position', 'head', 'feature'] } },
      parts: [{ kind: 'head', site, axis: 'head', name: 'q0' }],
    });
    const flat = await loadOnnx(fixture('encoder.onnx'));
    const { rows } = await golden('encoder');
    expect(heads.parts).toEqual([{ kind: 'head', site, axis: 'head', name: 'q0', count: 2 }]);
    const [a, b] = [await heads.run(rows, { capture: [site] }), await flat.run(rows, { capture: [site] })];
    expect(a.activations.get(site)!.shape).toEqual([2, 7, 2, 4]);
    expect(a.activations.get(site)!.data).toEqual(b.activations.get(site)!.data);
    const one = await heads.run(rows, {
      interventions: [{ site, at: { head: [1], position: [-1] }, by: { kind: 'zero' } }],
    });
    const same = await flat.run(rows, {
      interventions: [{ site, at: { feature: [4, 5, 6, 7], position: [6] }, by: { kind: 'zero' } }],
    });
    expect(one.logits.data).toEqual(same.logits.data);
    expect(difference(one.logits.data, a.logits.data)).toBeGreaterThan(0);
    heads.dispose();
    flat.dispose();
  });

  test('what is no site says why, where it is asked for', async () => {
    const model = await loadOnnx(fixture('encoder.onnx'));
    const { rows } = await golden('encoder');
    for (const [name, why] of [
      ['pos.weight', /weight/],
      ['/Range_output_0', /arithmetic on shapes/],
      ['input_ids', /input of integers/],
    ] as const) {
      await expect(model.run(rows, { capture: [name] })).rejects.toThrow(errorOf(InterventionError, why));
      await expect(model.run(rows, { interventions: [{ site: name, by: { kind: 'zero' } }] })).rejects.toMatchObject({
        code: 'BAD_INTERVENTION',
      });
      await expect(loadOnnx(fixture('encoder.onnx'), { sites: { [name]: { axes: ['a'] } } })).rejects.toMatchObject({
        code: 'BAD_OPTION',
      });
    }
    await expect(model.run(rows, { capture: ['/embed/Gather_output_1'] })).rejects.toThrow(
      errorOf(InterventionError, '/embed/Gather_output_0'),
    );
    model.dispose();
  });

  test('a tensor without a batch axis is none', async () => {
    const path = written(
      built({
        nodes: [
          node('ReduceSum', ['x'], ['total'], { attributes: [attribute('keepdims', 0)] }),
          node('Mul', ['x', 'one'], ['y']),
        ],
        initializers: [tensor('one', [], types.float, Float32Array.of(1))],
        outputs: [value('y', types.float), value('total', types.float)],
      }),
    );
    const model = await loadOnnx(path);
    expect(model.sites.map((site) => site.name)).toEqual(['x', 'y']);
    await expect(model.run([{ shape: [3], data: [1, 2, 3] }], { capture: ['total'] })).rejects.toThrow(
      errorOf(InterventionError, /no batch axis/),
    );
    model.dispose();
  });
});

describe('the answer', () => {
  test.each([
    ['mlp', '/last/Gemm_output_0', 'what goes into the softmax'],
    ['conv2d', 'logits', 'the output'],
    ['classical', 'probability_tensor', 'the tensor behind a list of maps, not the labels before it'],
  ])('%s: %s, %s', async (name, site) => {
    const model = await loadOnnx(fixture(`${name}.onnx`));
    const row = {
      shape: name === 'conv2d' ? [2, 8, 8] : [name === 'mlp' ? 6 : 4],
      data: Float32Array.from({ length: name === 'conv2d' ? 128 : name === 'mlp' ? 6 : 4 }, (_, i) => Math.sin(i)),
    };
    const { logits, activations } = await model.run([row], { capture: [site] });
    expect(logits.data).toEqual(activations.get(site)!.data);
    expect(logits.shape).toEqual(activations.get(site)!.shape);
    model.dispose();
  });

  test('any tensor, by name; one number per row is one class', async () => {
    const model = await loadOnnx(fixture('classical.onnx'), { output: 'label' });
    expect((await model.run([{ shape: [4], data: [1, 2, 3, 4] }])).logits.shape).toEqual([1, 1]);
    model.dispose();
    await expect(loadOnnx(fixture('mlp.onnx'), { output: '/last/Gemm_output' })).rejects.toThrow(
      errorOf(OptionError, '/last/Gemm_output_0'),
    );
    await expect(loadOnnx(fixture('mlp.onnx'), { output: 'last.weight' })).rejects.toMatchObject({
      code: 'BAD_OPTION',
    });
  });
});

describe('inputs', () => {
  let encoder: Model;
  let text: Model;
  let perceptron: Model;
  beforeAll(async () => {
    [encoder, text, perceptron] = (await Promise.all(
      ['encoder', 'conv1d', 'mlp'].map((name) => loadOnnx(fixture(`${name}.onnx`))),
    )) as [Model, Model, Model];
  });
  afterAll(() => [encoder, text, perceptron].forEach((model) => model?.dispose()));

  test('a text encoder takes its tokens alone', async () => {
    const tokens = [3, 1, 4, 1, 5];
    const bare = await encoder.run([tokens]);
    const named = await encoder.run([
      { input_ids: tokens, attention_mask: [1, 1, 1, 1, 1], token_type_ids: [0, 0, 0, 0, 0] },
    ]);
    const some = await encoder.run([{ input_ids: tokens }]);
    expect(bare.logits).toEqual(named.logits);
    expect(some.logits).toEqual(named.logits);
    expect(bare.logits.shape).toEqual([1, 5, 5]);
  });

  test('one input needs no name, whatever its type of array', async () => {
    const data = [0.5, -1, 2, 0.25, 3, -0.125];
    const plain = await perceptron.run([{ shape: [6], data }]);
    const ways: ModelInput[] = [
      data,
      { x: data },
      { x: { shape: [6], data: Float64Array.from(data) } },
      { shape: [6], data: Float32Array.from(data) },
    ];
    for (const input of ways) expect((await perceptron.run([input])).logits).toEqual(plain.logits);
  });

  test('lengths of their own: each batch may have another', async () => {
    for (const length of [1, 2, 9, 16])
      expect(
        (
          await encoder.run([Array(length).fill(1), Array(length).fill(2)], {
            interventions: [{ site: '/layers.0/MatMul_1_output_0', at: { head: [0] }, by: { kind: 'zero' } }],
          })
        ).logits.shape,
      ).toEqual([2, length, 5]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['a token beyond the table', () => text.run([[1, 2, 20]]), /has 20 rows/],
    ['a negative token', () => text.run([[1, -1]]), /-1/],
    ['half a token', () => text.run([[1.5]]), /1\.5/],
    ['no tokens', () => text.run([[]]), /no tokens/],
    ['a tensor of another shape', () => perceptron.run([{ shape: [5], data: [1, 2, 3, 4, 5] }]), /\[5\].*\[6\]/],
    ['values that do not fill their shape', () => perceptron.run([{ shape: [6], data: [1, 2] }]), /2 values/],
    ['no number', () => perceptron.run([[1, 2, 3, 4, 5, NaN]]), /NaN/],
    ['a name that is none', () => encoder.run([{ input_id: [1, 2] }]), /input_ids/],
    ['a name that is missing', () => encoder.run([{ attention_mask: [1, 1] }]), /input_ids/],
    ['inputs of two lengths', () => encoder.run([{ input_ids: [1, 2], attention_mask: [1] }]), /sequence/],
    ['something else by name', () => encoder.run([{ input_ids: 'abc' as unknown as number[] }]), /neither/],
    ['too long for the table of positions', () => encoder.run([Array(17).fill(1)]), /onnxruntime cannot compute/],
    ['rows of two lengths', () => text.run([[1, 2], [1]]), /2 tokens/],
  ])('%s is an InputError', async (_, run, says) => {
    await expect(run()).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringMatching(says) });
  });

  test('a byte is a byte', async () => {
    const path = written(
      built({
        nodes: [node('Cast', ['x'], ['y'], { attributes: [attribute('to', types.float)] })],
        inputs: [value('x', types.uint8, ['batch', 'n'])],
      }),
    );
    const model = await loadOnnx(path);
    expect([...(await model.run([[0, 255]])).logits.data]).toEqual([0, 255]);
    await expect(model.run([[256]])).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining('uint8'),
    });
    model.dispose();
  });

  test('rows that change each other are computed one by one', async () => {
    // each row minus the mean of the whole batch
    const path = written(
      built({
        nodes: [
          node('ReduceMean', ['x'], ['mean'], { attributes: [attribute('axes', [0]), attribute('keepdims', 1)] }),
          node('Sub', ['x', 'mean'], ['y']),
        ],
      }),
    );
    const model = await loadOnnx(path);
    const { logits } = await model.run([
      [1, 2, 3],
      [4, 6, 8],
    ]);
    expect([...logits.data]).toEqual([0, 0, 0, 0, 0, 0]);
    model.dispose();
  });

  test('a fixed batch of several rows is filled up', async () => {
    const path = written(
      built({
        nodes: [node('Neg', ['x'], ['h']), node('Mul', ['h', 'two'], ['y'])],
        inputs: [value('x', types.float, [4, 3])],
        initializers: [tensor('two', [], types.float, Float32Array.of(2))],
      }),
    );
    const model = await loadOnnx(path);
    const rows = Array.from({ length: 6 }, (_, row) => [row, row + 1, row + 2]);
    const { logits, activations } = await model.run(rows, { capture: ['h'] });
    expect([...logits.data]).toEqual(rows.flat().map((x) => -2 * x));
    expect([...activations.get('h')!.data]).toEqual(rows.flat().map((x) => (x === 0 ? -0 : -x)));
    const patched = await model.run(rows, {
      interventions: [{ site: 'h', rows: [1, 5], at: { feature: [2] }, by: { kind: 'value', value: 10 } }],
    });
    expect([...patched.logits.data].map((x) => x + 0)).toEqual(
      rows.flatMap(([a, b, c], row) => [-2 * a!, -2 * b!, row === 1 || row === 5 ? 20 : -2 * c!]).map((x) => x + 0),
    );
    const whole = await model.run(rows, {
      interventions: [{ site: 'h', by: { kind: 'resample', inputs: rows.toReversed() } }],
    });
    expect([...whole.logits.data].map((x) => x + 0)).toEqual(
      rows
        .toReversed()
        .flat()
        .map((x) => -2 * x + 0),
    );
    model.dispose();
  });

  test('an input of numbers per row, and one number for all', async () => {
    const path = written(
      built({
        nodes: [
          node('Unsqueeze', ['n', 'axis'], ['column']),
          node('Cast', ['column'], ['f'], { attributes: [attribute('to', types.float)] }),
          node('Add', ['x', 'f'], ['sum']),
          node('Mul', ['sum', 'scale'], ['y']),
        ],
        inputs: [
          value('x', types.float, ['batch', 3]),
          value('n', types.int64, ['batch']),
          value('scale', types.float, []),
        ],
        initializers: [tensor('axis', [1], types.int64, BigInt64Array.of(1n))],
      }),
    );
    const model = await loadOnnx(path);
    const row = (x: number, n: number) => ({ x: [x, x, x], n: [n], scale: { shape: [], data: [10] } });
    expect([...(await model.run([row(1, 2), row(3, 4)])).logits.data]).toEqual([30, 30, 30, 70, 70, 70]);
    await expect(model.run([row(1, 2), { ...row(1, 2), scale: { shape: [], data: [11] } }])).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
    model.dispose();
  });
});

describe('options', () => {
  test.each<[string, object, RegExp]>([
    ['a key that is none', { treads: 2 }, /threads/],
    ['no threads', { threads: 0 }, /threads/],
    ['a part of a site that is none', { parts: [{ kind: 'unit', site: '/act/Relu_output' }] }, /Relu_output_0/],
    [
      'a part along an axis that is none',
      { parts: [{ kind: 'unit', site: '/act/Relu_output_0', axis: 'features' }] },
      /feature/,
    ],
    [
      'a part with a wrong count',
      { parts: [{ kind: 'unit', site: '/act/Relu_output_0', axis: 'feature', count: 9 }] },
      /there are 8/,
    ],
    ['a representation that is none', { representation: ['act'] }, /no site/],
    ['a shape that does not fit', { sites: { '/act/Relu_output_0': { shape: [3, 3] } } }, /cannot be seen as/],
    ['a shape with two open sizes', { sites: { '/act/Relu_output_0': { shape: [-1, -1] } } }, /at most once/],
    ['names for other axes', { sites: { '/act/Relu_output_0': { axes: ['a', 'b'] } } }, /name the axes/],
    ['a site that is none', { sites: { Relu: {} } }, /no such tensor/],
  ])('%s is an OptionError', async (_, options, says) => {
    await expect(loadOnnx(fixture('mlp.onnx'), options)).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringMatching(says),
    });
  });

  test('an example, where no input can be made up', async () => {
    // eleven positions, and the file does not say so
    const nodes = [
      node('Reshape', ['x', 'eleven'], ['checked']),
      node('Cast', ['checked'], ['y'], { attributes: [attribute('to', types.float)] }),
    ];
    const path = written(
      built({
        nodes,
        inputs: [value('x', types.int64, ['batch', 'n'])],
        initializers: [tensor('eleven', [2], types.int64, BigInt64Array.of(-1n, 11n))],
      }),
    );
    await expect(loadOnnx(path)).rejects.toMatchObject({
      code: 'BAD_MODEL',
      message: expect.stringContaining('example'),
    });
    const model = await loadOnnx(path, { example: Array(11).fill(1) });
    expect((await model.run([Array(11).fill(2)])).logits.shape).toEqual([1, 11]);
    model.dispose();
  });
});
