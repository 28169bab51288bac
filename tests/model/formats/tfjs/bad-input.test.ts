/** Damaged and hostile files: errors of our own, nothing left behind, nothing read outside the folder, no endless work. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { FileError, isCongruityError, ModelError } from '../../../../src/errors.js';
import { load as loadAny } from '../../../../src/model/load.js';
import { loadTfjs } from '../../../../src/model/formats/tfjs/file/load.js';
import { backend } from '../../../../src/tensor/backend.js';
import { fixtures, golden, needs, type Golden, type Name } from './goldens.js';
import { errorOf } from '../../../helpers/error-of.js';

type Json = Record<string, never> & { [key: string]: never };

let folder = '';
let before = 0;
beforeAll(async () => void (await backend({ backend: 'wasm' })));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'congruity-tfjs-'));
  before = tf.memory().numTensors;
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  expect(tf.memory().numTensors).toBe(before);
});

const copy = (name: Name): string => {
  cpSync(join(fixtures, name), folder, { recursive: true });
  return join(folder, 'model.json');
};
const load = (name: Name, path: string) => loadTfjs(path, { ...needs[name], backend: 'wasm' });
const read = (name: Name): Json => JSON.parse(readFileSync(join(fixtures, name, 'model.json'), 'utf8')) as Json;

/** A model.json that is edited, with the shards beside it. */
function edited(name: Name, edit: (json: never) => void): string {
  const path = join(folder, 'model.json');
  if (!existsSync(path)) copy(name);
  const json = read(name);
  edit(json as never);
  writeFileSync(path, JSON.stringify(json));
  return path;
}
interface Loose {
  modelTopology: {
    class_name: string;
    config: { layers: { class_name: string; config: Record<string, unknown>; inbound_nodes: unknown[][] }[] };
    node: { name: string; op: string; input?: string[]; attr: Record<string, unknown> }[];
    library: unknown;
  };
  weightsManifest: {
    paths: string[];
    weights: { name: string; shape: number[]; dtype: string; quantization?: unknown }[];
  }[];
  [key: string]: unknown;
}
const layer = (json: Loose, name: string) =>
  json.modelTopology.config.layers.find(({ config }) => config.name === name)!;
const node = (json: Loose, op: string) => json.modelTopology.node.find((own) => own.op === op)!;

describe('shards', () => {
  test.each<[string, string | number | null, RegExp]>([
    ['a parent folder', '../group1-shard1of2.bin', /may lie outside/],
    ['a folder on the way up', 'a/../../b.bin', /may lie outside/],
    ['an absolute path', '/etc/hostname', /may lie outside/],
    ['a backslash', '..\\secret.bin', /may lie outside/],
    ['a URL', 'http://example.com/weights.bin', /URL/],
    ['a file URL', 'file:///etc/hostname', /URL/],
    ['a host', '//example.com/weights.bin', /URL/],
    ['a drive', 'C:/weights.bin', /URL or names a drive/],
    ['a zero byte', 'a\0b', /may lie outside/],
    ['nothing', '', /path is ""/],
    ['a number', 3, /path is 3/],
    ['null', null, /path is null/],
    ['the folder itself', '.', /link that leads out|directory/],
    ['one that is not there', 'no.bin', /cannot be found/],
  ])('%s', async (_, path, message) => {
    const file = edited('mixed', (json: Loose) => void (json.weightsManifest[0]!.paths[0] = path as string));
    await expect(load('mixed', file)).rejects.toThrow(errorOf(FileError, message));
  });

  test('a link out of the folder is not followed, one inside it is', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'congruity-outside-'));
    try {
      const path = copy('mixed');
      const shard = join(folder, 'group1-shard1of2.bin');
      cpSync(shard, join(outside, 'weights.bin'));
      rmSync(shard);
      symlinkSync(join(outside, 'weights.bin'), shard);
      await expect(load('mixed', path)).rejects.toThrow(errorOf(FileError, /link that leads out/));
      rmSync(shard);
      mkdirSync(join(folder, 'inside'));
      cpSync(join(outside, 'weights.bin'), join(folder, 'inside', 'weights.bin'));
      symlinkSync(join(folder, 'inside', 'weights.bin'), shard);
      (await load('mixed', path)).dispose();
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  test('a byte too few, a byte too many, other sizes', async () => {
    const path = copy('mixed');
    const shard = join(folder, 'group1-shard2of2.bin');
    const whole = readFileSync(shard);
    for (const size of [0, 1, whole.length - 4, whole.length - 1]) {
      truncateSync(shard, size);
      await expect(load('mixed', path)).rejects.toThrow(errorOf(FileError, /the manifest says/));
      writeFileSync(shard, whole);
    }
    writeFileSync(shard, Buffer.concat([whole, Buffer.from([0])]));
    await expect(load('mixed', path)).rejects.toThrow(errorOf(FileError, /more than the/));
    await expect(loadTfjs(path, { maxBytes: 100 })).rejects.toThrow(
      errorOf(FileError, /more than the 100 that are allowed/),
    );
  });

  test('weights that are no numbers', async () => {
    const path = copy('mixed');
    const shard = join(folder, 'group1-shard1of2.bin');
    const bytes = readFileSync(shard);
    bytes.writeFloatLE(NaN, 8);
    writeFileSync(shard, bytes);
    await expect(load('mixed', path)).rejects.toThrow(errorOf(FileError, /holds NaN at 2/));
  });

  test.each<[string, (json: Loose) => void, RegExp, (typeof FileError | typeof ModelError)?]>([
    [
      'a shape too large to count',
      (json) => void (json.weightsManifest[0]!.weights[0]!.shape = [2 ** 40, 2 ** 40]),
      /more values than can be counted/,
    ],
    ['a large shape', (json) => void (json.weightsManifest[0]!.weights[0]!.shape = [2 ** 30]), /that are allowed/],
    ['a negative size', (json) => void (json.weightsManifest[0]!.weights[0]!.shape = [-3, 3]), /has shape/],
    ['an unknown type', (json) => void (json.weightsManifest[0]!.weights[0]!.dtype = 'string'), /of type "string"/],
    [
      'an unknown quantisation',
      (json) => void (json.weightsManifest[0]!.weights[0]!.quantization = { dtype: 'uint4' }),
      /quantised as "uint4"/,
    ],
    [
      'a quantisation without scale',
      (json) => void (json.weightsManifest[0]!.weights[0]!.quantization = { dtype: 'uint8', min: 0 }),
      /with scale nothing/,
    ],
    [
      'a weight twice',
      (json) => void (json.weightsManifest[0]!.weights[1]!.name = json.weightsManifest[0]!.weights[0]!.name),
      /there twice/,
    ],
    ['no manifest', (json) => void delete (json as Partial<Loose>).weightsManifest, /weightsManifest is nothing/],
    [
      'a weight that nobody has',
      (json) => void (json.weightsManifest[0]!.weights[0]!.name = 'other'),
      /no target variable: other/,
      ModelError,
    ],
    [
      'a shape of the same size',
      (json) => void json.weightsManifest[0]!.weights.find(({ shape }) => shape.length === 2)!.shape.reverse(),
      /Shape mismatch/,
      ModelError,
    ],
  ])('%s', async (_, edit, message, type = FileError) => {
    await expect(load('mixed', edited('mixed', edit as never))).rejects.toThrow(errorOf(type, message));
  });
});

describe('more than a model has', () => {
  const weight = (name: string, shape: number[], quantization?: object) => ({
    name,
    shape,
    dtype: 'float32',
    ...(quantization && { quantization }),
  });
  test.each<[string, (json: Loose) => void, RegExp, (typeof FileError | typeof ModelError)?]>([
    [
      'one shard 50,000 times',
      (json) =>
        void (json.weightsManifest[0]!.paths = Array.from(
          { length: 50_000 },
          () => json.weightsManifest[0]!.paths[0]!,
        )),
      /more than 10000 shards/,
    ],
    [
      'one shard twice',
      (json) => void json.weightsManifest[0]!.paths.push(json.weightsManifest[0]!.paths[0]!),
      /the shard "group1-shard1of2.bin" is there twice/,
    ],
    [
      'one shard twice, by another way',
      (json) => void json.weightsManifest[0]!.paths.push(`./${json.weightsManifest[0]!.paths[0]!}`),
      /the shard "group1-shard1of2.bin" is there twice/,
    ],
    [
      'one shard in two groups',
      (json) => void json.weightsManifest.push({ paths: [json.weightsManifest[0]!.paths[0]!], weights: [] }),
      /is there twice/,
    ],
    [
      'a shape of 2 and 2^40',
      (json) => void json.weightsManifest[0]!.weights.push(weight('w', [2, 2 ** 40])),
      /take \d+ bytes, more than/,
    ],
    [
      'a shape of 0 and 2^40',
      (json) => void json.weightsManifest[0]!.weights.push(weight('w', [0, 2 ** 40])),
      /no target variable|no layer|cannot build|no weight/,
      ModelError,
    ],
  ])('%s', async (_, edit, message, type = FileError) => {
    await expect(load('mixed', edited('mixed', edit as never))).rejects.toThrow(errorOf(type, message));
  });

  test('a graph with as many empty weights as are allowed, and with more', async () => {
    const empty = (count: number) =>
      edited('convnet', (json: Loose) => {
        for (let i = 0; i < count; i++) json.weightsManifest[0]!.weights.push(weight(`w${i}`, [0]));
      });
    await expect(load('convnet', empty(51_000))).rejects.toThrow(errorOf(FileError, /more than 50000 weights/));
    (await load('convnet', empty(49_000))).dispose();
  });

  test('weights are counted as they are decoded, before anything is read', async () => {
    const file = edited('mixed', (json: Loose) => {
      json.weightsManifest = [
        { paths: ['not-there.bin'], weights: [weight('w', [1000], { dtype: 'uint8', scale: 1, min: 0 })] },
      ];
    });
    await expect(loadTfjs(file, { maxBytes: 1999 })).rejects.toThrow(
      errorOf(FileError, /take 4000 bytes decoded, more than the 3998 that are allowed/),
    );
    await expect(loadTfjs(file, { maxBytes: 2000 })).rejects.toThrow(errorOf(FileError, /cannot be found/));
    await expect(loadTfjs(file, { maxBytes: 999 })).rejects.toThrow(
      errorOf(FileError, /take 1000 bytes, more than the 999 that are allowed/),
    );
  });

  test('a topology of several megabytes is loaded by path', async () => {
    const graph = edited(
      'convnet',
      (json: Loose) =>
        void (json.modelTopology.node = [
          ...json.modelTopology.node,
          ...Array.from({ length: 20_000 }, (_, i) => ({
            name: `an operation that nothing reads, number ${i}`,
            op: 'NoOp',
            attr: {},
            input: [],
          })),
        ]),
    );
    expect(readFileSync(graph).length).toBeGreaterThan(1_500_000);
    (await loadAny(graph, { backend: 'wasm' })).dispose();
    const file = copy('mixed');
    writeFileSync(
      file,
      readFileSync(join(fixtures, 'mixed', 'model.json'), 'utf8').replace(
        '{',
        `{"userDefinedMetadata": ${JSON.stringify(Array.from({ length: 60_000 }, (_, i) => `a note on the training of this model, number ${i}`))},`,
      ),
    );
    expect(readFileSync(file).length).toBeGreaterThan(3_000_000);
    for (const path of [file, folder]) (await loadAny(path, { ...needs.mixed, backend: 'wasm' })).dispose();
  });
});

describe('topologies', () => {
  const self = (json: Loose) => (layer(json, 'conv').inbound_nodes = [[['pool', 0, 0, {}]]]) as unknown;
  test.each<[string, (json: Loose) => void, RegExp, (typeof FileError | typeof ModelError)?]>([
    ['an unknown layer', (json) => void (layer(json, 'conv').class_name = 'Lambda'), /no layer class "Lambda"/],
    [
      'a class of JavaScript',
      (json) => void (layer(json, 'conv').class_name = 'constructor'),
      /no layer class "constructor"/,
    ],
    ['layers in a circle', self, /wait for each other/],
    [
      'a layer that is not there',
      (json) => void (layer(json, 'pool').inbound_nodes = [[['nobody', 0, 0, {}]]]),
      /wait for each other/,
    ],
    [
      'a call that is not there',
      (json) => void (layer(json, 'pool').inbound_nodes = [[['conv', 7, 0, {}]]]),
      /wait for each other/,
    ],
    [
      'a layer that is read and never called',
      (json) => void (layer(json, 'pool').inbound_nodes = []),
      /wait for each other/,
    ],
    [
      'two layers of one name',
      (json) => void (Object.assign(layer(json, 'pool'), { name: 'conv' }).config.name = 'conv'),
      /two layers are called "conv"/,
    ],
    [
      'a layer of two names',
      (json) => void Object.assign(layer(json, 'pool'), { name: 3 }),
      /called 3, its config does not agree/,
    ],
    [
      'larger weights than there are',
      (json) => void (layer(json, 'conv').config.filters = 2 ** 30),
      /larger weights than the manifest/,
    ],
    [
      'camel case',
      (json) => void ((layer(json, 'conv') as unknown as Record<string, unknown>).inboundNodes = []),
      /key "inboundNodes"/,
    ],
    ['no layers', (json) => void (json.modelTopology.config.layers = []), /tfjs cannot build/],
    ['no model', (json) => void (json.modelTopology.class_name = 'Dense'), /class "Dense", not a model/],
    ['another format', (json) => void (json.format = 'tflite'), /format is "tflite"/, FileError],
  ])('%s', async (_, edit, message, type = ModelError) => {
    await expect(load('mixed', edited('mixed', edit as never))).rejects.toThrow(errorOf(type, message));
  });

  test('keys that are not what they seem', async () => {
    const path = copy('mixed');
    const text = readFileSync(path, 'utf8');
    for (const [key, message, type] of [
      ['"__proto__": {"x": 1}', /key "__proto__"/, ModelError],
      ['"name": "a"', /twice/, FileError],
      ['"na\\u006de": "a"', /twice/, FileError],
    ] as const) {
      writeFileSync(path, text.replace('"config": {"name": "mixed"', `"config": {${key}, "name": "mixed"`));
      await expect(load('mixed', path)).rejects.toThrow(errorOf(type, message));
    }
  });

  test('nesting without end', async () => {
    const path = copy('mixed');
    for (const depth of [1000, 200_000]) {
      writeFileSync(
        path,
        readFileSync(join(fixtures, 'mixed', 'model.json'), 'utf8').replace(
          '"sparse": false',
          `"sparse": ${'['.repeat(depth)}${']'.repeat(depth)}`,
        ),
      );
      await expect(load('mixed', path)).rejects.toThrow(errorOf(FileError, /nested more than/));
    }
  });

  test('an activation larger than memory', async () => {
    const file = edited(
      'masked',
      (json: Loose) =>
        void json.modelTopology.config.layers.splice(4, 0, {
          class_name: 'RepeatVector',
          config: { name: 'repeat', n: 2 ** 30 },
        } as never),
    );
    await expect(load('masked', file)).rejects.toThrow(errorOf(ModelError, /more than 268435456/));
  });

  test('no JSON', async () => {
    const path = copy('mixed');
    for (const text of ['', '{', '[]', 'null', '"model"', '\u00ff\u00fe']) {
      writeFileSync(path, text, 'latin1');
      await expect(load('mixed', path)).rejects.toBeInstanceOf(FileError);
    }
    await expect(loadTfjs(join(folder, 'nothing.json'))).rejects.toThrow(errorOf(FileError, /no such file/));
  });
});

describe('graphs', () => {
  test.each<[string, (json: Loose) => void, RegExp]>([
    ['an unknown operation', (json) => void (node(json, 'Relu').op = 'PyFunc'), /no operation "PyFunc"/],
    [
      'our own operation',
      (json) => void (node(json, 'Relu').op = 'CongruityTap'),
      /no operation "CongruityTap"|did not run/,
    ],
    ['control flow', (json) => void (node(json, 'Relu').op = 'StatelessWhile'), /control flow/],
    ['random numbers', (json) => void (node(json, 'Relu').op = 'RandomUniform'), /random numbers/],
    ['a table', (json) => void (node(json, 'Relu').op = 'LookupTableFindV2'), /a table or variable/],
    ['nodes in a circle', (json) => void (node(json, 'Conv2D').input![0] = node(json, 'Softmax').name), /circle/],
    ['an input that is not there', (json) => void (node(json, 'Relu').input = ['nobody']), /reads "nobody"/],
    [
      'two nodes of one name',
      (json) => void (node(json, 'Relu').name = node(json, 'Conv2D').name),
      /two nodes|not there/,
    ],
    ['a name of JavaScript', (json) => void (node(json, 'Relu').name = 'constructor'), /called "constructor"/],
    ['no inputs', (json) => void (node(json, 'Placeholder').op = 'Const'), /no inputs|no weight|did not run|not in/],
    [
      'a constant without values',
      (json) => void json.modelTopology.node.push({ name: 'lost', op: 'Const', attr: {} }),
      /no weight for the constant lost/,
    ],
    ['no nodes', (json) => void (json.modelTopology.node = []), /no nodes|no topology/],
    [
      'an output that is not there',
      (json) => void (json.signature = { inputs: {}, outputs: { a: { name: 'nobody:0' } } }),
      /signature names an output/,
    ],
    [
      'a batch of three',
      (json) =>
        void (node(json, 'Placeholder').attr.shape = {
          shape: { dim: [{ size: '3' }, { size: '6' }, { size: '6' }, { size: '2' }] },
        }),
      /batches of 3/,
    ],
    [
      'an input without end',
      (json) =>
        void (node(json, 'Placeholder').attr.shape = {
          shape: { dim: [{ size: '-1' }, { size: '1000000000' }, { size: '6' }, { size: '2' }] },
        }),
      /1000000000/,
    ],
    ['an initialiser', (json) => void (json.modelInitializer = { node: [] }), /fills tables/],
  ])('%s', async (_, edit, message) => {
    await expect(load('convnet', edited('convnet', edit as never))).rejects.toThrow(errorOf(ModelError, message));
  });

  test.each(['wasm', 'cpu'] as const)('a result larger than memory, on %s', async (on) => {
    const file = edited('convnet', (json: Loose) => {
      const weights = json.weightsManifest[0]!;
      weights.weights.push({ name: 'dims', shape: [4], dtype: 'int32' }, { name: 'zero', shape: [], dtype: 'float32' });
      weights.paths.push('more.bin');
      writeFileSync(join(folder, 'more.bin'), Buffer.from(new Int32Array([1, 60_000, 60_000, 4, 0]).buffer));
      json.modelTopology.node.push(
        { name: 'dims', op: 'Const', attr: { dtype: { type: 'DT_INT32' } } },
        { name: 'zero', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } },
        { name: 'huge', op: 'Fill', input: ['dims', 'zero'], attr: {} },
        { name: 'sum', op: 'AddV2', input: [node(json, 'Relu').name, 'huge'], attr: {} },
      );
    });
    await expect(loadTfjs(file, { backend: on })).rejects.toThrow(errorOf(ModelError, /more than 268435456/));
  });
});

/** Every place in a JSON value. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    ...(path.length > 0 ? [path] : []),
    ...Object.entries(value).flatMap(([key, entry]) =>
      places(entry, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

const nasty = [
  null,
  true,
  false,
  0,
  -1,
  1,
  2,
  0.5,
  1e9,
  2 ** 40,
  -(2 ** 31),
  '',
  'x',
  'conv',
  '__proto__',
  '../x',
  [],
  [[]],
  {},
  { class_name: 'Dense', config: {} },
  [null],
  'Infinity',
];

describe('generated corruptions', () => {
  const survives = async (name: Name, path: string, { inputs }: Golden): Promise<void> => {
    const held = tf.memory().numTensors;
    let model;
    try {
      model = await load(name, path);
      await model.run(inputs, { capture: model.sites.map(({ name: site }) => site) });
    } catch (error) {
      if (!isCongruityError(error)) throw error;
    } finally {
      model?.dispose();
    }
    expect(tf.memory().numTensors).toBe(held);
  };

  test.each(['mixed', 'masked', 'convnet', 'transformer'] as const)(
    '%s: some value of model.json is another, or gone',
    async (name) => {
      const warn = console.warn;
      console.warn = () => undefined; // tfjs's own
      const [all, expected] = [places(read(name)), golden(name)];
      try {
        await fc.assert(
          fc.asyncProperty(
            fc.uniqueArray(fc.nat(all.length - 1), { minLength: 1, maxLength: 3 }),
            fc.infiniteStream(fc.option(fc.constantFrom(...nasty), { freq: 6, nil: undefined })),
            async (at, values) => {
              const file = edited(name, (json: Json) => {
                for (const i of at) {
                  const path = all[i]!;
                  let parent: unknown = json;
                  for (const key of path.slice(0, -1)) parent = (parent as Record<string, unknown> | undefined)?.[key];
                  if (typeof parent !== 'object' || parent === null) continue;
                  const { value } = values.next();
                  if (value === undefined) delete (parent as Record<string, unknown>)[path.at(-1)!];
                  // a value of its own: the next place may lie inside it
                  else (parent as Record<string, unknown>)[path.at(-1)!] = structuredClone(value);
                }
              });
              await survives(name, file, expected);
            },
          ),
          // the transformer takes ten times as long as the others
          { numRuns: name === 'transformer' ? 12 : 30 },
        );
      } finally {
        console.warn = warn;
      }
    },
  );

  test.each(['mixed', 'transformer'] as const)('%s: bytes of model.json or a shard are others', async (name) => {
    const [path, expected] = [copy(name), golden(name)];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('model.json', 'group1-shard1of2.bin'),
        fc.array(fc.tuple(fc.nat(1_000_000), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        async (file, changes) => {
          const bytes = readFileSync(join(fixtures, name, file));
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          writeFileSync(join(folder, file), bytes);
          await survives(name, path, expected);
          cpSync(join(fixtures, name, file), join(folder, file));
        },
      ),
      { numRuns: name === 'transformer' ? 10 : 20 },
    );
  });
});
