// Files that are small, or valid as far as it goes, and ask for more than there is; each with what is done with it.
import { closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fixtures, inside } from './place.mjs';

const { intField, join: joined, messageField, stringField } = inside('src/io/protobuf-wire');
const [FLOAT, INT64] = [1, 7];

const node = (op, inputs, outputs, ...attributes) => [
  ...inputs.flatMap((one) => stringField(1, one)),
  ...outputs.flatMap((one) => stringField(2, one)),
  ...stringField(4, op),
  ...attributes.flatMap((one) => messageField(5, one)),
];
const integer = (name, value) => [...stringField(1, name), intField(3, value), intField(20, 2)];
const tensor = (name, dims, type, data) => [
  ...dims.map((size) => intField(1, size)),
  intField(2, type),
  ...stringField(8, name),
  ...messageField(9, [new Uint8Array(data.buffer)]),
];
const ints = (name, ...values) => tensor(name, [values.length], INT64, BigInt64Array.from(values, BigInt));
const int = (name, value) => tensor(name, [], INT64, BigInt64Array.of(BigInt(value)));
const value = (name, dims) => [
  ...stringField(1, name),
  ...messageField(
    2,
    messageField(1, [
      intField(1, FLOAT),
      ...(dims
        ? messageField(
            2,
            dims.flatMap((size) =>
              messageField(1, typeof size === 'number' ? [intField(1, size)] : stringField(2, size)),
            ),
          )
        : []),
    ]),
  ),
];
const onnx = (nodes, initializers) =>
  joined([
    intField(1, 8),
    ...messageField(8, [...stringField(1, ''), intField(2, 17)]),
    ...messageField(7, [
      ...nodes.flatMap((one) => messageField(1, one)),
      ...stringField(2, 'g'),
      ...initializers.flatMap((one) => messageField(5, one)),
      ...messageField(11, value('x', ['batch', 3])),
      ...messageField(12, value('y')),
    ]),
  ]);
/** something that does not depend on the input, summed up and added to it */
const added = (nodes, from, initializers) =>
  onnx(
    [
      ...nodes,
      node('Cast', [from], ['cast'], integer('to', FLOAT)),
      node('ReduceSum', ['cast'], ['sum']),
      node('Add', ['x', 'sum'], ['y']),
    ],
    initializers,
  );
const image = node('Unsqueeze', ['x', 'axis'], ['image']);
const oneHot = [node('Cast', ['x'], ['i'], integer('to', INT64)), node('OneHot', ['i', 'depth', 'values'], ['y'])];

const put = (folder, name, bytes) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const load = (path, options) => ({ load: path, options });
const graph = (bytes, options) => (folder) => load(put(folder, 'a.onnx', bytes), options);

/** A file of this size that begins so; the rest takes no room. */
function sparse(path, start, size) {
  const file = openSync(path, 'w');
  writeSync(file, start);
  ftruncateSync(file, size);
  closeSync(file);
  return path;
}
function safetensors(header, size = 0) {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return [Buffer.concat([length, text]), 8 + text.length + size];
}
const entries = (count) =>
  `{${Array.from({ length: count }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join(',')}}`;
const config = JSON.stringify({
  n_layers: 1,
  d_model: 4,
  n_ctx: 4,
  d_head: 2,
  n_heads: 2,
  d_mlp: 4,
  d_vocab: 5,
  act_fn: 'relu',
  normalization_type: null,
});
const lens = (header, size) => (folder) => {
  const [start, whole] = safetensors(header, size);
  put(folder, 'a.json', config);
  return load(sparse(join(folder, 'a.safetensors'), start, whole));
};
function npy(kind, count) {
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${count}, 1), }`.padEnd(117) + '\n';
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([text.length, 0]), Buffer.from(text)]);
}

const layersModel = (weights, paths) =>
  JSON.stringify({
    format: 'layers-model',
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [
          { class_name: 'Dense', config: { name: 'd', units: 2, activation: 'linear', batch_input_shape: [null, 2] } },
        ],
      },
    },
    weightsManifest: [{ paths, weights }],
  });
const graphModel = (weights, paths) =>
  JSON.stringify({
    format: 'graph-model',
    modelTopology: {
      node: [
        {
          name: 'x',
          op: 'Placeholder',
          attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '-1' }, { size: '2' }] } } },
        },
        ...weights.map(({ name }) => ({ name, op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } })),
        { name: 'y', op: 'Relu', input: ['x'], attr: { T: { type: 'DT_FLOAT' } } },
      ],
    },
    weightsManifest: [{ paths, weights }],
  });
const empty = Array.from({ length: 130_000 }, (_, i) => ({ name: `w${i}`, shape: [0], dtype: 'float32' }));
const tfjs = (text) => (folder) => {
  put(folder, 'a.bin', Buffer.alloc(24));
  return load(put(folder, 'model.json', text));
};

const tokens = (parts, text) => (folder) => {
  const vocab = Object.fromEntries(['<unk>', ...'ab▁x'].map((token, id) => [token, id]));
  put(
    folder,
    'tokenizer.json',
    JSON.stringify({ model: { type: 'BPE', vocab, merges: [], unk_token: '<unk>' }, ...parts }),
  );
  return { tokenizer: folder, text };
};
const replace = (pattern, content) => ({ type: 'Replace', pattern: { Regex: pattern }, content });
const many = (count, part) => Array.from({ length: count }, () => part);
const split = (pattern) => ({
  pre_tokenizer: { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
});

/** A valid model whose one file is a link to the same file outside, or a pipe. */
const instead = (from, name, how) => (folder) => {
  const [own, outside] = [join(folder, 'model'), join(folder, 'outside')];
  for (const each of [own, outside]) mkdirSync(each);
  for (const part of from.split(' '))
    cpSync(join(fixtures, part), part.endsWith('.bin') ? join(outside, name) : outside, { recursive: true });
  cpSync(outside, own, { recursive: true, filter: (path) => !path.endsWith(`/${name}`) && !/golden/.test(path) });
  if (how === 'link') symlinkSync(join(outside, name), join(own, name));
  else if (spawnSync('mkfifo', [join(own, name)]).status !== 0) throw new Error('no mkfifo');
  return load(own);
};

/** By name. Each must end in a typed error. */
export const crafted = {
  'ONNX: ConstantOfShape': {
    make: graph(added([node('ConstantOfShape', ['s'], ['c'])], 'c', [ints('s', 1_600_000_000)])),
  },
  'ONNX: Range': {
    make: graph(
      added([node('Range', ['a', 'b', 'c'], ['r'])], 'r', [int('a', -5), int('b', 900_000_000), int('c', 1)]),
    ),
  },
  'ONNX: Expand': { make: graph(onnx([node('Expand', ['x', 's'], ['y'])], [ints('s', 2_000_000_000, 2, 3)])) },
  'ONNX: Expand by a computed shape': {
    make: graph(
      onnx(
        [
          node('Mul', ['s', 's'], ['s2']),
          node('Mul', ['s2', 's2'], ['s4']),
          node('Concat', ['s4', 'one'], ['t'], integer('axis', 0)),
          node('Expand', ['x', 't'], ['y']),
        ],
        [ints('s', 300, 1), ints('one', 3)],
      ),
    ),
  },
  'ONNX: Tile': {
    make: graph(
      added([node('Tile', ['w', 's'], ['c'])], 'c', [
        tensor('w', [100], FLOAT, new Float32Array(100).fill(1)),
        ints('s', 50_000_000),
      ]),
    ),
  },
  'ONNX: Tile of what is given': { make: graph(onnx([node('Tile', ['x', 's'], ['y'])], [ints('s', 1, 100_000_000)])) },
  'ONNX: Tile by a shape': {
    make: graph(
      onnx(
        [node('Shape', ['x'], ['shape']), node('Mul', ['shape', 's'], ['t']), node('Tile', ['x', 't'], ['y'])],
        [ints('s', 3000, 10_000)],
      ),
    ),
  },
  'ONNX: OneHot': {
    make: graph(onnx(oneHot, [ints('depth', 800_000_000), tensor('values', [2], FLOAT, Float32Array.of(0, 1))])),
  },
  'ONNX: OneHot with a depth in floats': {
    make: graph(
      onnx(oneHot, [
        tensor('depth', [1], FLOAT, Float32Array.of(4e8)),
        tensor('values', [2], FLOAT, Float32Array.of(0, 1)),
      ]),
    ),
  },
  'ONNX: Resize': {
    make: graph(
      onnx([image, node('Resize', ['image', '', '', 's'], ['y'])], [ints('axis', 1), ints('s', 1, 60_000, 60_000)]),
    ),
  },
  'ONNX: Resize by factors': {
    make: graph(
      onnx(
        [image, node('Resize', ['image', '', 'factors'], ['y'])],
        [ints('axis', 1), tensor('factors', [3], FLOAT, Float32Array.of(1, 2e4, 2e4))],
      ),
    ),
  },
  'ONNX: a chain of products, maxSeconds 5': {
    make: graph(
      added(
        [
          node('ConstantOfShape', ['s'], ['m0']),
          ...Array.from({ length: 30 }, (_, i) => node('MatMul', [`m${i}`, 'm0'], [`m${i + 1}`])),
        ],
        'm30',
        [ints('s', 6000, 6000)],
      ),
      { maxSeconds: 5 },
    ),
  },
  'safetensors: a header of 60 MB': { make: lens(`{"a":"${'x'.repeat(60_000_000)}"}`) },
  'safetensors: a header of 24 MB, 400,000 entries': { make: lens(entries(400_000)) },
  'safetensors: a header of 20 MB of brackets': { make: lens('['.repeat(20_000_000)) },
  'safetensors: a header that claims 2^63 bytes': {
    make: (folder) => load(put(folder, 'a.safetensors', Buffer.from('ffffffffffffff7f7b7d', 'hex'))),
  },
  'safetensors: 1.9 GB of int8, as float32 7.6': {
    make: (folder) => {
      const [start, size] = safetensors(
        '{"a":{"dtype":"I8","shape":[1900000000],"data_offsets":[0,1900000000]}}',
        1_900_000_000,
      );
      return { representations: sparse(join(folder, 'a.safetensors'), start, size) };
    },
  },
  '.npy: 1.9 GB of uint8, widened': {
    make: (folder) => {
      const start = npy('|u1', 1_900_000_000);
      return { representations: sparse(join(folder, 'a.npy'), start, start.length + 1_900_000_000) };
    },
  },
  'tfjs: 130,000 empty weights of a graph': { make: tfjs(graphModel(empty, ['a.bin'])) },
  'tfjs: 130,000 empty weights of layers': { make: tfjs(layersModel(empty, ['a.bin'])) },
  'tfjs: one shard 500,000 times': {
    make: tfjs(layersModel([{ name: 'd/kernel', shape: [2, 2], dtype: 'float32' }], many(500_000, 'a.bin'))),
  },
  'tfjs: a weight of 2^40 values': {
    make: tfjs(layersModel([{ name: 'd/kernel', shape: [2 ** 20, 2 ** 20], dtype: 'float32' }], ['a.bin'])),
  },
  'tokenizer: a cubic expression': { make: tokens(split('a*a*a*x'), 'a'.repeat(3000)) },
  'tokenizer: a cubic expression, replaced': {
    make: tokens({ normalizer: replace('a*a*a*x', 'b') }, 'a'.repeat(3000)),
  },
  'tokenizer: an exponential expression': { make: tokens(split('(a+)+x'), 'a'.repeat(3000)) },
  'tokenizer: forty doubling replacements': {
    make: tokens({ normalizer: { type: 'Sequence', normalizers: many(40, replace('a', 'aa')) } }, 'a'.repeat(500)),
  },
  'tokenizer: forty doublings back to text': {
    make: tokens({ decoder: { type: 'Sequence', decoders: many(40, replace('a', 'aa')) } }, 'a'.repeat(100)),
  },
  'link out of the folder: Hugging Face, config': {
    make: instead('transformer/hf/fixtures/gpt2', 'config.json', 'link'),
  },
  'link out of the folder: Hugging Face, weights': {
    make: instead('transformer/hf/fixtures/gpt2', 'model.safetensors', 'link'),
  },
  'link out of the folder: Hugging Face, shard': {
    make: instead('transformer/hf/fixtures/llama-f16-sharded', 'model-00002-of-00004.safetensors', 'link'),
  },
  'link out of the folder: Hugging Face, tokenizer': {
    make: instead('transformer/hf/fixtures/text-gpt2', 'tokenizer.json', 'link'),
  },
  'link out of the folder: tfjs, model.json': { make: instead('tfjs/fixtures/masked', 'model.json', 'link') },
  'link out of the folder: tfjs, weights': { make: instead('tfjs/fixtures/masked', 'group1-shard1of1.bin', 'link') },
  'link out of the folder: ONNX': { make: instead('onnx/fixtures/external', 'mlp.onnx', 'link') },
  'link out of the folder: ONNX, weights': { make: instead('onnx/fixtures/external', 'mlp.weights', 'link') },
  'link out of the folder: llama2.c': { make: instead('transformer/llama2c/fixtures/own.bin', 'own.bin', 'link') },
  'pipe: Hugging Face, config': { make: instead('transformer/hf/fixtures/gpt2', 'config.json', 'pipe') },
  'pipe: Hugging Face, weights': { make: instead('transformer/hf/fixtures/gpt2', 'model.safetensors', 'pipe') },
  'pipe: tfjs, weights': { make: instead('tfjs/fixtures/masked', 'group1-shard1of1.bin', 'pipe') },
  'pipe: ONNX': { make: instead('onnx/fixtures/external', 'mlp.onnx', 'pipe') },
};
