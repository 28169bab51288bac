/** Work in threads, as built: a worker runs a built file. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, jest } from '@jest/globals';
import type * as library from '../../index.js';
import type { Gram } from '../../src/measure/measure.js';
import type * as ridge from '../../src/measure/ridge-fits.js';
import type { Fitted } from '../../src/measure/ridge-predictor.js';
import { splitInputs } from '../../src/measure/split.js';
import type { ModelInput } from '../../src/model/input.js';
import type { Intervention, Model, RunResult } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import { gramOf } from '../../src/representation/gram.js';
import type * as current from '../../src/workers/current.js';
import { fileOfWorkers } from '../../src/workers/pool.js';
import type * as pool from '../../src/workers/pool.js';
import { fixture as onnxFixture, golden as onnxGolden } from '../model/formats/onnx/helpers.js';
import { golden as tfjsGolden } from '../model/formats/tfjs/goldens.js';

interface Built {
  readonly index: () => typeof library;
  readonly 'src/workers/current': () => typeof current;
  readonly 'src/workers/pool': () => typeof pool;
  readonly 'src/measure/ridge-fits': () => typeof ridge;
}
const built = require('../../dist/cjs/congruity.js') as Built;
const { accuracy, compare, load, model, task, transformer } = built.index();
const { withWorkers } = built['src/workers/current']();
const { Workers, Refused } = built['src/workers/pool']();
const { fitsOf } = built['src/measure/ridge-fits']();

const thrownBy = (work: () => Promise<unknown>): Promise<unknown> =>
  work().then(
    () => undefined,
    (error: unknown) => error,
  );

/** What work comes to, and how many jobs were answered and refused meanwhile. */
async function counting<T>(work: () => Promise<T>): Promise<{ made: T; done: number; refused: number }> {
  const { run } = Workers.prototype;
  const counts = { done: 0, refused: 0 };
  const spy = jest.spyOn(Workers.prototype, 'run').mockImplementation(async function (this: pool.Workers, at, job) {
    try {
      const answer = await run.call(this, at, job);
      counts.done++;
      return answer;
    } catch (error) {
      counts.refused++;
      throw error;
    }
  });
  try {
    return { made: await work(), ...counts };
  } finally {
    spy.mockRestore();
  }
}

const bits = ({ logits, activations }: RunResult): Buffer =>
  Buffer.concat(
    [logits, ...activations.values()].map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  );

const config = {
  n_layers: 2,
  d_model: 16,
  n_ctx: 9,
  d_head: 4,
  n_heads: 4,
  d_mlp: 24,
  d_vocab: 11,
  d_vocab_out: 11,
  act_fn: 'gelu_new',
  normalization_type: 'LN',
  attention_dir: 'causal',
  positional_embedding_type: 'standard',
} as const;

function weights(seed: number): library.Weights {
  const r = random(seed, 'weights');
  const of = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.4 * r.normal()),
  });
  const { d_model: d, n_heads: h, d_head: k, d_mlp: m, d_vocab: v, n_ctx, n_layers } = config;
  const all = new Map([
    ['embed.W_E', of(v, d)],
    ['pos_embed.W_pos', of(n_ctx, d)],
  ]);
  for (let layer = 0; layer < n_layers; layer++) {
    const at = `blocks.${layer}`;
    for (const norm of ['ln1', 'ln2']) all.set(`${at}.${norm}.w`, of(d)).set(`${at}.${norm}.b`, of(d));
    for (const kind of ['Q', 'K', 'V'])
      all.set(`${at}.attn.W_${kind}`, of(h, d, k)).set(`${at}.attn.b_${kind}`, of(h, k));
    all.set(`${at}.attn.W_O`, of(h, k, d)).set(`${at}.attn.b_O`, of(d));
    all.set(`${at}.mlp.W_in`, of(d, m)).set(`${at}.mlp.b_in`, of(m));
    all.set(`${at}.mlp.W_out`, of(m, d)).set(`${at}.mlp.b_out`, of(d));
  }
  return all.set('ln_final.w', of(d)).set('ln_final.b', of(d)).set('unembed.W_U', of(d, v)).set('unembed.b_U', of(v));
}

const r = random(3, 'inputs');
const tokens = (length: number): number[] => Array.from({ length }, () => r.below(11));
const uneven = Array.from({ length: 70 }, (_, i) => tokens(4 + (i % 5)));
const others = uneven.map(({ length }) => tokens(length));

const everyKind: readonly Intervention[] = [
  { site: 'blocks.0.attn.hook_z', at: { head: [1, 2] }, by: { kind: 'resample', inputs: others } },
  { site: 'blocks.0.hook_resid_post', at: { position: [-1] }, rows: [3, 40, 69], by: { kind: 'zero' } },
  { site: 'blocks.1.mlp.hook_post', at: { neuron: [5] }, by: { kind: 'mean', over: others.slice(0, 20) } },
  {
    site: 'blocks.1.hook_resid_pre',
    by: { kind: 'value', value: { shape: [70, 1, 1], data: Array.from({ length: 70 }, (_, i) => i / 70) } },
    rows: [60, 61],
  },
];

type Asked = readonly [one: Model, batch: readonly ModelInput[], options: readonly library.RunOptions[]];

/** Runs alone and with workers, which start once for all. */
async function sameAnywhere(count: number, asked: readonly Asked[]): Promise<void> {
  const run = async (): Promise<Buffer[]> => {
    const found: Buffer[] = [];
    for (const [one, batch, all] of asked) for (const options of all) found.push(bits(await one.run(batch, options)));
    return found;
  };
  const alone = await run();
  const { made, done, refused } = await counting(() => withWorkers(count, run));
  expect(made.map((own, i) => own.equals(alone[i]!))).toEqual(alone.map(() => true));
  // each thread asks for each model once
  expect({ done: done >= count * (alone.length + asked.length), refused }).toEqual({ done: true, refused: 0 });
}

const onnxRows = async (name: string): Promise<readonly ModelInput[]> => (await onnxGolden(name)).rows;

/** Other values of floats; ids stay. */
function scaled(input: ModelInput, by: number): ModelInput {
  if (Array.isArray(input)) return input as ModelInput;
  const { data } = input as { readonly data?: unknown };
  if (data !== undefined)
    return data instanceof Float32Array && data.some((x) => !Number.isInteger(x))
      ? ({ ...input, data: Array.from(data, (x) => x * by) } as ModelInput)
      : input;
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key, scaled(value as ModelInput, by)]),
  ) as ModelInput;
}

describe('rows', () => {
  it('of a transformer are the same to the bit, whatever replaces what, in rows of several lengths', async () => {
    const one = await transformer(config, weights(1));
    const capture = ['hook_embed', 'blocks.0.hook_resid_post', 'blocks.1.attn.hook_pattern'];
    const first = one.sites.find(({ name }) => name === 'blocks.1.mlp.hook_post')!;
    const interventions = everyKind.map((change) =>
      change.site === first.name ? { ...change, at: { [first.axes.at(-1)!]: [5] } } : change,
    );
    await sameAnywhere(3, [[one, uneven, [{ capture, interventions }, { logits: -1 }]]]);
    one.dispose();
  });

  it('of ONNX models and models of tfjs’s layers are the same to the bit', async () => {
    const formats = join(__dirname, '..', 'model', 'formats');
    const files = [
      ...['conv2d', 'encoder'].map((name) => [onnxFixture(`${name}.onnx`), () => onnxRows(name)] as const),
      ...(['convnet'] as const).map(
        (name) => [join(formats, 'tfjs', 'fixtures', name, 'model.json'), async () => tfjsGolden(name).inputs] as const,
      ),
    ];
    const asked: Asked[] = [];
    for (const [file, rows] of files) {
      const one = await load(file, file.endsWith('.onnx') ? { trusted: true } : {});
      const some = await rows();
      const batch = Array.from({ length: 70 }, (_, i) => scaled(some[i % some.length]!, 1 + i / 70));
      const [site] = one.representationSites;
      const interventions: Intervention[] = [
        { site: site!, rows: [1, 68], by: { kind: 'zero' } },
        { site: site!, rows: [2, 50], by: { kind: 'resample', inputs: batch.toReversed() } },
      ];
      asked.push([one, batch, [{ capture: one.representationSites, interventions }]]);
    }
    await sameAnywhere(2, asked);
    for (const [one] of asked) one.dispose();
  });

  it('of a model made of a function, and of few inputs, stay in this thread', async () => {
    const own = model({
      name: 'own',
      fingerprint: 'own',
      sites: [{ name: 'site', axes: ['feature'], shape: [1] }],
      run: ({ inputs }) => ({
        logits: { shape: [inputs.length, 2], data: Float32Array.from({ length: 2 * inputs.length }, (_, i) => i) },
        activations: {},
      }),
    });
    const few = await transformer(config, weights(1));
    const { done, refused } = await counting(() =>
      withWorkers(2, async () => {
        await own.run(Array.from({ length: 64 }, () => [1, 2]));
        await few.run(uneven.slice(0, 31));
      }),
    );
    expect({ done, refused }).toEqual({ done: 0, refused: 0 });
    few.dispose();
  });

  it('that a worker cannot make are computed here: at the path is another model by now', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'workers-'));
    try {
      for (const name of ['mlp', 'encoder'] as const) {
        const file = join(folder, 'model.onnx');
        await copyFile(onnxFixture('mlp.onnx'), file);
        const one = await load(file, { trusted: true });
        const some = await onnxRows('mlp');
        const batch = Array.from({ length: 64 }, (_, i) => some[i % some.length]!);
        const alone = bits(await one.run(batch));
        await copyFile(onnxFixture(`${name}.onnx`), file);
        const { made, refused } = await counting(() => withWorkers(2, () => one.run(batch)));
        expect(bits(made).equals(alone)).toBe(true);
        expect(refused).toBe(name === 'mlp' ? 0 : 2);
        one.dispose();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('ridge fits', () => {
  const n = 60;
  const grams: Gram[] = Array.from({ length: 7 }, (_, i) => {
    const own = random(i, 'features');
    return gramOf({ data: Float32Array.from({ length: n * 9 }, () => own.normal()), shape: [n, 9] });
  });
  const splits = [0, 1].map((index) => splitInputs(n, 0.1, 5, index));
  const options = { alphas: [0.1, 1, 10] };

  it('are the same to the bit, and what was fitted is kept', async () => {
    const alone = await fitsOf(grams, grams, splits, options);
    const known = new Map<Gram, Fitted>();
    const kept = {
      room: true,
      get: (gram: Gram) => known.get(gram),
      set: (gram: Gram, one: Fitted) => void known.set(gram, one),
    };
    for (const count of [3, 2]) {
      const { made, done, refused } = await counting(() =>
        withWorkers(count, () => fitsOf(grams, grams, splits, { ...options, kept })),
      );
      expect(made.map(({ r2 }) => [...r2])).toEqual(alone.map(({ r2 }) => [...r2]));
      expect(made.map(({ alpha }) => [...alpha])).toEqual(alone.map(({ alpha }) => [...alpha]));
      expect(refused).toBe(0);
      expect(done).toBeGreaterThan(0);
      expect(known.size).toBe(grams.length);
      // some are known the second time
      for (const gram of grams.slice(0, 3)) known.delete(gram);
    }
  });

  it('that cannot be made end in the error that they end in here', async () => {
    const constant: Gram = { n, data: new Float64Array(n * n) };
    const told = [grams[0]!, grams[1]!, constant];
    const [here, away] = [
      await thrownBy(() => fitsOf(told, grams, splits, options)),
      await thrownBy(() => withWorkers(2, () => fitsOf(told, grams, splits, options))),
    ];
    expect(here).toMatchObject({ code: 'BAD_REPRESENTATION' });
    expect((away as Error).message).toBe((here as Error).message);
  });

  it('are cancelled between jobs', async () => {
    const controller = new AbortController();
    const error = await thrownBy(() =>
      withWorkers(2, () => {
        controller.abort();
        return fitsOf(grams, grams, splits, { ...options, signal: controller.signal });
      }),
    );
    expect(error).toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a comparison', () => {
  it('comes to the same evidence, to the byte, with workers and without', async () => {
    const on = task({
      name: 'largest first',
      inputs: Array.from({ length: 70 }, (_, i) => [i % 11, Math.floor(i / 11), 3]),
      behaviour: accuracy(([a]: readonly number[]) => a!),
      threshold: { atLeast: 0 },
    });
    const texts: string[] = [];
    for (const workers of [1, 2]) {
      const [a, b] = [await transformer(config, weights(1)), await transformer(config, weights(2))];
      const { made, done } = await counting(() => compare(a, b, { on, workers, budget: { draws: 3 }, bootstrap: 200 }));
      texts.push(JSON.stringify(made, (key, value: unknown) => (key === 'seconds' ? undefined : value)));
      expect(done > 0).toBe(workers > 1);
      a.dispose();
      b.dispose();
    }
    expect(new Set(texts).size).toBe(1);
  });
});

describe('a worker', () => {
  it('that ends is an error with its cause, for all that is waiting and all that comes after', async () => {
    const workers = new Workers(2, join(__dirname, 'crashing.cjs'));
    const first = thrownBy(() => workers.run(0, 'a job'));
    const second = thrownBy(() => workers.run(0, 'another'));
    for (const error of [await first, await second, await thrownBy(() => workers.run(1, 'a third'))]) {
      expect(error).toMatchObject({ code: 'NO_BACKEND', hint: expect.stringMatching(/workers/) });
      expect(String((error as Error & { cause: unknown }).cause)).toMatch('out of memory, say');
    }
    await workers.end();
  });

  it('refuses what cannot be sent', async () => {
    const workers = new Workers(1);
    expect(await thrownBy(() => workers.run(0, { job: () => 1 }))).toBeInstanceOf(Refused);
    await workers.end();
  });

  it('runs a built file: sources have none', () => {
    const source = pathToFileURL(join(__dirname, '..', '..', 'src', 'workers', 'pool.ts')).href;
    expect(() => fileOfWorkers(source)).toThrow('workers need the built package');
    for (const file of ['esm/src/workers/pool.js', 'cjs/congruity.js'])
      expect(fileOfWorkers(pathToFileURL(join(__dirname, '..', '..', 'dist', file)).href)).toMatch(/worker\.js$/);
  });
});
