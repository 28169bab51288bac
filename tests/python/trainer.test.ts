/** The callback for Hugging Face's Trainer, in a training of a small GPT-2: fingerprints of its checkpoints, which congruity loads as models as well. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { task } from '../../generators/task.js';
import { exportInputs, writeExportedInputs } from '../../src/fingerprint/exported-inputs.js';
import { readFingerprint } from '../../src/fingerprint/file.js';
import { fingerprint } from '../../src/fingerprint/make.js';
import { measures } from '../../src/measure/index.js';
import { load } from '../../src/model/load.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { compareFingerprints } from '../../src/verdict/compare-fingerprints.js';
import { apart } from '../helpers/apart.js';
import { pythonWith } from '../helpers/python.js';
import { describeUnless } from '../helpers/unless.js';

const { python, absent } = pythonWith('numpy', 'torch', 'transformers', 'accelerate');
const folder = mkdtempSync(join(tmpdir(), 'congruity-trainer-'));
const at = (...names: string[]): string => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeUnless(absent)('a training of GPT-2', () => {
  test('each checkpoint has its fingerprint, which is that of the checkpoint as congruity loads it', async () => {
    const first = task({
      name: 'the first again',
      inputs: pairs(range(12), range(12)),
      behaviour: accuracy(([a]: readonly number[]) => a!),
      threshold: { atLeast: 0.95 },
    });
    writeExportedInputs(
      at('inputs.safetensors'),
      await exportInputs({ on: first, inputs: 100, draws: 6, responses: 30 }),
    );
    const script = join(__dirname, '..', '..', 'examples', 'python-training', 'trainer.py');
    const { status, stdout, stderr } = spawnSync(
      python,
      [script, at('inputs.safetensors'), at('baselines'), at('checkpoints')],
      { encoding: 'utf8', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } },
    );
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    const steps = readdirSync(at('checkpoints')).map((name) => Number(name.replace('checkpoint-', '')));
    expect(steps.toSorted((a, b) => a - b)).toEqual([40, 80, 120, 160, 200, 240]);
    // one that cannot do the task yet has none, and says so
    for (const step of steps)
      expect(readdirSync(at('baselines')).includes(`step-${step}.safetensors`)).toBe(
        !stdout.includes(`step-${step}: no fingerprint. step-${step} scores`),
      );
    const last = await readFingerprint(at('baselines', 'step-240.safetensors'));
    const model = await load(at('checkpoints', 'checkpoint-240'));
    const own = await fingerprint(model, { on: first, like: last, responses: 30 });
    model.dispose();
    // through two layers with normalisation, in float32
    for (const [name, far] of apart(own, last)) expect([name, far < 1e-4]).toEqual([name, true]);
    expect(last.said.responses).toMatchObject({
      roles: expect.arrayContaining([expect.objectContaining({ name: 'attention pattern, layer 1' })]),
    });
    const twins = await compareFingerprints(last, own, { alsoReport: [], shrink: false });
    expect(twins.twins!.twins).toBeLessThan(measures.ridge.resolution);
  });
});
