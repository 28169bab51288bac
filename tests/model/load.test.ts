/** From files to models; the real models where CONGRUITY_MODELS leads to them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FileError, ModelError, OptionError } from '../../src/errors.js';
import { load } from '../../src/model/load.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import { writeSafetensors } from '../../src/io/safetensors-write.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { untrained } from '../../src/model/formats/transformer/untrained.js';
import { make, makeWeights, small } from './made.js';
import { publicModels } from '../helpers/models.js';
import { describeUnless } from '../helpers/unless.js';
import { errorOf } from '../helpers/error-of.js';

describe('load', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'congruity-load-'));
    await writeSafetensors(at('m.safetensors'), makeWeights(small, 3));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('the config is the one beside it, of the same name first, or what is given', async () => {
    await expect(load(at('m.safetensors'), { backend: 'cpu' })).rejects.toThrow(
      errorOf(FileError, /there is no config: neither .*m\.json nor .*config\.json exists/),
    );
    const made = await make({ config: small, seed: 3 }, 'cpu');
    await writeFile(at('config.json'), JSON.stringify(small));
    const shared = await load(at('m.safetensors'), { backend: 'cpu' });
    expect([shared.name, shared.kind, shared.fingerprint]).toEqual(['m', 'transformer', made.fingerprint]);
    await writeFile(at('m.json'), JSON.stringify({ ...small, attention_dir: 'bidirectional' }));
    const own = (await load(at('m.safetensors'), { backend: 'cpu' })) as Transformer;
    expect(own.config.attention_dir).toBe('bidirectional');
    for (const config of [small, at('config.json')])
      expect((await load(at('m.safetensors'), { config, name: 'x', backend: 'cpu' })).fingerprint).toBe(
        made.fingerprint,
      );
    await rm(at('m.json'));
  });

  test('files that are wrong', async () => {
    await expect(load(at('none.safetensors'))).rejects.toThrow(FileError);
    await writeFile(at('not.json'), '{');
    await expect(load(at('m.safetensors'), { config: at('not.json') })).rejects.toThrow(
      errorOf(FileError, /config is not JSON[^]*not\.json/),
    );
    await writeFile(at('twice.json'), '{"n_layers":1,"n_layers":2}');
    await expect(load(at('m.safetensors'), { config: at('twice.json') })).rejects.toThrow(
      errorOf(FileError, /the key "n_layers" comes twice/),
    );
    await expect(load(at('m.safetensors'), { config: { ...small, n_heads: 3 } })).rejects.toThrow(ModelError);
    await expect(load(at('m.safetensors'), { confg: {} } as object)).rejects.toThrow(OptionError);
    await expect(load('')).rejects.toThrow(OptionError);
    await expect(load(at('m.safetensors'), { maxBytes: 10 })).rejects.toThrow(
      errorOf(FileError, /more than the 10 that are allowed/),
    );
  });

  test('a load that fails leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await expect(load(at('m.safetensors'), { config: { ...small, n_heads: 3 }, backend: 'wasm' })).rejects.toThrow(
      ModelError,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('models made of models', () => {
  test('quantised weights are few levels, symmetric, and the nearest ones', async () => {
    const model = await make({ config: small, seed: 3 }, 'wasm');
    for (const bits of [2, 4, 8]) {
      const copy = await quantise(model, bits);
      expect(copy.name).toBe(`transformer (${bits} bits)`);
      const levels = 2 ** (bits - 1) - 1;
      for (const [name, { data }] of copy.weights) {
        const original = model.weights.get(name)!.data;
        const scale = Math.max(...original.map(Math.abs)) / levels;
        const fromLevels = data.map((value) => Math.abs(value / scale - Math.round(value / scale)));
        expect(Math.max(...fromLevels)).toBeLessThan(1e-4);
        expect(Math.max(...data.map((value, i) => Math.abs(value - original[i]!)))).toBeLessThanOrEqual(scale * 0.5001);
        expect(
          quantise(new Map([[name, { shape: [data.length], data: original.map((v) => -v) }]]), bits).get(name)!.data,
        ).toEqual(data.map((v) => -v));
      }
      copy.dispose();
    }
    for (const bits of [1, 17, 2.5]) expect(() => quantise(model.weights, bits)).toThrow(OptionError);
    expect([...quantise(new Map([['z', { shape: [2], data: new Float32Array(2) }]]), 8).get('z')!.data]).toEqual([
      0, 0,
    ]);
    model.dispose();
  });

  test('an untrained model has the same weights in another order, by seed', async () => {
    const model = await make({ config: small, seed: 3 }, 'wasm');
    const [one, again, other] = [await untrained(model, 1), await untrained(model, 1), await untrained(model, 2)] as [
      Transformer,
      Transformer,
      Transformer,
    ];
    for (const [name, { shape, data }] of one.weights) {
      const original = model.weights.get(name)!;
      expect(shape).toEqual(original.shape);
      expect(data.toSorted()).toEqual(original.data.toSorted());
    }
    expect(one.fingerprint).toBe(again.fingerprint);
    expect(new Set([model, one, other].map(({ fingerprint }) => fingerprint)).size).toBe(3);
    for (const each of [model, one, again, other]) each.dispose();
  });
});

const published = publicModels('modular-addition', 'clock.safetensors');

describeUnless(published.absent)('modular addition', () => {
  test.each(['clock', 'pizza'])('%s adds modulo 59 on all 3481 inputs', async (name) => {
    const model = await load(published.path(`${name}.safetensors`), { backend: 'wasm' });
    const inputs = Array.from({ length: 59 * 59 }, (_, i) => [Math.floor(i / 59), i % 59]);
    const { shape, data } = (await model.run(inputs)).logits;
    expect(shape).toEqual([3481, 2, 59]);
    const right = inputs.filter(([a, b], i) => {
      const last = data.subarray((2 * i + 1) * 59, (2 * i + 2) * 59);
      return last.indexOf(Math.max(...last)) === (a! + b!) % 59;
    });
    expect(right.length).toBe(3481);
    model.dispose();
  });
});
