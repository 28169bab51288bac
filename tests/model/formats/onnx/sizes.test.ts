/** Sites whose size does not follow the input one to one: strides, and values that say how much there is. */
import { describe, expect, test } from '@jest/globals';
import type { Intervention, Model } from '../../../../src/model/model.js';
import { loadOnnx } from '../../../../src/model/formats/onnx/file/load.js';
import type { OnnxOptions } from '../../../../src/model/formats/onnx/file/options.js';
import { attribute, model as built, node, tensor, types, value, written, type GraphParts } from './build.js';

// one frame of 8 samples for every 8 samples, two features each; then every other frame
const window = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i));
const half = Float32Array.of(1, -1, 0.5, 2);
const frames = node('Conv', ['wave', 'window'], ['frames'], {
  attributes: [attribute('strides', [8]), attribute('pads', [4, 4])],
});
const speech: GraphParts = {
  nodes: [
    node('Unsqueeze', ['x', 'axis'], ['wave']),
    frames,
    node('Relu', ['frames'], ['active']),
    node('Conv', ['active', 'half'], ['fewer'], { attributes: [attribute('strides', [2])] }),
    node('ReduceMax', ['fewer'], ['y'], { attributes: [attribute('axes', [2]), attribute('keepdims', 0)] }),
  ],
  inputs: [value('x', types.float, ['batch', 'samples'])],
  initializers: [
    tensor('axis', [1], types.int64, BigInt64Array.of(1n)),
    tensor('window', [2, 1, 8], types.float, window),
    tensor('half', [2, 2, 1], types.float, half),
  ],
};
const wave = (length: number, row: number): number[] =>
  Array.from({ length }, (_, i) => Math.fround(Math.cos(i * (row + 1))));

/** By hand, one row: the frames, batch left out, and the logits of given active frames. */
const framesOf = (x: readonly number[]): number[][] => {
  const count = Math.floor(x.length / 8) + 1;
  return [0, 1].map((feature) =>
    Array.from({ length: count }, (_, t) =>
      Array.from({ length: 8 }, (__, k) => (x[8 * t + k - 4] ?? 0) * window[8 * feature + k]!).reduce(
        (a, b) => a + b,
        0,
      ),
    ),
  );
};
const logitsOf = (active: readonly (readonly number[])[]): number[] =>
  [0, 1].map((out) =>
    Math.max(
      ...active[0]!.flatMap((_, t) =>
        t % 2 === 0 ? [half[2 * out]! * active[0]![t]! + half[2 * out + 1]! * active[1]![t]!] : [],
      ),
    ),
  );
const relu = (rows: readonly (readonly number[])[]): number[][] => rows.map((row) => row.map((x) => Math.max(0, x)));
const near = (found: ArrayLike<number>, expected: readonly number[]): void => {
  expect(found.length).toBe(expected.length);
  expected.forEach((x, i) => expect(found[i]).toBeCloseTo(x, 4));
};

async function everySize(model: Model, lengths: readonly number[]): Promise<void> {
  for (const length of lengths) {
    const rows = [0, 1, 2].map((row) => wave(length, row));
    const captured = await model.run(rows, { capture: ['active', 'fewer'] });
    near(
      captured.activations.get('active')!.data,
      rows.flatMap((row) => relu(framesOf(row)).flat()),
    );
    near(
      captured.logits.data,
      rows.flatMap((row) => logitsOf(relu(framesOf(row)))),
    );
    const frame = Math.floor(length / 8);
    const ways: [Omit<Intervention, 'site'>, (active: number[][], row: number) => number[][]][] = [
      [{ by: { kind: 'value', value: captured.activations.get('active')! } }, (active) => active],
      [{ by: { kind: 'resample', inputs: rows.toReversed() } }, (_, row) => relu(framesOf(rows[2 - row]!))],
      [{ by: { kind: 'mean', over: [rows[1]!] } }, () => relu(framesOf(rows[1]!))],
      [
        { at: { position: [frame] }, by: { kind: 'value', value: 3 } },
        (active) => active.map((one) => one.map((x, t) => (t === frame ? 3 : x))),
      ],
      [
        { rows: [1], by: { kind: 'zero' } },
        (active, row) => (row === 1 ? active.map((one) => one.map(() => 0)) : active),
      ],
    ];
    for (const [way, put] of ways) {
      const { logits } = await model.run(rows, { interventions: [{ site: 'active', ...way }] });
      near(
        logits.data,
        rows.flatMap((row, i) => logitsOf(put(relu(framesOf(row)), i))),
      );
    }
  }
}

const loaded = (parts: GraphParts, options: OnnxOptions = {}): Promise<Model> =>
  loadOnnx(written(built(parts)), { trusted: true, ...options });

describe('strides', () => {
  test('five samples and seven make one frame each, and yet a site has as many as its input makes', async () => {
    const model = await loaded(speech);
    expect(model.sites.find(({ name }) => name === 'active')).toMatchObject({
      axes: ['channel', 'position'],
      shape: [2, -1],
    });
    expect(model.sites.find(({ name }) => name === 'fewer')).toMatchObject({ shape: [2, -1] });
    await everySize(model, [40, 5, 200, 8, 40]);
    model.dispose();
  });

  test('in a process of its own as well, and with an example, which is tried in other lengths', async () => {
    const model = await loadOnnx(written(built(speech)), { example: wave(64, 0) });
    expect(model.sites.find(({ name }) => name === 'active')!.shape).toEqual([2, -1]);
    await everySize(model, [64, 16]);
    model.dispose();
  });

  test('an example of several inputs, of which one has a length of its own', async () => {
    const nodes = [
      ...speech.nodes.slice(0, -1),
      node('ReduceMax', ['fewer'], ['m'], { attributes: [attribute('axes', [2]), attribute('keepdims', 0)] }),
      node('Add', ['m', 'state'], ['n']),
      node('Mul', ['n', 'rate'], ['y']),
    ];
    const parts = {
      ...speech,
      nodes,
      inputs: [...speech.inputs!, value('state', types.float, ['batch', 2]), value('rate', types.float, [])],
    };
    const row = (length: number, i: number) => ({ x: wave(length, i), state: [1, 2], rate: { shape: [], data: [2] } });
    const model = await loaded(parts, { example: row(64, 0) });
    expect(model.sites.find(({ name }) => name === 'active')!.shape).toEqual([2, -1]);
    for (const length of [64, 24]) {
      const { logits } = await model.run([row(length, 0), row(length, 1)], {
        interventions: [{ site: 'active', by: { kind: 'resample', inputs: [row(length, 1), row(length, 0)] } }],
      });
      near(
        logits.data,
        [1, 0].flatMap((i) => logitsOf(relu(framesOf(wave(length, i)))).map((x, j) => 2 * (x + [1, 2][j]!))),
      );
    }
    model.dispose();
  });

  test('images: rows and columns', async () => {
    const pool = node('MaxPool', ['x'], ['y'], {
      attributes: [attribute('kernel_shape', [8, 8]), attribute('strides', [8, 8]), attribute('pads', [4, 4, 4, 4])],
    });
    const model = await loaded({ nodes: [pool], inputs: [value('x', types.float, ['batch', 1, 'h', 'w'])] });
    expect(model.sites.find(({ name }) => name === 'y')!.shape).toEqual([1, -1, -1]);
    model.dispose();
  });

  test('where no length that was tried shows it: an error says which input to load the model with', async () => {
    const example = wave(2, 0);
    const model = await loaded(speech, { example });
    expect(model.sites.find(({ name }) => name === 'active')!.shape).toEqual([2, 1]);
    await everySize(model, [2, 7]);
    const says = {
      code: 'BAD_INPUT',
      message: expect.stringMatching(/active has the size \[1, 2, 6\][\s\S]*gave \[1, 2, 1\][\s\S]*option example/),
    };
    await expect(model.run([wave(40, 0)], { capture: ['active'] })).rejects.toMatchObject(says);
    await expect(
      model.run([wave(40, 0)], { interventions: [{ site: 'active', by: { kind: 'zero' } }] }),
    ).rejects.toMatchObject(says);
    near((await model.run([wave(40, 0)])).logits.data, logitsOf(relu(framesOf(wave(40, 0)))));
    model.dispose();
  });
});

describe('as many entries as the values say', () => {
  const above = (threshold: number): GraphParts => ({
    nodes: [
      node('Greater', ['x', 't'], ['more']),
      node('Compress', ['x', 'flat'], ['some'], { attributes: [attribute('axis', 1)] }),
      node('Reshape', ['more', 'minus'], ['flat']),
      node('ReduceSum', ['some'], ['y'], { attributes: [attribute('keepdims', 1)] }),
    ],
    inputs: [value('x', types.float, [1, 6])],
    initializers: [
      tensor('t', [], types.float, Float32Array.of(threshold)),
      tensor('minus', [1], types.int64, BigInt64Array.of(-1n)),
    ],
  });

  test('seen by the first runs: no site, and why', async () => {
    const model = await loaded(above(0.6));
    expect(model.sites.map(({ name }) => name)).not.toContain('some');
    expect([...(await model.run([[1, 2, 3, 0, 0, 0]])).logits.data]).toEqual([6]);
    await expect(model.run([[1, 2, 3, 0, 0, 0]], { capture: ['some'] })).rejects.toMatchObject({
      code: 'BAD_INTERVENTION',
      message: expect.stringMatching(/its size depends on the values of the input/),
    });
    model.dispose();
  });

  test('not seen: an error where it matters', async () => {
    const model = await loaded(above(-1));
    const rows = [[1, 2, 3, 4, 5, 6]];
    const { activations } = await model.run(rows, { capture: ['some'] });
    expect([...activations.get('some')!.data]).toEqual(rows[0]);
    await expect(model.run([[1, 2, 3, 4, -5, 6]], { capture: ['some'] })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/another input of the same shape[\s\S]*use other sites/),
    });
    expect([...(await model.run([[1, 2, 3, 4, -5, 6]])).logits.data]).toEqual([16]);
    model.dispose();
  });
});
