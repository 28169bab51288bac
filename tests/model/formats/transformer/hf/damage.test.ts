/** Damaged and hostile checkpoints: errors of ours, nothing read outside the folder, nothing left behind. */
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FileError, isCongruityError, ModelError, OptionError } from '../../../../../src/errors.js';
import {
  openSafetensors,
  parseSafetensors,
  readSafetensors,
  type StoredTensor,
} from '../../../../../src/io/safetensors.js';
import { encodeSafetensors, writeSafetensors } from '../../../../../src/io/safetensors-write.js';
import { parseJson } from '../../../../../src/io/json.js';
import { load as loadAny } from '../../../../../src/model/load.js';
import { backend } from '../../../../../src/tensor/backend.js';
import { loadHuggingFace } from '../../../../../src/model/formats/transformer/file/hf/load.js';
import type { HuggingFaceOptions } from '../../../../../src/model/formats/transformer/file/options.js';
import { folder } from './fixtures.js';
import { errorOf } from '../../../../helpers/error-of.js';

const made: string[] = [];
let root: string;
/** A copy of a fixture, to damage. */
let at: string;
const sharded = 'llama-f16-sharded';
const index = 'model.safetensors.index.json';

const fresh = async (name: string): Promise<void> => {
  root = await mkdtemp(join(tmpdir(), 'hf-'));
  made.push(root);
  at = join(root, 'model');
  await cp(join(folder, name), at, { recursive: true });
};
// tensors can be counted only once there is a backend: a test that is run alone loads nothing before it counts
beforeAll(async () => void (await backend({ backend: 'cpu' })));
beforeEach(() => fresh(sharded));
afterAll(() => Promise.all(made.map((one) => rm(one, { recursive: true }))));

const load = async (options: HuggingFaceOptions = {}, path = at): Promise<void> =>
  (await loadHuggingFace(path, { backend: 'cpu', ...options })).dispose();
const failure = async (options?: HuggingFaceOptions, path?: string): Promise<Error> => {
  const before = tf.memory().numTensors;
  const error = await load(options, path).then(
    () => new Error('this checkpoint was accepted'),
    (cause: unknown) => cause as Error,
  );
  expect(tf.memory().numTensors).toBe(before);
  if (!isCongruityError(error)) throw error;
  return error;
};
const json = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(at, name), 'utf8')) as Record<string, unknown>;
const write = (name: string, value: unknown): Promise<void> =>
  writeFile(join(at, name), typeof value === 'string' ? value : JSON.stringify(value));
const map = (): Record<string, string> => json(index)['weight_map'] as Record<string, string>;
const withMap = (change: (weights: Record<string, unknown>) => void): Promise<void> => {
  const weights: Record<string, unknown> = map();
  change(weights);
  return write(index, { ...json(index), weight_map: weights });
};

test('the copy is accepted', () => load());

describe('the index', () => {
  test.each([
    '../secret.safetensors',
    '/etc/passwd',
    'sub/a.safetensors',
    '..',
    '',
    '.hidden.safetensors',
    'a\\b.safetensors',
    'C:x.safetensors',
    'x.bin',
    'config.json',
    3,
    null,
    ['a'],
    'a\0.safetensors',
  ])('names the file %j', async (file) => {
    await withMap((weights) => (weights['model.norm.weight'] = file));
    const error = await failure();
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toMatch(/not the plain name of a \.safetensors file/);
  });

  test('names a file that is not there', async () => {
    await withMap((weights) => (weights['model.norm.weight'] = 'absent.safetensors'));
    expect((await failure()).message).toMatch(/there is no such file/);
  });

  const logits = async () => {
    const model = await loadHuggingFace(at, { backend: 'cpu' });
    const { data } = (await model.run([[1, 2, 3]])).logits;
    model.dispose();
    return data;
  };

  test('that is wrong about a tensor changes nothing while the files are right: another file, a name without a tensor, a tensor without a name', async () => {
    const right = await logits();
    const files = [...new Set(Object.values(map()))];
    expect(files.length).toBeGreaterThan(1);
    const own = map()['model.norm.weight'];
    for (const change of [
      (weights: Record<string, unknown>) => (weights['model.norm.weight'] = files.find((file) => file !== own)),
      // a tied unembedding that was never saved
      (weights: Record<string, unknown>) => (weights['lm_head.tied.weight'] = files[0]),
      (weights: Record<string, unknown>) => delete weights['model.norm.weight'],
    ]) {
      await write(index, { ...json(index), weight_map: Object.fromEntries(Object.entries(map())) });
      const before = json(index);
      await withMap(change);
      expect(await logits()).toEqual(right);
      await write(index, before);
    }
  });

  test('that says another size, or none, changes nothing', async () => {
    const right = await logits();
    for (const metadata of [{ total_size: 12 }, { total_size: '12' }, { total_size: null }, 'x', null, undefined, []]) {
      await write(index, { ...json(index), metadata });
      expect(await logits()).toEqual(right);
    }
  });

  test('whose files lack a tensor that the model needs is an error, whatever it says', async () => {
    const file = map()['model.norm.weight']!;
    const tensors = new Map((await readSafetensors(join(at, file))).tensors);
    tensors.delete('model.norm.weight');
    await writeSafetensors(join(at, file), tensors);
    expect((await failure()).message).toMatch(/the weights lack norm\.weight of shape \[16\]/);
  });

  test('one tensor in two files', async () => {
    const files = [...new Set(Object.values(map()))].toSorted();
    const { tensors } = await readSafetensors(join(at, files[0]!));
    const other = await readSafetensors(join(at, files[1]!));
    await writeSafetensors(join(at, files[1]!), new Map([...other.tensors, [...tensors][0]!]));
    expect((await failure()).message).toMatch(/is in .*00001.* too/);
  });

  test('names one tensor twice', async () => {
    await write(
      index,
      readFileSync(join(at, index), 'utf8').replace(
        '"weight_map": {',
        '"weight_map": {"model.norm.weight": "model-00001-of-00009.safetensors",',
      ),
    );
    expect((await failure()).message).toMatch(/"model\.norm\.weight" comes twice/);
  });

  test('anything else in its place', async () => {
    const files = [...new Set(Object.values(map()))];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((any) => `{"weight_map": ${any}}`),
          fc
            .dictionary(
              fc.constantFrom(...Object.keys(map()), '__proto__', 'x'),
              fc.oneof(fc.constantFrom(...Object.values(map())), fc.string()),
            )
            .map((weights) => JSON.stringify({ weight_map: weights })),
        ),
        async (text) => {
          // one that names every file is as good as a whole one: what a tensor is listed under does not matter
          fc.pre(!files.every((file) => text.includes(file)));
          await write(index, text);
          // ModelError where the files that are named are there and do not hold the whole model
          const error = await failure();
          expect(
            error instanceof FileError || (error instanceof ModelError && /the weights lack/.test(error.message)),
          ).toBe(true);
        },
      ),
    );
  });
});

describe('links', () => {
  const file = 'model-00001-of-';
  const shard = async (): Promise<string> => (await readdir(at)).find((name) => name.startsWith(file))!;

  test('out of the folder are not followed', async () => {
    const name = await shard();
    await rename(join(at, name), join(root, 'outside.safetensors'));
    await symlink(join(root, 'outside.safetensors'), join(at, name));
    expect((await failure()).message).toMatch(/a link that leads out of the model's folder/);
    await rm(join(at, name));
    await symlink(join('..', 'outside.safetensors'), join(at, name));
    expect((await failure()).message).toMatch(/leads out/);
    for (const other of ['config.json', index]) {
      await fresh(sharded);
      await rename(join(at, other), join(root, 'outside'));
      await symlink(join(root, 'outside'), join(at, other));
      expect((await failure()).message).toMatch(/leads out/);
    }
  });

  test('out of the folder are not read to find out what they are, either', async () => {
    // this would be said to be no JSON
    await writeFile(join(root, 'secret'), 'the secret');
    await rm(join(at, 'config.json'));
    await symlink(join(root, 'secret'), join(at, 'config.json'));
    for (const path of [at, join(at, 'config.json'), join(at, await shard())])
      await expect(loadAny(path)).rejects.toThrow(errorOf(FileError, /a link that leads out of the model's folder/));
  });

  test('within the folder, and of the folder itself, are', async () => {
    const name = await shard();
    await rename(join(at, name), join(at, 'elsewhere'));
    await symlink('elsewhere', join(at, name));
    await symlink(at, join(root, 'link'));
    await load({}, join(root, 'link'));
  });

  test('of a snapshot in the hub’s cache lead to its blobs, and nowhere else', async () => {
    const home = join(root, 'models--a--b');
    const [blobs, snapshot] = [join(home, 'blobs'), join(home, 'snapshots', '0123')];
    await mkdir(blobs, { recursive: true });
    await mkdir(snapshot, { recursive: true });
    for (const name of await readdir(at)) {
      await rename(join(at, name), join(blobs, `blob-${name}`));
      await symlink(join('..', '..', 'blobs', `blob-${name}`), join(snapshot, name));
    }
    await load({}, snapshot);
    await mkdir(join(home, 'other'));
    await rename(join(blobs, 'blob-config.json'), join(home, 'other', 'config.json'));
    await rm(join(snapshot, 'config.json'));
    await symlink(join('..', '..', 'other', 'config.json'), join(snapshot, 'config.json'));
    expect((await failure({}, snapshot)).message).toMatch(/leads out/);
  });

  test('a folder, a device or a circle in a file’s place', async () => {
    const name = await shard();
    await rm(join(at, name));
    await mkdir(join(at, name));
    expect((await failure()).message).toMatch(/directory, not a file/);
    await rm(join(at, name), { recursive: true });
    await symlink(name, join(at, name));
    expect(await failure()).toBeInstanceOf(FileError);
  });
});

describe('the weights', () => {
  const single = 'model.safetensors';
  const edit = async (name: string, change: (tensors: Map<string, StoredTensor>) => void): Promise<void> => {
    await fresh(name);
    const tensors = new Map((await readSafetensors(join(at, single))).tensors);
    change(tensors);
    await writeSafetensors(join(at, single), tensors);
  };
  const zeros = (...shape: number[]): StoredTensor => ({
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });

  test('lack a tensor', async () => {
    await edit('gpt2', (tensors) => tensors.delete('transformer.h.1.mlp.c_fc.bias'));
    expect((await failure()).message).toMatch(/lack h\.1\.mlp\.c_fc\.bias of shape \[24\]/);
  });
  test('hold one that is unknown', async () => {
    await edit('gpt2', (tensors) => tensors.set('transformer.h.0.attn.q_norm.weight', zeros(4)));
    expect((await failure()).message).toMatch(
      /hold "transformer\.h\.0\.attn\.q_norm\.weight" of shape \[4\], which a gpt2 model with this config does not have/,
    );
  });
  test('have another shape, even of as many values', async () => {
    await edit('gpt2', (tensors) => tensors.set('transformer.h.0.attn.c_attn.weight', zeros(48, 16)));
    expect((await failure()).message).toMatch(
      /c_attn\.weight .* shape \[48, 16\], but the config calls for \[16, 48\]/,
    );
  });
  test('hold one tensor under two names', async () => {
    await edit('gpt2', (tensors) => tensors.set('ln_f.bias', zeros(16)));
    expect((await failure()).message).toMatch(/are the same tensor/);
    await edit('neox', (tensors) => {
      const head = [...tensors.keys()].find((name) => /^(lm_head|embed_out)/.test(name))!;
      tensors.set(head === 'lm_head.weight' ? 'embed_out.weight' : 'lm_head.weight', tensors.get(head)!);
    });
    expect((await failure()).message).toMatch(/two unembeddings/);
  });
  test('a tied unembedding may be there if it is the embedding', async () => {
    const name = 'model.embed_tokens.weight';
    await edit('llama-grouped', (tensors) => tensors.set('lm_head.weight', tensors.get(name)!));
    await load();
    await edit('llama-grouped', (tensors) =>
      tensors.set('lm_head.weight', {
        shape: [40, 16],
        data: tensors.get(name)!.data.map((value, i) => (i === 7 ? value + 1 : value)),
      }),
    );
    expect((await failure()).message).toMatch(/lm_head\.weight and the embedding differ at 7/);
    await edit('llama', (tensors) => tensors.delete('lm_head.weight'));
    expect((await failure()).message).toMatch(/lack lm_head\.weight, and tie_word_embeddings is not true/);
  });
  test('are not finite', async () => {
    await edit('neox', (tensors) => (tensors.get('gpt_neox.final_layer_norm.bias')!.data[3] = NaN));
    expect((await failure()).message).toMatch(/ln_final\.b holds NaN at 3/);
  });
  test('are integers', async () => {
    await fresh('gpt2');
    const bytes = readFileSync(join(at, single));
    const text = bytes.toString('latin1').replace('"F32"', '"I32"');
    await writeFile(join(at, single), Buffer.from(text, 'latin1'));
    expect((await failure()).message).toMatch(/dtype I32, not one of F32, F16, BF16, F64[^]*before it was quantised/);
  });
  test('are float64: rounded to float32', async () => {
    await fresh('gpt2');
    const run = async () => {
      const model = await loadHuggingFace(at, { backend: 'cpu' });
      const { data } = (await model.run([[1, 2, 3]])).logits;
      model.dispose();
      return data;
    };
    const right = await run();
    const { tensors } = await readSafetensors(join(at, single));
    let end = 0;
    const header = Object.fromEntries(
      [...tensors].map(([name, { shape, data }]) => [
        name,
        { dtype: 'F64', shape, data_offsets: [end, (end += 8 * data.length)] },
      ]),
    );
    const bytes = Buffer.from(JSON.stringify({ __metadata__: null, ...header }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    // less than half a float32's last bit off
    const values = [...tensors.values()].map(({ data }) =>
      Buffer.from(Float64Array.from(data, (value) => value * (1 + 2 ** -26)).buffer),
    );
    await writeFile(join(at, single), Buffer.concat([length, bytes, ...values]));
    expect(await run()).toEqual(right);
  });
  test.each<readonly [string, Buffer, RegExp]>([
    [
      'a pickle in a zip file, as PyTorch writes it',
      Buffer.concat([
        Buffer.from('PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0', 'latin1'),
        Buffer.alloc(16),
        Buffer.from('archive/data.pkl'),
      ]),
      /checkpoint of PyTorch[^]*safe_serialization=True/,
    ],
    [
      'an old pickle',
      Buffer.from('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1'),
      /a pickle of Python[^]*safe_serialization=True/,
    ],
    [
      'a pointer of Git LFS',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n'),
      /a pointer of Git LFS[^]*git lfs pull/,
    ],
    ['a web page', Buffer.from('<!DOCTYPE html><html>'), /a web page[^]*download/],
    ['llama.cpp’s', Buffer.from('GGUF\x03\0\0\0\x01\0\0\0'), /GGUF/],
  ])('are %s under another name', async (_, bytes, message) => {
    await fresh('gpt2');
    await writeFile(join(at, single), bytes);
    expect((await failure()).message).toMatch(message);
    expect(() => parseSafetensors(bytes)).toThrow(errorOf(FileError, message));
    const path = join(root, 'pytorch_model.bin');
    await writeFile(path, bytes);
    await expect(loadAny(path)).rejects.toThrow(errorOf(FileError, message));
    await writeFile(join(root, 'model.pt'), bytes);
    await expect(loadAny(join(root, 'model.pt'))).rejects.toThrow(errorOf(FileError, message));
  });
  test('are more than allowed, before they are read', async () => {
    expect((await failure({ maxBytes: 1000 })).message).toMatch(/take \d+ bytes as float32, more than the 1000/);
  });
  test('the embedding is as large as config.json says, or nothing is loaded', async () => {
    for (const [key, value] of [
      ['vocab_size', 2 ** 31 - 1],
      ['hidden_size', 2 ** 30],
      ['num_hidden_layers', 2 ** 31 - 1],
      ['max_position_embeddings', 2 ** 31 - 1],
      ['intermediate_size', 2 ** 31 - 1],
      ['num_attention_heads', 1],
    ] as const) {
      await fresh(sharded);
      const config = json('config.json');
      await write('config.json', { ...config, head_dim: key === 'hidden_size' ? 4 : config['head_dim'], [key]: value });
      if (key === 'max_position_embeddings') await load({ contextLength: 8 });
      else expect(await failure()).toBeInstanceOf(ModelError);
    }
  });

  test('any damage to a shard is an error of ours, or another model', async () => {
    const name = (await readdir(at)).find((one) => one.startsWith('model-00002'))!;
    const whole = readFileSync(join(at, name));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.option(fc.nat({ max: whole.length })),
        async (flips, cut) => {
          const bytes = Uint8Array.from(whole);
          for (const [i, by] of flips) bytes[i]! ^= by;
          await writeFile(join(at, name), bytes.subarray(0, cut ?? bytes.length));
          await load().catch((error: unknown) => expect(isCongruityError(error)).toBe(true));
        },
      ),
    );
  });
});

describe('the folder', () => {
  test('is missing, a file, or lacks what is needed', async () => {
    expect(await failure({}, join(at, 'absent'))).toBeInstanceOf(FileError);
    await rm(join(at, index));
    expect((await failure()).message).toMatch(/holds no weights/);
    await rm(join(at, 'config.json'));
    expect((await failure()).message).toMatch(/holds no config\.json/);
  });

  test('one of its files may be named', async () => {
    await load({}, join(at, index));
    await fresh('gpt2');
    await rename(join(at, 'model.safetensors'), join(at, 'other.safetensors'));
    expect((await failure()).message).toMatch(/holds no weights/);
    await load({}, join(at, 'other.safetensors'));
    await write('other.safetensors.index.json', { weight_map: {} });
    expect((await failure({}, join(at, 'other.safetensors.index.json'))).message).toMatch(/weight_map is \{\}/);
  });

  test('options are checked', async () => {
    for (const options of [
      { contextLength: 0 },
      { contextLength: 1.5 },
      { maxBytes: -1 },
      { maxBytes: NaN },
      { passOver: 'x' },
      { tokenizer: 3 },
      { tokenizer: null },
      { tokenizer: '' },
      { context: 3 },
      { batchSize: 0 },
    ]) {
      expect(await failure(options as HuggingFaceOptions)).toBeInstanceOf(OptionError);
    }
  });

  test('config.json with anything in it', async () => {
    const whole = readFileSync(join(at, 'config.json'), 'utf8');
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .tuple(fc.nat({ max: whole.length }), fc.string({ maxLength: 3 }))
            .map(([i, text]) => whole.slice(0, i) + text + whole.slice(i + text.length)),
        ),
        async (text) => {
          await write('config.json', text);
          await load().catch((error: unknown) => expect(isCongruityError(error)).toBe(true));
        },
      ),
    );
    await write('config.json', ' '.repeat(2_000_000));
    expect((await failure()).message).toMatch(/more than the 1000000/);
    await write('config.json', '['.repeat(900_000));
    expect((await failure()).message).toMatch(/nested more than 64 deep/);
  });
});

test('JSON is what JSON.parse reads, without repeated keys, deep nesting or prototypes', () => {
  const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.json().map((text) => JSON.stringify(JSON.parse(text), undefined, 2)),
        fc.string(),
        fc.json().chain((text) => fc.nat({ max: text.length }).map((i) => text.slice(0, i) + text.slice(i + 1))),
      ),
      (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(() => parseJson(text)).toThrow(SyntaxError);
          return;
        }
        let got: unknown;
        try {
          got = parseJson(text);
        } catch (error) {
          expect((error as Error).message).toMatch(/comes twice|too large/);
          return;
        }
        expect(copy(got)).toEqual(copy(expected));
      },
    ),
    { numRuns: 800 },
  );
  expect(Object.keys(parseJson('{"__proto__": 1, "\\"": 2, "\\\\": 3, "#": 4}') as object)).toEqual([
    '__proto__',
    '"',
    '\\',
    '#',
  ]);
});

test('a file read tensor by tensor is the file read at once, or fails as it does', async () => {
  const path = join(root, 'any.safetensors');
  const tensors = fc
    .dictionary(
      fc.constantFrom('a', 'b', 'c.d', 'ä'),
      fc.array(fc.nat({ max: 3 }), { maxLength: 3 }).chain((shape) =>
        fc
          .array(fc.float({ noNaN: true }), {
            minLength: shape.reduce((a, b) => a * b, 1),
            maxLength: shape.reduce((a, b) => a * b, 1),
          })
          .map((data): StoredTensor => ({ shape, data: Float32Array.from(data) })),
      ),
    )
    .map((all) => encodeSafetensors(new Map(Object.entries(all))));
  await fc.assert(
    fc.asyncProperty(
      tensors,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 2 }),
      fc.option(fc.nat()),
      async (whole, flips, cut) => {
        const flipped = Uint8Array.from(whole);
        for (const [i, by] of flips) flipped[i % flipped.length]! ^= by;
        const bytes = flipped.subarray(0, cut === null ? flipped.length : cut % flipped.length);
        await writeFile(path, bytes);
        const read = async () => {
          const file = await openSafetensors(path, 'x');
          try {
            const found: [string, StoredTensor][] = [];
            for (const name of file.entries.keys()) found.push([name, await file.read(name)]);
            await expect(file.read('absent')).rejects.toThrow(FileError);
            return found;
          } finally {
            await file.close();
          }
        };
        const outcome = await read().catch((error: unknown) => (error as Error).message);
        let expected: unknown;
        try {
          expected = [...parseSafetensors(bytes, 'x').tensors];
        } catch (error) {
          expected = (error as Error).message;
        }
        expect(outcome).toEqual(expected);
      },
    ),
    { numRuns: 30 },
  );
});
