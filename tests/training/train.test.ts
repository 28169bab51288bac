/** Training: it gets there, goes on exactly where it was, and is measured as an independent count says. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancelledError, FileError, OptionError, ProgramError, TrainingError } from '../../src/errors.js';
import { readSafetensors } from '../../src/io/safetensors.js';
import { writeSafetensors } from '../../src/io/safetensors-write.js';
import { load } from '../../src/model/load.js';
import { digestOfCheckpoint } from '../../src/training/checkpoint.js';
import { train, type Training } from '../../src/training/train.js';
import { strictAccuracy } from '../../src/training/strict.js';
import { writeTraining } from '../../src/training/write.js';
import { errorOf } from '../helpers/error-of.js';
import { distinct, repeated } from './programs.js';

let folder: string;
beforeAll(() => void (folder = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-training-')))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = { n_layers: 1, n_heads: 2, d_model: 16, d_mlp: 16 } as const;
const quick = { architecture: small, batchSize: 16, learningRate: 0.01, steps: 2000 } as const;

const bitsOf = ({ model }: Training): string =>
  JSON.stringify([...model.weights].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString('hex')]));

test('a small program is there soon: answers, every variable alone and together, every component that is none', async () => {
  const training = await train(repeated, { ...quick, seed: 1 });
  const { accuracy, stopped, history, steps, alignment, model } = training;
  expect(stopped).toBe('accurate');
  expect(steps).toBeLessThan(2000);
  expect(history.map(({ step }) => step)).toEqual(Array.from({ length: steps / 100 }, (_, i) => 100 * (i + 1)));
  expect(Math.min(accuracy.behaviour, accuracy.interchange, accuracy.strict)).toBeGreaterThanOrEqual(0.99);
  expect(Object.keys(alignment)).toEqual(['count', 'repeated']);
  // 2 + 4 + 8 inputs, each with each of its length as the source
  expect(accuracy.interchanges.untouched.tried).toBe(14);
  expect(
    accuracy.interchanges.sets.map(({ variables, all, exhaustive }) => [variables, all.tried, exhaustive]),
  ).toEqual([
    [['count'], 84, true],
    [['repeated'], 84, true],
  ]);
  expect(accuracy.swaps.map(({ tried, exhaustive }) => [tried, exhaustive])).toEqual([
    [84, true],
    [84, true],
    [84, true],
  ]);
  await writeTraining(training, join(folder, 'model'));
  const loaded = await load(join(folder, 'model.safetensors'));
  expect(loaded.fingerprint).toBe(model.fingerprint);
  expect(JSON.parse(readFileSync(join(folder, 'model.alignment.json'), 'utf8'))).toEqual(alignment);
  loaded.dispose();
  training.dispose();
});

test('what is interrupted goes on from its checkpoint as if nothing had been', async () => {
  const options = { ...quick, seed: 3, steps: 150, threshold: 1, batchSize: 4, learningRate: 0.001 };
  const whole = await train(repeated, options);
  const checkpoint = join(folder, 'interrupted.checkpoint');
  const stop = new AbortController();
  const again = (more: object): Promise<Training> => train(repeated, { ...options, checkpoint, ...more });
  await expect(again({ signal: stop.signal, progress: () => stop.abort() })).rejects.toThrow(CancelledError);
  expect(existsSync(checkpoint)).toBe(true);
  const steps: number[] = [];
  const rest = await again({ progress: ({ step }: { step: number }) => steps.push(step) });
  // the first hundred steps are not done again
  expect(steps).toEqual([]);
  expect(bitsOf(rest)).toBe(bitsOf(whole));
  expect(rest.history).toEqual(whole.history);
  expect(rest.accuracy).toEqual(whole.accuracy);
  rest.dispose();
  whole.dispose();

  // of another training, and damaged
  await expect(again({ seed: 4 })).rejects.toThrow(errorOf(FileError, 'of a training with another'));
  await expect(again({ learningRate: 0.5 })).rejects.toThrow(errorOf(FileError, 'another setting among the options'));
  await expect(train(distinct, { ...options, checkpoint, architecture: { ...small, n_layers: 2 } })).rejects.toThrow(
    errorOf(FileError, 'with another program'),
  );
  const bytes = readFileSync(checkpoint);
  writeFileSync(checkpoint, bytes.subarray(0, bytes.length - 8));
  await expect(again({})).rejects.toThrow(errorOf(FileError, 'the checkpoint is damaged'));
  writeFileSync(checkpoint, 'nonsense');
  await expect(again({})).rejects.toThrow(errorOf(FileError, 'the checkpoint is damaged'));
  // anywhere: a weight that is another number is not gone on from
  for (const at of [0.05, 0.3, 0.6, 0.99]) {
    const changed = Buffer.from(bytes);
    changed[Math.floor(at * bytes.length)]! ^= 1;
    writeFileSync(checkpoint, changed);
    await expect(again({})).rejects.toThrow(FileError);
  }
});

test('strict accuracy is what single runs say, with each component replaced by hand', async () => {
  const { model, alignment } = await train(repeated, { ...quick, steps: 1 });
  const inputs = [
    ['a'],
    ['b'],
    ['a', 'b'],
    ['b', 'b'],
    ['a', 'a'],
    ['a', 'b', 'a'],
    ['b', 'b', 'b'],
    ['b', 'a', 'a'],
  ] as const;
  const found = await strictAccuracy(model, repeated, { alignment, inputs });
  const head = alignment['count']![0]!.at!['head']![0]!;
  const taken = alignment['repeated']![0]!.at!['feature']!;
  const others = Array.from({ length: small.d_mlp }, (_, i) => i).filter((i) => !taken.includes(i));
  const units = [
    { z: [1 - head], post: [] as number[] },
    { z: [] as number[], post: others },
    { z: [1 - head], post: others },
  ];
  const [z, post] = ['blocks.0.attn.hook_z', 'blocks.0.mlp.hook_post'];
  for (const [at, unit] of units.entries()) {
    let [agree, tried] = [0, 0];
    for (const base of inputs)
      for (const source of inputs) {
        if (base.length !== source.length) continue;
        const clean = await model.run([repeated.encode(source)], { capture: [z, post], logits: false });
        const { logits } = await model.run([repeated.encode(base)], {
          interventions: [
            ...(unit.z.length > 0
              ? [{ site: z, at: { head: unit.z }, by: { kind: 'value', value: clean.activations.get(z)! } } as const]
              : []),
            ...(unit.post.length > 0
              ? [
                  {
                    site: post,
                    at: { feature: unit.post },
                    by: { kind: 'value', value: clean.activations.get(post)! },
                  } as const,
                ]
              : []),
          ],
        });
        const answers = base.map((_, i) => logits.data[2 * (i + 1)]! < logits.data[2 * (i + 1) + 1]!);
        tried++;
        if (repeated.run(base).output.every((value, i) => value === repeated.outputs[Number(answers[i])])) agree++;
      }
    expect([found[at]!.tried, found[at]!.agree]).toEqual([tried, agree]);
  }
  // a model that has learned nothing is wrong somewhere, or this would show nothing
  expect(found.some(({ agree, tried }) => agree < tried)).toBe(true);
  model.dispose();
});

test('what cannot be trained is an error of its own', async () => {
  await expect(
    train(repeated, { ...quick, learningRate: 1, weights: { behaviour: 1000 }, steps: 1, seconds: 0 }),
  ).rejects.toThrow(OptionError);
  await expect(train(repeated, { ...quick, alignment: { nobody: ['blocks.0.attn.head.0'] } })).rejects.toThrow(
    errorOf(ProgramError, 'no variable "nobody"'),
  );
  await expect(train(repeated, { ...quick, alignment: {} })).rejects.toThrow(OptionError);
  await expect(
    train(repeated, { ...quick, alignment: { count: [{ site: 'blocks.0.hook_resid_mid', at: { feature: [0] } }] } }),
  ).rejects.toThrow(errorOf(OptionError, 'neither heads'));
  await expect(train(repeated, { ...quick, inputs: [] })).rejects.toThrow('there are no inputs');
  await expect(train({} as typeof repeated, quick)).rejects.toThrow(errorOf(OptionError, 'no program'));
});

test('training that diverges says so, and where, and leaves the checkpoint', async () => {
  const checkpoint = join(folder, 'diverging.checkpoint');
  const options = { ...quick, seed: 2, steps: 150, threshold: 1, checkpoint };
  (await train(repeated, { ...options, steps: 100 })).dispose();
  const { tensors, metadata } = await readSafetensors(checkpoint);
  // finite, and beyond what float32 holds in the next step
  tensors.get('weights/unembed.W_U')!.data.fill(3e38);
  await writeSafetensors(checkpoint, tensors, { ...metadata, digest: digestOfCheckpoint(metadata, tensors) });
  const before = readFileSync(checkpoint);
  await expect(train(repeated, options)).rejects.toThrow(errorOf(TrainingError, 'diverged in step 101'));
  expect(readFileSync(checkpoint).equals(before)).toBe(true);
});
