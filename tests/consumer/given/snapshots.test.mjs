// Snapshots of models beside this file, in a run of Vitest that may not write any: run by consumer.test.ts.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accuracy, fingerprint, load, task, writeFingerprint } from 'congruity';
import { beforeAll, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('__fingerprints__/snapshots.test.mjs/', import.meta.url));
/** Where the first snapshot of a test lies. */
const placeOf = (name) =>
  join(
    folder,
    `${name.replaceAll(' ', '-')}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}.1.safetensors`,
  );

const on = task({
  name: 'addition',
  inputs: Array.from({ length: 120 }, (_, i) => [i % 43, (7 * i) % 43]),
  behaviour: accuracy(([a, b]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});
const drawn = { on, inputs: 60, set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.05 } };
const options = { ...drawn, budget: { draws: 12 }, alsoReport: [], splits: 1, bootstrap: 500, shrink: false };
let model;
beforeAll(async () => {
  model = await load('../models/quantised.safetensors');
  const released = await load('../models/released.safetensors');
  mkdirSync(folder, { recursive: true });
  const made = placeOf('is matched');
  writeFingerprint(made, await fingerprint(released, { ...drawn, draws: 12, responses: 2 }));
  const bytes = readFileSync(made);
  writeFileSync(join(folder, 'gone-00000000.1.safetensors'), bytes);
  bytes[bytes.length - 5] ^= 1;
  writeFileSync(placeOf('is edited'), bytes);
});

test('is matched', async () => {
  await expect(model).toMatchInterpretationSnapshot(options);
});
test('is edited', async () => {
  await expect(expect(model).toMatchInterpretationSnapshot(options)).rejects.toThrow('its digest is another one');
});
test('is missing', async () => {
  await expect(expect(model).toMatchInterpretationSnapshot(options)).rejects.toThrow('in CI none is written');
  expect(existsSync(placeOf('is missing'))).toBe(false);
  expect(readdirSync(folder)).toHaveLength(3);
});
