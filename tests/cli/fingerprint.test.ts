/** `congruity fingerprint` as a shell runs it: where the file goes, and what it holds. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFingerprint } from '../../src/fingerprint/file.js';
import { Project, quick } from './command.js';
import { OneProcess } from './one-process.js';

let project: Project;
let command: OneProcess;
beforeAll(() => {
  command = new OneProcess();
  project = new Project({
    'congruity.config.ts': `import { accuracy, pairs, range, task } from 'congruity';
import { defineConfig } from 'congruity/suites';
const on = task({ name: 'addition', inputs: pairs(range(43), range(43)), behaviour: accuracy(([a, b]: readonly [number, number]) => (a + b) % 43), threshold: { atLeast: 0.99 } });
export default defineConfig({ gates: [{ name: 'one', baseline: 'models/released.safetensors', candidate: 'models/quantised.safetensors', task: on, options: ${quick} }] });
`,
    'notes.safetensors': 'mine',
  }).withModels();
});
afterAll(() => {
  command.end();
  project.remove();
});

const run = (...args: string[]) => command.run(project, ['fingerprint', 'models/released.safetensors', ...args]);

test.each([
  [[], 'baselines/released.safetensors'],
  [['--out', 'to/a folder'], 'to/a folder/released.safetensors'],
  [['--out', 'to/v12.safetensors'], 'to/v12.safetensors'],
])('%j: writes %s, which a gate can read', async (args, path) => {
  const { code, stdout } = await run('--draws', '3', ...args);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(new RegExp(`^${path}: released on addition, 3 draws over 60 inputs, float32, \\d`)),
  });
  const { said } = await readFingerprint(project.path(path), path);
  expect(said).toMatchObject({ model: { name: 'released' }, task: { name: 'addition' }, inputs: { measured: 60 } });
  expect(said.draws).toHaveLength(4);
});

test('what is no fingerprint is left', async () => {
  const { code, stderr } = await run('--out', 'notes.safetensors');
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/no fingerprint is there[^]*at: notes/) });
  expect(existsSync(project.path('notes.safetensors'))).toBe(true);
});
