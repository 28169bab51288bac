// Interpretation tests beside training code: a network is looked at after each epoch, in the process that trains it.
//   npx jest --config examples/training/jest.config.cjs
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { accuracy, backend, compareFingerprints, pairs, range, readFingerprint, task, tfjsModel } from 'congruity';
import 'congruity/setup';
import { fingerprints } from './callback';
import { network, prime, train } from './network';

const addition = task({
  name: `addition mod ${prime}`,
  inputs: pairs(range(prime), range(prime)),
  behaviour: accuracy(([a, b]: [number, number]) => (a + b) % prime),
  threshold: { atLeast: 0.95 },
});

let trained: Sequential;
const folder = mkdtempSync(join(tmpdir(), 'epochs-'));
beforeAll(async () => {
  // congruity's wasm backend has products repaired that tfjs's own computes slowly
  await backend({ backend: 'wasm' });
  await tf.setBackend('wasm');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('after each epoch: does it still add the way it did an epoch ago?', async () => {
  trained = network(1);
  // fewer implementations and inputs than by default: a second for each epoch
  await train(trained, 5, fingerprints(trained, folder, { on: addition, draws: 11, inputs: 200 }));
  const epochs = readdirSync(folder).toSorted();
  const made = await Promise.all(epochs.map((name) => readFingerprint(join(folder, name))));
  const outcomes: string[] = [];
  for (const [i, after] of made.entries()) {
    if (i === 0) continue;
    const { outcome } = await compareFingerprints(made[i - 1]!, after, { alsoReport: [], shrink: false });
    console.log(`${after.said.model.name} against ${made[i - 1]!.said.model.name}: ${outcome}`);
    outcomes.push(outcome);
  }
  // a network that cannot add yet has no way of adding
  expect(epochs).not.toContain('epoch-1.safetensors');
  expect(outcomes.at(-1)).toBe('equivalent');
});

test('a run from another start is as accurate, and adds in another way', async () => {
  const other = network(2);
  await train(other, 5);
  await expect(tfjsModel(other, { name: 'start 2' })).not.toBeInterpretivelyEquivalent(
    tfjsModel(trained, { name: 'start 1' }),
    { on: addition, budget: { draws: 11 }, inputs: 200 },
  );
});
