/** Files that are damaged, wrong or meant to do harm: each is an error of ours, and this process lives on. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import fc from 'fast-check';
import { FileError, isCongruityError } from '../../../../src/errors.js';
import { load } from '../../../../src/model/load.js';
import { loadOnnx } from '../../../../src/model/formats/onnx/file/load.js';
import { parseOnnx } from '../../../../src/model/formats/onnx/file/proto.js';
import { checkGraph } from '../../../../src/model/formats/onnx/graph/graph.js';
import type { OnnxOptions } from '../../../../src/model/formats/onnx/options.js';
import { messageField } from '../../../../src/io/protobuf-wire.js';
import {
  attribute,
  external,
  graph,
  localFunction,
  model,
  node,
  tensor,
  types,
  value,
  written,
  type Bytes,
  type GraphParts,
  type ModelParts,
} from './build.js';
import { fixture } from './helpers.js';
import { errorOf } from '../../../helpers/error-of.js';

/** `loaded`, or the code of our error; anything else is thrown. */
async function outcome(bytes: Uint8Array, options: OnnxOptions = {}): Promise<string> {
  try {
    (await loadOnnx(written(bytes), options)).dispose();
    return 'loaded';
  } catch (error) {
    if (isCongruityError(error)) return error.code;
    throw error;
  }
}

const good: GraphParts = {
  nodes: [node('MatMul', ['x', 'w'], ['h']), node('Relu', ['h'], ['y'])],
  initializers: [tensor('w', [3, 2], types.float, Float32Array.of(1, 2, 3, 4, 5, 6))],
};
const fails = async (
  parts: GraphParts,
  code: string,
  says: RegExp,
  more: ModelParts = {},
  options: OnnxOptions = {},
): Promise<void> => {
  await expect(loadOnnx(written(model(parts, more)), options)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(says),
  });
};

test('the small graph that the others spoil is a good one; so is one that is given in two halves', async () => {
  const whole = await loadOnnx(written(model(good)));
  const halves = await loadOnnx(
    written(
      model(good, {
        graphs: [
          graph({ ...good, nodes: good.nodes.slice(0, 1), inputs: [], outputs: [] }),
          graph({ nodes: good.nodes.slice(1) }),
        ],
      }),
    ),
  );
  for (const one of [whole, halves]) {
    expect([...(await one.run([[1, 1, 1]])).logits.data]).toEqual([9, 12]);
    one.dispose();
  }
});

describe('generated', () => {
  const names = readdirSync(join(__dirname, 'fixtures')).filter((name) => name.endsWith('.onnx'));
  const file = fc.constantFrom(...names).map((name) => new Uint8Array(readFileSync(fixture(name))));
  const codes = ['loaded', 'BAD_FILE', 'BAD_MODEL'];

  /** Reads the file, and does no more. */
  const read = (bytes: Uint8Array): string => {
    try {
      checkGraph(parseOnnx(bytes, 'generated'), 'generated');
      return 'loaded';
    } catch (error) {
      if (isCongruityError(error)) return error.code;
      throw error;
    }
  };
  test('cut off anywhere', async () => {
    const bytes = new Uint8Array(readFileSync(fixture('functions.onnx')));
    let whole = 0;
    for (let length = 0; length < bytes.length; length++) {
      const some = bytes.subarray(0, length);
      const found = read(some);
      expect(codes).toContain(found);
      // a file is written only of what can be read, and of some that cannot
      if (found === 'loaded' || length % 32 === 0) {
        const loaded = await outcome(some, { trusted: true });
        if (found !== 'loaded') expect(loaded).toBe(found);
        if (loaded === 'loaded') whole++;
      }
    }
    // at best the last field can be missed
    expect(whole).toBeLessThanOrEqual(1);
  });

  /** Reading is quick: many are read. Some are loaded, which takes a process for the first runs. */
  const survives = async (damaged: fc.Arbitrary<Uint8Array>): Promise<void> => {
    fc.assert(
      fc.property(damaged, (bytes) => {
        expect(codes).toContain(read(bytes));
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        expect(codes).toContain(await outcome(bytes, { maxBytes: 10_000_000 }));
      }),
      { numRuns: 25 },
    );
  };
  const within = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('some bytes others', () =>
    survives(
      fc
        .tuple(file, fc.array(fc.tuple(within, fc.nat(255)), { minLength: 1, maxLength: 4 }))
        .map(([bytes, changes]) => {
          const damaged = bytes.slice();
          for (const [at, byte] of changes) damaged[Math.floor(at * bytes.length)] = byte;
          return damaged;
        }),
    ));

  test('numbers spliced in: lengths and counts that are not true', () => {
    const huge = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number) => {
      const bytes: number[] = [];
      for (let rest = number; ; rest >>= 7n) {
        bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
        if (rest <= 0x7fn) return bytes;
      }
    });
    return survives(
      fc.tuple(file, huge, within, fc.nat(4)).map(([bytes, number, at, over]) => {
        const from = Math.floor(at * bytes.length);
        return Uint8Array.from([...bytes.subarray(0, from), ...number, ...bytes.subarray(from + over)]);
      }),
    );
  });

  test('any bytes at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(['BAD_FILE', 'BAD_MODEL']).toContain(await outcome(bytes));
      }),
      { numRuns: 300 },
    );
  });

  test('graphs of any operators, wired at random', async () => {
    const operators = [
      'Add',
      'MatMul',
      'Gemm',
      'Conv',
      'Reshape',
      'Transpose',
      'Concat',
      'Slice',
      'Gather',
      'Softmax',
      'OneHot',
      'DepthToSpace',
      'DFT',
      'TopK',
      'Pad',
      'Expand',
      'LSTM',
      'Resize',
      'Where',
      'Nonsense',
    ];
    const tensors = ['x', 'w', 'v', 'i', 'a', 'b', 'y', ''];
    const numbers = fc.oneof(fc.integer({ min: -3, max: 5 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 0));
    const step = fc.record({
      op: fc.constantFrom(...operators),
      inputs: fc.array(fc.constantFrom(...tensors), { minLength: 1, maxLength: 4 }),
      attributes: fc.dictionary(
        fc.constantFrom('axis', 'perm', 'blocksize', 'kernel_shape', 'group', 'to', 'k', 'hidden_size'),
        fc.oneof(numbers, fc.array(numbers, { maxLength: 4 })),
        { maxKeys: 2 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), async (steps) => {
        const outputs = ['a', 'b', 'y'].slice(-steps.length);
        const nodes = steps.map(({ op, inputs, attributes }, i) =>
          node(op, inputs, [outputs[i]!], {
            attributes: Object.entries(attributes).map(([name, one]) => attribute(name, one)),
          }),
        );
        const initializers = [
          tensor('w', [3, 2], types.float, new Float32Array(6)),
          tensor('v', [2], types.float, Float32Array.of(0, 1)),
          tensor('i', [2], types.int64, BigInt64Array.of(2n, -1n)),
        ];
        expect(codes).toContain(await outcome(model({ nodes, initializers }), { maxBytes: 10_000_000 }));
      }),
      { numRuns: 30 },
    );
  });
});

describe('onnxruntime 1.30 ends its process on these', () => {
  const image = value('x', types.float, ['batch', 4, 2, 2]);
  test.each<[string, GraphParts, ModelParts]>([
    [
      'blocks of a size that 32 bits make 0',
      {
        nodes: [node('DepthToSpace', ['x'], ['y'], { attributes: [attribute('blocksize', 2 ** 33)] })],
        inputs: [image],
      },
      {},
    ],
    [
      'a depth that is empty',
      {
        nodes: [node('OneHot', ['x', 'depth', 'one'], ['y'])],
        inputs: [value('x', types.int64, ['batch', 3])],
        initializers: [
          tensor('depth', [1, 0], types.float, new Float32Array(0)),
          tensor('one', [1], types.float, Float32Array.of(1)),
        ],
      },
      {},
    ],
    [
      'the inverse of what is not square',
      { nodes: [node('Inverse', ['x'], ['y'], { domain: 'com.microsoft' })] },
      { domains: ['com.microsoft'] },
    ],
    [
      'a quantised operator with an input too few',
      {
        nodes: [
          node('QuantizeLinear', ['x', 's', 'z'], ['q']),
          node('QLinearSigmoid', ['q', 's', 'z', 's'], ['r'], { domain: 'com.microsoft' }),
          node('DequantizeLinear', ['r', 's', 'z'], ['y']),
        ],
        initializers: [
          tensor('s', [], types.float, Float32Array.of(0.1)),
          tensor('z', [], types.uint8, Uint8Array.of(3)),
        ],
      },
      { domains: ['com.microsoft'] },
    ],
  ])('%s', async (_, parts, more) => {
    await fails(parts, 'BAD_MODEL', /ends its process/, more);
  });
});

describe('graphs that contradict themselves', () => {
  const chain = (...nodes: Bytes[]): GraphParts => ({ ...good, nodes });
  test.each<[string, GraphParts, RegExp]>([
    ['a circle', chain(node('Add', ['x', 'y'], ['h']), node('Relu', ['h'], ['y'])), /circle/],
    ['a node of its own output', chain(node('Add', ['x', 'y'], ['y'])), /circle/],
    ['one name, two nodes', chain(node('Relu', ['x'], ['y']), node('Neg', ['x'], ['y'])), /two nodes make/],
    ['an output that is an input', chain(node('Relu', ['x'], ['x'])), /which is an input/],
    ['a tensor from nowhere', chain(node('Relu', ['nowhere'], ['y'])), /nothing makes/],
    ['an output from nowhere', { ...good, outputs: [value('z', types.float)] }, /made by nothing/],
    ['no output', { ...good, outputs: [] }, /no outputs/],
    [
      'two outputs of one name',
      { ...good, outputs: [value('y', types.float), value('y', types.float)] },
      /two outputs/,
    ],
    [
      'two inputs of one name',
      { ...good, inputs: [value('x', types.float, ['n', 3]), value('x', types.float, ['n', 3])] },
      /two inputs/,
    ],
    [
      'two initializers of one name',
      { ...good, initializers: [...good.initializers!, ...good.initializers!] },
      /two initializers/,
    ],
    ['an output that depends on nothing', chain(node('Identity', ['w'], ['y'])), /depends on the inputs/],
    ['inputs of text', { ...good, inputs: [value('x', types.string, ['n', 3])] }, /string/],
    ['an axis of size 0', { ...good, inputs: [value('x', types.float, ['n', 0])] }, /size 0/],
    [
      'shapes that do not fit',
      { ...good, initializers: [tensor('w', [4, 2], types.float, new Float32Array(8))] },
      /onnxruntime/,
    ],
    ['an operator that is none', chain(node('Frobnicate', ['x'], ['y'])), /operator that onnxruntime does not have/],
    [
      'a domain that is none',
      chain(node('Relu', ['x'], ['y'], { domain: 'example' })),
      /operator that onnxruntime does not have/,
    ],
    [
      'dropout in training',
      {
        ...chain(node('Dropout', ['x', 'half', 'on'], ['y'])),
        inputs: [value('x', types.float, ['batch', 64])],
        initializers: [
          tensor('half', [], types.float, Float32Array.of(0.5)),
          tensor('on', [], types.bool, Uint8Array.of(1)),
        ],
      },
      /two runs/,
    ],
    ['random numbers', chain(node('RandomNormalLike', ['x'], ['r']), node('Add', ['x', 'r'], ['y'])), /random/],
  ])('%s', async (_, parts, says) => {
    await fails(parts, 'BAD_MODEL', says);
  });

  test('a graph inside a node: the node is named', async () => {
    await expect(loadOnnx(fixture('branches.onnx'))).rejects.toMatchObject({
      code: 'BAD_MODEL',
      message: expect.stringMatching(/"choose" \(If\).*sub-graph/),
    });
    // also one that nests far deeper than any stack
    let inner: Bytes = graph({ nodes: [node('Relu', ['x'], ['y'])] });
    for (let depth = 0; depth < 3000; depth++)
      inner = [
        Uint8Array.from(
          Buffer.concat(
            graph({
              nodes: [node('Loop', ['x'], ['y'], { attributes: [attribute('body', { graph: inner })] })],
              inputs: [],
              outputs: [],
            }),
          ),
        ),
      ];
    await fails(
      { nodes: [node('Loop', ['x'], ['y'], { name: 'deep', attributes: [attribute('body', { graph: inner })] })] },
      'BAD_MODEL',
      /"deep" \(Loop\)/,
    );
  });

  test('functions that call themselves, or grow beyond all bounds', async () => {
    const call = (name: string, a = 'a', b = 'b') => node(name, [a], [b], { domain: 'local' });
    const parts: GraphParts = { nodes: [call('f', 'x', 'y')] };
    await fails(parts, 'BAD_MODEL', /calls itself/, {
      domains: ['local'],
      functions: [localFunction('f', [call('g')]), localFunction('g', [call('f')])],
    });
    const doubling = Array.from({ length: 40 }, (_, i) =>
      localFunction(
        i === 0 ? 'f' : `f${i}`,
        i === 39 ? [node('Relu', ['a'], ['b'])] : [call(`f${i + 1}`, 'a', 'h'), call(`f${i + 1}`, 'h', 'b')],
      ),
    );
    await fails(parts, 'BAD_MODEL', /written out/, { domains: ['local'], functions: doubling });
    await fails(parts, 'BAD_MODEL', /two functions/, {
      domains: ['local'],
      functions: [localFunction('f', []), localFunction('f', [])],
    });
  });
});

describe('tensors that are not what they say', () => {
  const weights = (...parts: Parameters<typeof tensor>) => ({ ...good, initializers: [tensor(...parts)] });
  test.each<[string, GraphParts, RegExp]>([
    ['too few values', weights('w', [3, 2], types.float, new Float32Array(5)), /takes 24 bytes, but has 20/],
    ['too many values', weights('w', [3, 2], types.float, new Float32Array(7)), /takes 24 bytes, but has 28/],
    ['no values', weights('w', [3, 2], types.float, undefined), /no values/],
    ['a negative size', weights('w', [3, -2n], types.float, new Float32Array(6)), /negative/],
    ['sizes that overflow', weights('w', [2n ** 32n, 2n ** 32n, 0], types.float, undefined), /can be counted/],
    ['an unknown type', weights('w', [3, 2], 77, new Float32Array(6)), /unknown element type 77/],
    ['text in raw bytes', weights('w', [3, 2], types.string, new Float32Array(6)), /text in raw bytes/],
    [
      'values in two ways',
      weights(
        'w',
        [3, 2],
        types.float,
        new Float32Array(6),
        messageField(4, [new Uint8Array(new Float32Array(6).buffer)]),
      ),
      /twice/,
    ],
    [
      'values of another type',
      weights('w', [3, 2], types.float, undefined, messageField(7, [Uint8Array.of(1, 2, 3, 4, 5, 6)])),
      /int64_data/,
    ],
    [
      'a constant too short',
      {
        ...good,
        nodes: [
          node('Constant', [], ['c'], {
            attributes: [attribute('value', { tensor: tensor('c', [9], types.float, new Float32Array(2)) })],
          }),
          ...good.nodes,
        ],
      },
      /takes 36 bytes/,
    ],
  ])('%s', async (_, parts, says) => {
    await fails(parts, 'BAD_FILE', says);
  });
});

describe('too large', () => {
  test('the file, the weights, the input, a constant shape: before any of it is made', async () => {
    await expect(loadOnnx(fixture('encoder.onnx'), { maxBytes: 20_000 })).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringContaining('maxBytes'),
    });
    const shape = (...sizes: number[]) =>
      tensor('shape', [sizes.length], types.int64, BigInt64Array.from(sizes, BigInt));
    await fails(
      { nodes: [node('Expand', ['x', 'shape'], ['y'])], initializers: [shape(2 ** 20, 2 ** 20, 3)] },
      'BAD_MODEL',
      /too large.*\(Expand\)/,
    );
    await fails(
      {
        nodes: [node('ConstantOfShape', ['shape'], ['c']), node('Add', ['x', 'c'], ['y'])],
        initializers: [shape(2 ** 40)],
      },
      'BAD_MODEL',
      /too large.*ConstantOfShape/,
    );
    await fails({ ...good, inputs: [value('x', types.float, ['n', 2 ** 40])] }, 'BAD_MODEL', /its input "?x"? takes/);
    await fails({ ...good, inputs: [value('x', types.float, [2 ** 33, 3])] }, 'BAD_MODEL', /too large/);
    // external weights have no bytes in the file
    await fails(
      { ...good, initializers: [external('w', [2 ** 20, 2 ** 12], { location: 'w' })] },
      'BAD_MODEL',
      /its weights take/,
    );
  });
});

describe('files of weights', () => {
  const parts = (entries: Readonly<Record<string, string>>): GraphParts => ({
    ...good,
    initializers: [external('w', [3, 2], entries)],
  });
  const place = (entries: Readonly<Record<string, string>>): string => {
    const path = written(model(parts(entries)));
    const folder = dirname(path);
    writeFileSync(join(folder, 'weights'), new Uint8Array(Float32Array.of(9, 1, 2, 3, 4, 5, 6).buffer));
    writeFileSync(join(dirname(folder), 'congruity-outside'), new Uint8Array(64));
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'weights'), new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
    symlinkSync(join(dirname(folder), 'congruity-outside'), join(folder, 'link'));
    symlinkSync(dirname(folder), join(folder, 'up'));
    symlinkSync('round', join(folder, 'round'));
    symlinkSync('sub', join(folder, 'inside'));
    return path;
  };

  test.each<Readonly<Record<string, string>>>([
    { location: 'weights', offset: '4', length: '24' },
    { location: 'sub/weights' },
    { location: './sub/weights', offset: '0' },
    { location: 'inside/weights' },
  ])('%j is read', async (entries) => {
    const one = await loadOnnx(place(entries));
    expect([...(await one.run([[1, 1, 1]])).logits.data]).toEqual([9, 12]);
    one.dispose();
  });

  test.each<[Readonly<Record<string, string>>, RegExp]>([
    [{ location: '../congruity-outside' }, /leads out of the folder/],
    [{ location: 'sub/../../congruity-outside' }, /leads out of the folder/],
    [{ location: '..\\congruity-outside' }, /leads out of the folder/],
    [{ location: '/etc/passwd' }, /absolute path/],
    [{ location: 'C:\\windows\\win.ini' }, /absolute path/],
    [{ location: 'link' }, /a link that leads out/],
    [{ location: 'up/congruity-outside' }, /a link that leads out/],
    [{ location: 'sub' }, /./],
    [{ location: 'missing' }, /are not there/],
    [{ location: 'round' }, /cannot be opened: its links lead in a circle \(ELOOP\)/],
    [{ location: 'wei\0ghts' }, /no name of a file/],
    [{}, /does not say in which/],
    [{ location: 'weights', offset: '5', length: '24' }, /end at byte 29/],
    [{ location: 'weights', offset: '-4' }, /no count/],
    [{ location: 'weights', offset: '1e3' }, /no count/],
    [{ location: 'weights', offset: '9007199254740993' }, /no count/],
    [{ location: 'weights', length: '23' }, /takes 24 bytes, but 23/],
  ])('%j is refused', async (entries, says) => {
    await expect(loadOnnx(place(entries))).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringMatching(says),
    });
  });

  test('of a snapshot in the hub’s cache: links to its store, also from a folder of the snapshot', async () => {
    const home = join(dirname(dirname(place({ location: 'weights' }))), 'models--a--b');
    const [blobs, folder] = [join(home, 'blobs'), join(home, 'snapshots', '0123', 'onnx')];
    [blobs, folder].forEach((one) => mkdirSync(one, { recursive: true }));
    writeFileSync(join(blobs, 'one'), model(parts({ location: 'weights' })));
    writeFileSync(join(blobs, 'two'), new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
    symlinkSync('../../../blobs/one', join(folder, 'model.onnx'));
    symlinkSync('../../../blobs/two', join(folder, 'weights'));
    for (const path of [folder, join(folder, 'model.onnx')]) {
      const one = await load(path);
      expect([...(await one.run([[1, 1, 1]])).logits.data]).toEqual([9, 12]);
      one.dispose();
    }
    unlinkSync(join(folder, 'weights'));
    writeFileSync(join(home, 'elsewhere'), new Uint8Array(24));
    symlinkSync('../../../elsewhere', join(folder, 'weights'));
    await expect(load(folder)).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringContaining('a link that leads out'),
    });
  });

  test('a folder whose model is a link to a file outside of it: a file that was named itself may be one', async () => {
    const path = written(model(good));
    const folder = join(dirname(dirname(path)), 'other');
    mkdirSync(folder);
    symlinkSync(path, join(folder, 'linked.onnx'));
    await expect(load(folder)).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringContaining('a link that leads out'),
    });
    (await load(join(folder, 'linked.onnx'))).dispose();
  });

  test('a model of which nothing was changed still fails to load without them', async () => {
    const folder = dirname(written(new Uint8Array(readFileSync(fixture('external/mlp.onnx'))), 'mlp.onnx'));
    await expect(loadOnnx(join(folder, 'mlp.onnx'))).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringContaining('mlp.weights'),
    });
  });
});

test('onnxruntime-node is not installed: what to install', async () => {
  // the same code, bundled into a folder from which no package is in reach
  const folder = dirname(written(model(good)));
  const script = join(folder, 'load.cjs');
  await build({
    stdin: {
      contents: `import { loadOnnx } from ${JSON.stringify(join(__dirname, '../../../../src/model/formats/onnx/file/load.ts'))};\nloadOnnx('model.onnx').catch((error) => console.log(JSON.stringify({ code: error.code, message: error.message })));`,
      resolveDir: __dirname,
    },
    outfile: script,
    bundle: true,
    platform: 'node',
    external: ['onnxruntime-node'],
    logLevel: 'error',
  });
  const { NODE_PATH: _, NODE_OPTIONS: __, ...env } = process.env;
  const said = JSON.parse(execFileSync(process.execPath, [script], { cwd: folder, env, encoding: 'utf8' })) as {
    code: string;
    message: string;
  };
  expect(said.code).toBe('NO_BACKEND');
  expect(said.message).toMatch(/not installed[\s\S]*ONNXRUNTIME_NODE_INSTALL=skip npm install/);
});

test('no file, a folder, an empty file, another format', async () => {
  await expect(loadOnnx('')).rejects.toMatchObject({ code: 'BAD_OPTION' });
  await expect(loadOnnx(fixture('nothing.onnx'))).rejects.toMatchObject({ code: 'BAD_FILE' });
  await expect(loadOnnx(__dirname)).rejects.toMatchObject({ code: 'BAD_FILE' });
  expect(await outcome(new Uint8Array(0))).toBe('BAD_FILE');
  expect(await outcome(new Uint8Array(readFileSync(fixture('mlp.safetensors'))))).toBe('BAD_FILE');
});

test.each([
  ['a zip archive', 'PK\x03\x04'],
  ['an HDF5 file', '\x89HDF\r\n\x1a\n'],
  ['a GGUF', 'GGUF'],
  ['a web page', '<!DOCTYPE html>'],
  ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1'],
  ['a pickle of Python', '\x80\x02}'],
])('%s is named, not its bytes', async (what, start) => {
  await expect(loadOnnx(written(Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(200)])))).rejects.toThrow(
    errorOf(FileError, what),
  );
});
