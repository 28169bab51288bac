/** Packed files of trained models: two runs of different sizes come out as they went in; what is damaged is refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FileError, OptionError } from '../../../src/errors.js';
import { version } from '../../../src/version.js';
import { writeSafetensors } from '../../../src/io/safetensors-write.js';
import type { StoredTensor } from '../../../src/io/safetensors.js';
import { parseConfig } from '../../../src/model/formats/transformer/graph/config.js';
import { weightShapes } from '../../../src/model/formats/transformer/file/weights.js';
import { transformer } from '../../../src/model/formats/transformer/run/model.js';
import { random } from '../../../src/random.js';
import { entriesOf } from '../../../src/shape.js';
import { trainedSettings } from '../../../suites/n-permutation/implementations.js';
import { runPermutation } from '../../../suites/n-permutation/run.js';
import { Zoo } from '../../../suites/n-permutation/zoo.js';
import { errorOf } from '../../helpers/error-of';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sizes = [
  { n_layers: 1, d_model: 4, n_heads: 1, d_head: 2, d_mlp: 3 },
  { n_layers: 2, d_model: 6, n_heads: 2, d_head: 3, d_mlp: 5 },
];
const configs = sizes.map((size) =>
  parseConfig({
    ...size,
    n_ctx: 5,
    d_vocab: 5,
    d_vocab_out: 2,
    act_fn: 'relu',
    normalization_type: null,
    attention_dir: 'bidirectional',
  }),
);
const described = sizes.map((size, seed) => ({
  algorithm: 'count, values',
  seed,
  size,
  alignment: { times: [{ site: 'blocks.0.hook_resid_post', at: { feature: [0] } }] },
  accuracy: 1,
  first: 1,
  second: 1,
  strict: 1,
  counted: { all: [256, 256, 256, 256], two: [256, 256, 256, 256] },
}));

/** Whole numbers, and scales for those that are matrices; and the weights that they come to. */
function packed(): { file: Map<string, StoredTensor>; weights: Map<string, StoredTensor>[] } {
  const parts = new Map<string, number[]>();
  const add = (name: string, values: readonly number[]): unknown =>
    parts.set(name, [...(parts.get(name) ?? []), ...values]);
  const weights = configs.map((config, run) => {
    const stream = random(run, 'weights');
    return new Map(
      [...weightShapes(config)].map(([name, shape]): [string, StoredTensor] => {
        const whole = Array.from({ length: entriesOf(shape) }, () => stream.below(255) - 127);
        const last = shape.at(-1)!;
        const scale = Array.from({ length: last }, () => (shape.length > 1 ? 2 ** -(4 + stream.below(5)) : 1));
        add(name, whole);
        if (shape.length > 1) add(`${name}.scale`, scale);
        return [name, { shape, data: Float32Array.from(whole, (x, i) => x * scale[i % last]!) }];
      }),
    );
  });
  const file = new Map(
    [...parts].map(([name, values]) => [name, { shape: [values.length], data: Float32Array.from(values) }]),
  );
  return { file, weights };
}

const write = (file: ReadonlyMap<string, StoredTensor>, runs: unknown = described): Promise<void> =>
  writeSafetensors(join(folder, 'both.safetensors'), file, { runs: JSON.stringify(runs) });

test('two runs of different sizes', async () => {
  const { file, weights } = packed();
  await write(file);
  const zoo = await Zoo.open(folder, 4);
  expect(zoo.settings.map(({ name }) => name)).toEqual(['trained: both']);
  const [setting] = trainedSettings(zoo);
  expect([setting!.count('count, values'), setting!.count('sort, sums')]).toEqual([2, 0]);
  const inputs = [
    [4, 0, 1, 2, 3],
    [4, 3, 3, 0, 1],
  ];
  for (const [k, config] of configs.entries()) {
    const direct = await transformer(config, weights[k]!, { name: 'direct' });
    const found = await setting!.model('count, values', k);
    expect((await found.run(inputs)).logits.data).toEqual((await direct.run(inputs)).logits.data);
    direct.dispose();
    found.dispose();
  }
});

test('another vocabulary', async () => {
  await write(packed().file);
  await expect(Zoo.open(folder, 3)).rejects.toThrow(
    errorOf(OptionError, 'take 4 different tokens, and the suite runs with 3'),
  );
});

test('damaged files', async () => {
  const { file } = packed();
  const name = 'blocks.0.attn.W_Q';
  const { data } = file.get(name)!;
  await write(new Map(file).set(name, { shape: [data.length - 1], data: data.slice(1) }));
  await expect(Zoo.open(folder, 4)).rejects.toThrow(errorOf(FileError, `${name} ends before the runs do`));
  await write(new Map(file).set(name, { shape: [data.length + 1], data: new Float32Array(data.length + 1) }));
  await expect(Zoo.open(folder, 4)).rejects.toThrow(errorOf(FileError, `${name} goes on after the last run`));
  await write(file, [{ ...described[0], algorithm: 'bogo sort' }]);
  await expect(Zoo.open(folder, 4)).rejects.toThrow(errorOf(FileError, 'its list of runs is not one'));
  await writeSafetensors(join(folder, 'both.safetensors'), file);
  await expect(Zoo.open(folder, 4)).rejects.toThrow(errorOf(FileError, 'no list of runs'));
});

test('a result of other weights under the same path is not gone on with', async () => {
  const { file } = packed();
  await write(file);
  const contents = (await Zoo.open(folder, 4)).contents();
  expect(Object.keys(contents)).toEqual(['trained: both']);
  const path = join(folder, 'result.json');
  const settings = { n: 4, seed: 0, models: 4, algorithms: [], trained: true };
  // of no algorithm: there is nothing left to do
  const kept = JSON.stringify({
    suite: 'n-permutation',
    version,
    settings,
    inputs: 256,
    contents,
    matrices: [],
    doses: [],
    estimate: { seconds: 0, rows: 0 },
    seconds: 0,
    cpuSeconds: 0,
    rows: 0,
    complete: true,
  });
  writeFileSync(path, kept);
  let resumed = 0;
  const again = () =>
    runPermutation({
      n: 4,
      seed: 0,
      models: 4,
      algorithms: [],
      path,
      zoo: folder,
      signal: undefined,
      progress: () => undefined,
      estimated: () => undefined,
      resumed: () => resumed++,
    });
  await again();
  expect(resumed).toBe(1);
  writeFileSync(path, kept);
  const name = 'blocks.0.attn.W_Q';
  const { shape, data } = file.get(name)!;
  await write(new Map(file).set(name, { shape, data: data.map((x, i) => (i === 0 ? x + 1 : x)) }));
  await expect(again()).rejects.toThrow(errorOf(FileError, 'trained: both changed since'));
  expect([readFileSync(path, 'utf8'), resumed]).toEqual([kept, 1]);
});
