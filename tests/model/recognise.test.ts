/** Which kind of model lies at a path. What the loaders then make of it is tested with each of them. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FileError, OptionError } from '../../src/errors.js';
import { load } from '../../src/model/load.js';
import { recognise } from '../../src/model/recognise.js';
import { errorOf } from '../helpers/error-of.js';

let root: string;
const at = (...names: string[]) => join(root, ...names);
const huggingFace = JSON.stringify({ model_type: 'gpt2', architectures: ['GPT2LMHeadModel'] });
const transformerLens = JSON.stringify({ n_layers: 1, d_model: 4 });

/** Files of a folder, by name. */
const folders: Readonly<Record<string, Readonly<Record<string, string | Buffer>>>> = {
  huggingface: { 'config.json': huggingFace, 'model.safetensors': '', 'tokenizer.json': '{}' },
  sharded: {
    'config.json': huggingFace,
    'model.safetensors.index.json': '{}',
    'model-00001-of-00002.safetensors': '',
    'model-00002-of-00002.safetensors': '',
  },
  lens: { 'config.json': transformerLens, 'weights.safetensors': '' },
  own: { 'config.json': huggingFace, 'small.json': transformerLens, 'small.safetensors': '' },
  onnx: { 'model.onnx': '', 'model.onnx.data': '', 'config.json': transformerLens },
  tfjs: { 'model.json': '{}', 'group1-shard1of1.bin': '' },
  two: { 'a.onnx': '', 'b.onnx': '' },
  llama2c: { 'checkpoint.bin': '', 'tokenizer.bin': '', 'tok512.bin': '' },
  // what it was made from lies beside it
  converted: { 'model.bin': '\u0020\0\0\0', 'pytorch_model.bin': 'PK\x03\x04', 'tokenizer.bin': '', 'notes.txt': '' },
  bins: { 'a.bin': '', 'b.bin': '', 'tokenizer.bin': '' },
  pytorch: { 'pytorch_model.bin': 'PK\x03\x04' },
  empty: {},
  pointer: { 'config.json': 'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'model.safetensors': '' },
  latin: { 'config.json': Buffer.from('{"a": "\xe4"}', 'latin1'), 'model.safetensors': '' },
  broken: { 'config.json': '{', 'model.safetensors': '' },
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'congruity-recognise-'));
  for (const [folder, files] of Object.entries(folders)) {
    await mkdir(at(folder));
    for (const [name, content] of Object.entries(files)) await writeFile(at(folder, name), content);
  }
  await symlink(at('nowhere'), at('dangling.onnx'));
  await symlink('circle.onnx', at('circle.onnx'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a path is recognised', () => {
  test.each([
    [['huggingface'], 'huggingface', ['huggingface']],
    [['huggingface', 'model.safetensors'], 'huggingface', ['huggingface', 'model.safetensors']],
    [['huggingface', 'config.json'], 'huggingface', ['huggingface']],
    [['sharded'], 'huggingface', ['sharded']],
    [['sharded', 'model.safetensors.index.json'], 'huggingface', ['sharded', 'model.safetensors.index.json']],
    [['lens'], 'transformerlens', ['lens', 'weights.safetensors']],
    [['lens', 'weights.safetensors'], 'transformerlens', ['lens', 'weights.safetensors']],
    // its own config comes before the one that it shares a folder with
    [['own', 'small.safetensors'], 'transformerlens', ['own', 'small.safetensors']],
    [['onnx'], 'onnx', ['onnx', 'model.onnx']],
    [['onnx', 'model.onnx'], 'onnx', ['onnx', 'model.onnx']],
    [['tfjs'], 'tfjs', ['tfjs', 'model.json']],
    [['tfjs', 'model.json'], 'tfjs', ['tfjs', 'model.json']],
    [['llama2c', 'checkpoint.bin'], 'llama2c', ['llama2c', 'checkpoint.bin']],
    [['llama2c'], 'llama2c', ['llama2c', 'checkpoint.bin']],
    [['converted'], 'llama2c', ['converted', 'model.bin']],
  ])('%j as %s', async (path, id, found) => {
    expect(await recognise(at(...path))).toMatchObject({ format: { id }, path: at(...found) });
  });
});

describe('a path is refused', () => {
  test.each([
    [['nothing'], /no such file or folder/],
    [['dangling.onnx'], /no such file or folder/],
    [['circle.onnx'], /the path cannot be looked at: its links lead in a circle \(ELOOP\)/],
    [['pointer'], /the config is not JSON[^]*a pointer of Git LFS[^]*git lfs pull/],
    [['latin'], /the config is not UTF-8/],
    [['empty'], /no model was found/],
    [['two'], /holds 2 files that may be models of the format onnx: a\.onnx, b\.onnx/],
    [['broken'], /the config is not JSON/],
    [['bins'], /holds 2 files that may be models of the format llama2c: a\.bin, b\.bin/],
    [['pytorch'], /no model was found/],
    [['tfjs', 'group1-shard1of1.bin', 'x'], /no such file or folder/],
  ])('%j', async (path, message) => {
    await expect(recognise(at(...path))).rejects.toThrow(errorOf(FileError, message));
    // what a load takes is in every one of these messages
    await expect(load(at(...path))).rejects.toThrow(FileError);
  });
  test('a file of some other kind', async () => {
    await writeFile(at('model.pt'), 'x');
    await expect(load(at('model.pt'))).rejects.toThrow(
      errorOf(FileError, /model\.pt has none of the endings[^]*load takes a folder[^]* an \.onnx file/),
    );
  });
  test('no path at all', async () => {
    for (const path of ['', undefined, 3]) await expect(load(path as string)).rejects.toThrow(OptionError);
  });
});
