/** `congruity export-inputs` as a shell runs it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readEntry } from '../../src/cache/entry.js';
import { Project } from './command.js';
import { OneProcess } from './one-process.js';

let project: Project;
let command: OneProcess;
beforeAll(() => {
  command = new OneProcess();
  project = new Project({
    'congruity.config.ts': `import { accuracy, pairs, range, task } from 'congruity';
import { defineConfig } from 'congruity/suites';
const on = (name: string) => task({ name, inputs: pairs(range(5), range(6)), behaviour: accuracy(([a]: readonly [number, number]) => a), threshold: { atLeast: 0.9 } });
// models are not looked at
const gate = (name: string, draws: number) => ({ name, baseline: 'a.safetensors', candidate: 'b.safetensors', task: on(name), options: { budget: { draws } } });
export default defineConfig({ gates: [gate('one', 5), gate('two', 6)] });
`,
    'notes.txt': 'mine',
  });
});
afterAll(() => {
  command.end();
  project.remove();
});

const run = (...args: string[]) => command.run(project, ['export-inputs', ...args]);
const bytes = (name: string): Uint8Array => readFileSync(join(project.folder, name));

test('writes what a gate’s task is, the same each time', async () => {
  const { code, stdout, stderr } = await run('--gate', 'two', '--out', 'to/two.safetensors');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^to\/two\.safetensors: two, 30 inputs, 6 draws, 0\.\d MiB\n$/);
  const { kind, value, tensors } = readEntry(bytes('to/two.safetensors'), 'two');
  expect(kind).toBe('inputs');
  expect(value).toMatchObject({
    format: 1,
    task: { name: 'two', inputs: 30, behaviour: 'accuracy', threshold: 'at least 0.9' },
    behaviour: { kind: 'accuracy', better: 'higher', bound: 0.9, relative: false },
    options: { seed: 0, pool: 'last', measure: ['ridge'], by: 'resample', outside: 'grow' },
  });
  // the right token of an input is its first
  const first = Array.from({ length: 30 }, (_, i) => tensors.get('inputs')!.data[2 * i]!);
  expect([...tensors.get('targets')!.data]).toEqual(first);
  // over itself
  await run('--gate', 'two', '--out', 'to/two.safetensors', '--seed', '0');
  const again = await run('--gate', 'two', '--out', 'again.safetensors', '--draws', '6');
  expect(again.code).toBe(0);
  expect(bytes('again.safetensors')).toEqual(bytes('to/two.safetensors'));
});

test.each([
  [['--out', 'notes.txt'], /something else is there[^]*notes\.txt/],
  [[], /the config has 2 gates[^]*--gate 'one'/],
  [['--gate', 'on'], /there is no gate "on"[^]*one/],
  [['--gate', 'one', '--draws', '0'], /--draws is "0"/],
  [['--gate', 'one', '--like', 'notes.txt'], /notes\.txt/],
  [['--gate', 'one', '--tokenizer', 'nowhere'], /nowhere/],
])('%j: exit code 2, and why', async (args, why) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(why);
  expect(readFileSync(join(project.folder, 'notes.txt'), 'utf8')).toBe('mine');
});
