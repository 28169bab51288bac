/** Every file that comes with a model, of every kind: none is read from outside the model's folder, and one that is no file is an error at once. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FileError } from '../../src/errors.js';
import { load, type LoadOptions } from '../../src/model/load.js';
import { writeSafetensors } from '../../src/io/safetensors.js';
import { makeWeights } from './made.js';
import { errorOf } from '../helpers/error-of.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'congruity-links-'));
  mkdirSync(join(root, 'outside'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const home = (): string => join(root, 'model');

const copied =
  (...from: string[]) =>
  () =>
    cpSync(join(__dirname, ...from), home(), { recursive: true });

async function lens(): Promise<void> {
  const config = {
    n_layers: 1,
    d_model: 4,
    n_ctx: 4,
    n_heads: 2,
    d_head: 2,
    d_mlp: 8,
    d_vocab: 5,
    act_fn: 'relu',
    normalization_type: 'LN',
  };
  mkdirSync(home());
  await writeSafetensors(join(home(), 'small.safetensors'), makeWeights(config, 3));
  writeFileSync(join(home(), 'config.json'), JSON.stringify(config));
}

function llama2c(): void {
  mkdirSync(home());
  const checkpoint = readFileSync(join(__dirname, 'formats', 'transformer', 'llama2c', 'fixtures', 'shared.bin'));
  writeFileSync(join(home(), 'model.bin'), checkpoint);
  const tokens = Array.from({ length: Math.abs(checkpoint.readInt32LE(20)) }, () =>
    Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 65]),
  );
  writeFileSync(join(home(), 'tokenizer.bin'), Buffer.concat([Buffer.from([1, 0, 0, 0]), ...tokens]));
}

interface Kind {
  readonly make: () => unknown;
  readonly files: readonly string[];
  /** the file that a user may name, in place of the folder; then it may be a link itself */
  readonly named?: string;
  readonly options?: LoadOptions;
}

const kinds: Readonly<Record<string, Kind>> = {
  TransformerLens: {
    make: lens,
    files: ['small.safetensors', 'config.json'],
    named: 'small.safetensors',
    options: { backend: 'cpu' },
  },
  'TransformerLens, a config of its own name': {
    make: async () => {
      await lens();
      renameSync(join(home(), 'config.json'), join(home(), 'small.json'));
    },
    files: ['small.json'],
    named: 'small.safetensors',
    options: { backend: 'cpu' },
  },
  'Hugging Face': {
    make: copied('formats', 'transformer', 'hf', 'fixtures', 'text-gpt2'),
    files: ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'],
    options: { backend: 'cpu' },
  },
  'Hugging Face, shards': {
    make: copied('formats', 'transformer', 'hf', 'fixtures', 'llama-f16-sharded'),
    files: ['config.json', 'model.safetensors.index.json', 'model-00003-of-00004.safetensors'],
    options: { backend: 'cpu' },
  },
  'llama2.c': { make: llama2c, files: ['model.bin', 'tokenizer.bin'], named: 'model.bin', options: { backend: 'cpu' } },
  tfjs: {
    make: copied('formats', 'tfjs', 'fixtures', 'mixed'),
    files: ['model.json', 'group1-shard2of2.bin'],
    named: 'model.json',
    options: { backend: 'cpu', output: 'out' },
  },
  ONNX: {
    make: copied('formats', 'onnx', 'fixtures', 'external'),
    files: ['mlp.onnx', 'mlp.weights'],
    named: 'mlp.onnx',
    options: { trusted: true },
  },
};

/** A file, moved elsewhere, with a link in its place. */
function linked(file: string, folder: string): void {
  mkdirSync(join(root, folder), { recursive: true });
  renameSync(join(home(), file), join(root, folder, file));
  symlinkSync(join(root, folder, file), join(home(), file));
}

const loads = async (path: string, options: LoadOptions | undefined): Promise<void> =>
  (await load(path, options)).dispose();

describe.each(Object.entries(kinds))('%s', (_, { make, files, named, options }) => {
  test('a folder that is a link itself', async () => {
    await make();
    symlinkSync(home(), join(root, 'link'));
    await loads(join(root, 'link'), options);
  });

  if (named !== undefined)
    test('a link that the user names', async () => {
      await make();
      linked(named, 'outside');
      await loads(join(home(), named), options);
    });

  test.each(files)('%s', async (file) => {
    await make();
    linked(file, join('model', 'inside'));
    await loads(home(), options);
    cpSync(join(home(), 'inside', file), join(root, 'outside', file));
    rmSync(join(home(), file));
    symlinkSync(join(root, 'outside', file), join(home(), file));
    const paths = [home(), ...(named === undefined || named === file ? [] : [join(home(), named)])];
    const refused = async (message: RegExp): Promise<void> => {
      for (const path of paths) {
        const failed = load(path, options);
        await expect(failed).rejects.toThrow(errorOf(FileError, message));
      }
    };
    await refused(/leads out of the model's folder/);
    rmSync(join(home(), file));
    mkdirSync(join(home(), file));
    await refused(/directory|no model was found|holds \d \.safetensors files/);
    if (process.platform !== 'win32') {
      rmSync(join(home(), file), { recursive: true });
      // nobody will ever write to it
      execFileSync('mkfifo', [join(home(), file)]);
      await refused(/not a regular file|no model was found/);
    }
  });
});
