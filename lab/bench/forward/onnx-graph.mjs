// The same transformer as an ONNX file: what PyTorch's exporter would write, more or less. Weights are given one by one.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { intField, join, messageField, stringField } from '../../../dist/esm/src/io/protobuf-wire.js';
import { POSITIONS } from './models.mjs';

const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;
const bytes = (data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const message = (number, ...parts) => join(messageField(number, parts.flat(Infinity)));
const text = (number, value) => join(stringField(number, value));

const tensor = (name, type, dims, data) =>
  message(
    5,
    dims.map((size) => intField(1, size)),
    intField(2, type),
    text(8, name),
    message(9, bytes(data)),
  );
const ints = (name, values) => tensor(name, INT64, [values.length], BigInt64Array.from(values, BigInt));
const scalar = (name, value) => tensor(name, FLOAT, [], Float32Array.of(value));
const value = (number, name, type, dims) =>
  message(
    number,
    text(1, name),
    message(
      2,
      message(
        1,
        intField(1, type),
        message(
          2,
          dims.map((size) => message(1, typeof size === 'string' ? text(2, size) : intField(1, size))),
        ),
      ),
    ),
  );
const attributes = {
  int: (name, i) => message(5, text(1, name), intField(3, i), intField(20, 2)),
  ints: (name, list) =>
    message(
      5,
      text(1, name),
      list.map((i) => intField(8, i)),
      intField(20, 7),
    ),
  string: (name, s) => message(5, text(1, name), text(4, s), intField(20, 3)),
};
const node = (op, inputs, output, ...attribute) =>
  message(
    1,
    inputs.map((name) => text(1, name)),
    text(2, output),
    text(3, output),
    text(4, op),
    attribute,
  );

/** Writes the graph with one pass over the weights. Its output `logits` is [batch, positions, vocabulary]. */
export async function writeOnnx(path, config, weights) {
  const { n_layers, d_model: d, n_heads: h, d_head: k, d_vocab } = config;
  const parts = [];
  const add = (...args) => parts.push(node(...args));
  parts.push(value(11, 'tokens', INT32, ['batch', POSITIONS]));
  parts.push(value(12, 'logits', FLOAT, ['batch', POSITIONS, d_vocab]));
  parts.push(ints('heads', [0, 0, h, k]), ints('merged', [0, 0, h * k]));
  parts.push(scalar('scale', 1 / Math.sqrt(k)));
  parts.push(
    tensor(
      'causal',
      FLOAT,
      [POSITIONS, POSITIONS],
      Float32Array.from({ length: POSITIONS ** 2 }, (_, at) =>
        at % POSITIONS > Math.floor(at / POSITIONS) ? -Infinity : 0,
      ),
    ),
  );
  add('Gather', ['embed.W_E', 'tokens'], 'hook_embed');
  add('Add', ['hook_embed', 'pos_embed.W_pos'], 'blocks.0.hook_resid_pre');
  let x = 'blocks.0.hook_resid_pre';
  const norm = (input, name) => {
    add('LayerNormalization', [input, `${name}.w`, `${name}.b`], `${name}.hook_normalized`, attributes.int('axis', 2));
    return `${name}.hook_normalized`;
  };
  const affine = (input, w, b, output) => {
    add('MatMul', [input, w], `${output}.product`);
    add('Add', [`${output}.product`, b], output);
    return output;
  };
  for (let layer = 0; layer < n_layers; layer++) {
    const at = `blocks.${layer}`;
    const attn = `${at}.attn`;
    const input = norm(x, `${at}.ln1`);
    for (const kind of ['Q', 'K', 'V']) {
      const flat = affine(input, `${attn}.W_${kind}`, `${attn}.b_${kind}`, `${attn}.${kind}.flat`);
      add('Reshape', [flat, 'heads'], `${attn}.hook_${kind.toLowerCase()}`);
      add(
        'Transpose',
        [`${attn}.hook_${kind.toLowerCase()}`],
        `${attn}.${kind}.byHead`,
        attributes.ints('perm', kind === 'K' ? [0, 2, 3, 1] : [0, 2, 1, 3]),
      );
    }
    add('MatMul', [`${attn}.Q.byHead`, `${attn}.K.byHead`], `${attn}.raw`);
    add('Mul', [`${attn}.raw`, 'scale'], `${attn}.scaled`);
    add('Add', [`${attn}.scaled`, 'causal'], `${attn}.hook_attn_scores`);
    add('Softmax', [`${attn}.hook_attn_scores`], `${attn}.hook_pattern`, attributes.int('axis', -1));
    add('MatMul', [`${attn}.hook_pattern`, `${attn}.V.byHead`], `${attn}.mixed`);
    add('Transpose', [`${attn}.mixed`], `${attn}.hook_z`, attributes.ints('perm', [0, 2, 1, 3]));
    add('Reshape', [`${attn}.hook_z`, 'merged'], `${attn}.flat`);
    const attended = affine(`${attn}.flat`, `${attn}.W_O`, `${attn}.b_O`, `${at}.hook_attn_out`);
    add('Add', [x, attended], `${at}.hook_resid_mid`);
    const pre = affine(
      norm(`${at}.hook_resid_mid`, `${at}.ln2`),
      `${at}.mlp.W_in`,
      `${at}.mlp.b_in`,
      `${at}.mlp.hook_pre`,
    );
    add('Gelu', [pre], `${at}.mlp.hook_post`, attributes.string('approximate', 'tanh'));
    const out = affine(`${at}.mlp.hook_post`, `${at}.mlp.W_out`, `${at}.mlp.b_out`, `${at}.hook_mlp_out`);
    x = `${at}.hook_resid_post`;
    add('Add', [`${at}.hook_resid_mid`, out], x);
  }
  affine(norm(x, 'ln_final'), 'unembed.W_U', 'unembed.b_U', 'logits');

  // the graph's length comes before the graph: what the weights will take is known from their shapes
  const lay = (name, shape, data) => {
    const own = /\.attn\.W_[QKV]$/.test(name)
      ? { dims: [d, h * k], data: (values) => sideBySide(values, h, d, k) }
      : name.endsWith('.attn.W_O')
        ? { dims: [h * k, d] }
        : /\.attn\.b_[QKV]$/.test(name)
          ? { dims: [h * k] }
          : name === 'pos_embed.W_pos'
            ? { dims: [POSITIONS, d], data: (values) => values.subarray(0, POSITIONS * d) }
            : { dims: shape };
    return tensor(name, FLOAT, own.dims, own.data ? own.data(data) : data);
  };
  const file = createWriteStream(path);
  const write = async (chunk) => void (file.write(chunk) || (await once(file, 'drain')));
  // protobuf merges a message that is given several times: the weights follow as graphs of their own
  await write(join([intField(1, 10), ...messageField(8, [text(1, ''), intField(2, 20)].flat())]));
  await write(message(7, parts));
  for (const [name, shape, data] of weights) await write(message(7, lay(name, shape, data)));
  file.end();
  await once(file, 'finish');
}

/** [heads, rows, columns] as [rows, heads x columns]. */
function sideBySide(values, h, d, k) {
  const flat = new Float32Array(values.length);
  for (let head = 0; head < h; head++)
    for (let row = 0; row < d; row++)
      flat.set(values.subarray((head * d + row) * k, (head * d + row + 1) * k), (row * h + head) * k);
  return flat;
}
