/**
 * Checkpoints of llama2.c (https://github.com/karpathy/llama2.c), legacy export: seven int32 (dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size,
 * seq_len; vocab_size negative where the classifier is not the embedding), then float32 weights, and tables of rotations between them that nobody reads.
 */
import { basename, dirname, extname } from 'node:path';
import { FileError, ModelError } from '../../../../errors.js';
import * as z from 'zod';
import { checkOptions } from '../../../../options.js';
import { fileIn } from '../../../../io/folder.js';
import { foreign, foreignBytes } from '../../../../io/foreign.js';
import { openRegular, readAt, unreadable } from '../../../../io/files.js';
import type { StoredTensor } from '../../../../io/safetensors.js';
import { llama2cTokenizer } from '../../../../tokenizers/llama2c-tokenizer.js';
import type { Tokenizer } from '../../../../tokenizers/tokenizer.js';
import { parseConfig } from '../graph/config.js';
import { perHead, transpose } from './hf/layouts.js';
import { transformer, type Transformer } from '../run/model.js';
import { llama2cShape, type Llama2cOptions } from './options.js';

const schema = z.strictObject(llama2cShape);

interface Header {
  readonly d: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly vocabulary: number;
  readonly length: number;
  /** the classifier is the embedding */
  readonly shared: boolean;
}

const headerBytes = 28;
/** `ak42`, with which exports of later versions begin */
const magic = 0x616b3432;
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function fail(
  where: string,
  what: string,
  hint = 'the file is damaged or of another kind: export it again with llama2.c’s export.py --version 0',
): never {
  throw new FileError({ what, where, hint });
}

function parseHeader(bytes: Uint8Array, where: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(0, true) === magic) {
    throw new ModelError({
      what: `this is a llama2.c checkpoint of version ${view.getInt32(4, true)}; the legacy version 0 is known`,
      where,
      hint: 'export it with llama2.c’s export.py --version 0',
    });
  }
  const [d, hidden, layers, heads, keyValueHeads, signed, length] = Array.from({ length: 7 }, (_, at) =>
    view.getInt32(4 * at, true),
  ) as [number, number, number, number, number, number, number];
  const vocabulary = Math.abs(signed);
  for (const [name, value, most] of [
    ['dim', d, 2 ** 20],
    ['hidden_dim', hidden, 2 ** 22],
    ['n_layers', layers, 4096],
    ['n_heads', heads, 2 ** 16],
    ['n_kv_heads', keyValueHeads, 2 ** 16],
    ['vocab_size', vocabulary, 2 ** 24],
    ['seq_len', length, 2 ** 24],
  ] as const) {
    if (value < 1 || value > most) fail(where, `the header gives ${name} = ${value}, not 1 to ${most}`);
  }
  if (d % heads !== 0 || (d / heads) % 2 !== 0)
    fail(where, `the header gives dim = ${d} and n_heads = ${heads}: heads have no even width`);
  if (heads % keyValueHeads !== 0)
    fail(where, `the header gives n_heads = ${heads} and n_kv_heads = ${keyValueHeads}, which do not divide`);
  return { d, hidden, layers, heads, keyValueHeads, vocabulary, length, shared: signed > 0 };
}

/** What the file holds, in its order. */
function parts({
  d,
  hidden,
  layers,
  heads,
  keyValueHeads,
  vocabulary,
  length,
  shared,
}: Header): readonly (readonly [name: string, values: number])[] {
  const keyValues = (d / heads) * keyValueHeads * d;
  return [
    ['embed', vocabulary * d],
    ['ln1', layers * d],
    ['Q', layers * d * d],
    ['K', layers * keyValues],
    ['V', layers * keyValues],
    ['O', layers * d * d],
    ['ln2', layers * d],
    ['gate', layers * hidden * d],
    ['out', layers * hidden * d],
    ['in', layers * hidden * d],
    ['final', d],
    ['rotations', length * (d / heads)],
    ['classifier', shared ? 0 : vocabulary * d],
  ];
}

/** One part of the file, [layers, ...], as TransformerLens has it. */
function convert(
  part: string,
  { d, hidden, layers, heads, keyValueHeads, vocabulary }: Header,
  data: Float32Array,
  weights: Map<string, StoredTensor>,
): void {
  const k = d / heads;
  const shared = keyValueHeads < heads ? '_' : '';
  const each = (
    name: (block: string) => string,
    shape: readonly number[],
    turn: (own: Float32Array) => Float32Array,
  ): void => {
    const size = data.length / layers;
    for (let layer = 0; layer < layers; layer++)
      weights.set(name(`blocks.${layer}`), { shape, data: turn(data.subarray(layer * size, (layer + 1) * size)) });
  };
  const copy = (own: Float32Array): Float32Array => own.slice();
  switch (part) {
    case 'embed':
      weights.set('embed.W_E', { shape: [vocabulary, d], data });
      break;
    case 'ln1':
    case 'ln2':
      each((block) => `${block}.${part}.w`, [d], copy);
      break;
    case 'Q':
      each(
        (block) => `${block}.attn.W_Q`,
        [heads, d, k],
        (own) => perHead(own, heads, k, d),
      );
      break;
    case 'K':
    case 'V':
      each(
        (block) => `${block}.attn.${shared}W_${part}`,
        [keyValueHeads, d, k],
        (own) => perHead(own, keyValueHeads, k, d),
      );
      break;
    case 'O':
      each(
        (block) => `${block}.attn.W_O`,
        [heads, k, d],
        (own) => transpose(own, d, d),
      );
      break;
    case 'gate':
    case 'in':
      each(
        (block) => `${block}.mlp.W_${part}`,
        [d, hidden],
        (own) => transpose(own, hidden, d),
      );
      break;
    case 'out':
      each(
        (block) => `${block}.mlp.W_out`,
        [hidden, d],
        (own) => transpose(own, d, hidden),
      );
      break;
    case 'final':
      weights.set('ln_final.w', { shape: [d], data });
      break;
    case 'classifier':
      weights.set('unembed.W_U', { shape: [d, vocabulary], data: transpose(data, vocabulary, d) });
  }
}

async function read(
  path: string,
  maxBytes: number,
): Promise<{ readonly header: Header; readonly weights: Map<string, StoredTensor> }> {
  const file = await openRegular(path, path);
  try {
    const { size } = await file.stat();
    const start = new Uint8Array(Math.min(size, foreignBytes));
    await readAt(file, start, 0, path);
    const other = foreign(start);
    if (other !== undefined) fail(path, other.what, other.hint);
    if (size < headerBytes) fail(path, `the file has ${size} bytes, fewer than the ${headerBytes} of a header`);
    const header = parseHeader(start, path);
    const all = parts(header);
    const wanted = headerBytes + 4 * all.reduce((sum, [, values]) => sum + values, 0);
    // nothing is allocated that the file does not hold
    if (size !== wanted) fail(path, `the file has ${size} bytes, but its header calls for ${wanted}`);
    if (size > maxBytes)
      fail(
        path,
        `the file has ${size} bytes, more than the ${maxBytes} that are allowed`,
        'if there is memory for it, raise maxBytes',
      );
    const weights = new Map<string, StoredTensor>();
    let at = headerBytes;
    for (const [part, values] of all) {
      if (part !== 'rotations' && values > 0) {
        const data = new Float32Array(values);
        const bytes = new Uint8Array(data.buffer);
        await readAt(file, bytes, at, path);
        if (!littleEndian) {
          const view = new DataView(data.buffer);
          for (let i = 0; i < values; i++) data[i] = view.getFloat32(4 * i, true);
        }
        convert(part, header, data, weights);
      }
      at += 4 * values;
    }
    return { header, weights };
  } catch (cause) {
    if (cause instanceof FileError || cause instanceof ModelError) throw cause;
    return unreadable(path, cause);
  } finally {
    await file.close();
  }
}

async function tokenizerFor(
  path: string,
  given: Llama2cOptions['tokenizer'],
  vocabulary: number,
): Promise<Tokenizer | undefined> {
  if (given === false) return undefined;
  if (typeof given === 'object') return given;
  if (given !== undefined) return llama2cTokenizer(given, { size: vocabulary });
  const beside = await fileIn(dirname(path), 'tokenizer.bin');
  return beside === undefined ? undefined : llama2cTokenizer(beside, { size: vocabulary });
}

/**
 * Loads a legacy checkpoint of llama2.c: a Llama with rotary pairs of neighbouring features, RMSNorm (eps 1e-5) and gated MLPs.
 * @param path the .bin file
 * @throws FileError where the file is missing, damaged, hostile or too large, ModelError for a later version of the format
 * @throws OptionError, BackendError
 */
export async function loadLlama2c(path: string, options: Llama2cOptions = {}): Promise<Transformer> {
  checkOptions(schema, options, 'load options');
  const { name = basename(path, extname(path)), backend, batchSize, maxBytes = 2 ** 32, contextLength } = options;
  const { header, weights } = await read(path, maxBytes);
  const { d, hidden, layers, heads, keyValueHeads, vocabulary, length, shared } = header;
  const config = {
    n_layers: layers,
    d_model: d,
    n_heads: heads,
    d_head: d / heads,
    ...(keyValueHeads < heads ? { n_key_value_heads: keyValueHeads } : {}),
    d_mlp: hidden,
    d_vocab: vocabulary,
    n_ctx: Math.min(length, contextLength ?? length),
    act_fn: 'silu',
    gated_mlp: true,
    normalization_type: 'RMS',
    eps: 1e-5,
    attention_dir: 'causal',
    positional_embedding_type: 'rotary',
    rotary_dim: d / heads,
    rotary_base: 10000,
    rotary_adjacent_pairs: true,
    tie_word_embeddings: shared,
  };
  parseConfig(config, path);
  const tokenizer = await tokenizerFor(path, options.tokenizer, vocabulary);
  return transformer(config, weights, { name, backend, batchSize, where: path, tokenizer, copy: false });
}
