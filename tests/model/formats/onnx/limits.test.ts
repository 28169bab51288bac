/** Files of a hundred bytes that ask for more memory or time than there is: refused, by a limit that can be set, before this process has any of it. */
import { describe, expect, test } from '@jest/globals';
import { loadOnnx } from '../../../../src/model/formats/onnx/file/load.js';
import type { OnnxOptions } from '../../../../src/model/formats/onnx/file/options.js';
import { watch } from '../../../../src/model/formats/onnx/run/limited.js';
import { attribute, model, node, tensor, types, written, type Bytes, type GraphParts } from './build.js';

const ints = (name: string, ...values: readonly (number | bigint)[]): Bytes =>
  tensor(name, [values.length], types.int64, BigInt64Array.from(values, BigInt));
const int = (name: string, value: number): Bytes => tensor(name, [], types.int64, BigInt64Array.of(BigInt(value)));
const floats = (name: string, ...values: readonly number[]): Bytes =>
  tensor(name, [values.length], types.float, Float32Array.from(values));
/** Something that does not depend on the input, summed up and added to it. */
const added = (nodes: readonly Bytes[], from: string, initializers: readonly Bytes[]): GraphParts => ({
  nodes: [
    ...nodes,
    node('Cast', [from], ['cast'], { attributes: [attribute('to', types.float)] }),
    node('ReduceSum', ['cast'], ['sum']),
    node('Add', ['x', 'sum'], ['y']),
  ],
  initializers,
});
const image = node('Unsqueeze', ['x', 'axis'], ['image']);

const failure = async (parts: GraphParts, options: OnnxOptions = {}): Promise<string> => {
  const bytes = model(parts);
  expect(bytes.length).toBeLessThan(1200);
  const before = process.memoryUsage().rss;
  const error: unknown = await loadOnnx(written(bytes), options).then(
    (one) => one.dispose(),
    (cause: unknown) => cause,
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000);
  expect(error).toMatchObject({ code: 'BAD_MODEL', hint: expect.stringMatching(/raise max(Bytes|Memory|Seconds)/) });
  return (error as Error).message;
};

describe('said by constants, also by those that are computed from constants: nothing is run', () => {
  test.each<[string, GraphParts]>([
    ['ConstantOfShape', added([node('ConstantOfShape', ['s'], ['c'])], 'c', [ints('s', 1_600_000_000)])],
    ['Range', added([node('Range', ['a', 'b', 'c'], ['r'])], 'r', [int('a', -5), int('b', 900_000_000), int('c', 1)])],
    ['Expand', { nodes: [node('Expand', ['x', 's'], ['y'])], initializers: [ints('s', 2_000_000_000, 2, 3)] }],
    [
      'Tile',
      added([node('Tile', ['w', 's'], ['c'])], 'c', [
        floats('w', ...Array<number>(100).fill(1)),
        ints('s', 50_000_000),
      ]),
    ],
    [
      'OneHot',
      {
        nodes: [
          node('Cast', ['x'], ['i'], { attributes: [attribute('to', types.int64)] }),
          node('OneHot', ['i', 'depth', 'values'], ['y']),
        ],
        initializers: [ints('depth', 800_000_000), floats('values', 0, 1)],
      },
    ],
    [
      'Resize',
      {
        nodes: [image, node('Resize', ['image', '', '', 's'], ['y'])],
        initializers: [ints('axis', 1), ints('s', 1, 60_000, 60_000)],
      },
    ],
    ['Pad', { nodes: [node('Pad', ['x', 's'], ['y'])], initializers: [ints('s', 50_000, 20_000, 30_000, 20_000)] }],
    [
      'Expand',
      {
        nodes: [
          node('Mul', ['s', 's'], ['s2']),
          node('Mul', ['s2', 's2'], ['s4']),
          node('Concat', ['s4', 'one'], ['t'], { attributes: [attribute('axis', 0)] }),
          node('Expand', ['x', 't'], ['y']),
        ],
        initializers: [ints('s', 300, 1), ints('one', 3)],
      },
    ],
  ])('%s', async (op, parts) => {
    expect(await failure(parts)).toMatch(new RegExp(`too large: .*\\(${op}\\) makes \\d+ bytes`));
  });

  test('what only looks large is none of it', async () => {
    for (const parts of [
      added([node('Range', ['a', 'b', 'c'], ['r'])], 'r', [
        int('a', 2_000_000_000),
        int('b', 6_000_000_000),
        int('c', 1_000_000_000),
      ]),
      {
        nodes: [node('Pad', ['x', 's'], ['p']), node('Pad', ['p', 't'], ['y'])],
        initializers: [ints('s', 0, 90_000, 0, 90_000), ints('t', 0, -90_000, 0, -90_000)],
      },
      added([node('ConstantOfShape', ['s'], ['c'])], 'c', [ints('s', 0, 2n ** 40n)]),
    ]) {
      const one = await loadOnnx(written(model(parts)));
      expect((await one.run([[0, 0, 0]])).logits.shape).toEqual([1, 3]);
      one.dispose();
    }
  });
});

describe('known only where it is run: the process of the first runs has a limit', () => {
  const within = { maxMemory: 700_000_000 };
  test.each<[string, GraphParts]>([
    ['Tile of what is given', { nodes: [node('Tile', ['x', 's'], ['y'])], initializers: [ints('s', 1, 100_000_000)] }],
    [
      'Tile by what is made of shapes',
      {
        nodes: [node('Shape', ['x'], ['shape']), node('Mul', ['shape', 's'], ['t']), node('Tile', ['x', 't'], ['y'])],
        initializers: [ints('s', 3000, 10_000)],
      },
    ],
    [
      'Resize by factors',
      {
        nodes: [image, node('Resize', ['image', '', 'factors'], ['y'])],
        initializers: [ints('axis', 1), floats('factors', 1, 2e4, 1e4)],
      },
    ],
    [
      'OneHot with a depth of another type',
      {
        nodes: [
          node('Cast', ['x'], ['i'], { attributes: [attribute('to', types.int64)] }),
          node('OneHot', ['i', 'depth', 'values'], ['y']),
        ],
        initializers: [floats('depth', 1e8), floats('values', 0, 1)],
      },
    ],
    [
      'Range of floats',
      added([node('Range', ['a', 'b', 'c'], ['r'])], 'r', [
        tensor('a', [], types.float, Float32Array.of(0)),
        tensor('b', [], types.float, Float32Array.of(4e8)),
        tensor('c', [], types.float, Float32Array.of(1)),
      ]),
    ],
  ])('%s', async (_, parts) => {
    expect(await failure(parts, within)).toMatch(
      /too large: its first runs need more than the 700000000 bytes of memory/,
    );
  });

  test('of time, too', async () => {
    const products = Array.from({ length: 30 }, (_, i) => node('MatMul', [`m${i}`, 'm0'], [`m${i + 1}`]));
    const began = performance.now();
    expect(
      await failure(added([node('ConstantOfShape', ['s'], ['m0']), ...products], 'm30', [ints('s', 3000, 3000)]), {
        maxSeconds: 0.7,
      }),
    ).toMatch(/too slow: its first runs take more than the 0.7 seconds/);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test('and of what they give', async () => {
    const parts: GraphParts = { nodes: [node('Tile', ['x', 's'], ['y'])], initializers: [ints('s', 1, 20_000)] };
    expect(await failure(parts, { maxBytes: 200_000 })).toMatch(
      /the activations of one input take \d+ bytes, more than the 200000/,
    );
    (await loadOnnx(written(model(parts)))).dispose();
  });

  test('where the system has no limits, the memory is looked at', async () => {
    let end = (): void => undefined;
    await new Promise<void>((resolve) => {
      end = watch(process.pid, 1_000_000, resolve);
    });
    end();
    const never = await new Promise<boolean>((resolve) => {
      end = watch(process.pid, Number.MAX_SAFE_INTEGER, () => resolve(false));
      setTimeout(() => resolve(true), 350);
    });
    end();
    expect(never).toBe(true);
  });

  test.each([{ maxSeconds: 0 }, { maxSeconds: -1 }, { maxSeconds: Infinity }, { maxMemory: 1.5 }, { maxMemory: 0 }])(
    '%j is an OptionError',
    async (options) => {
      await expect(loadOnnx('none.onnx', options)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    },
  );
});
