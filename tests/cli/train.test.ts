/** `congruity train` as a shell runs it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Project, start } from './command.js';
import { OneProcess } from './one-process.js';

const file = `import { program, type TrainConfig } from 'congruity';
const repeated = program({ name: 'repeated', vocabulary: ['a', 'b'], maxLength: 2 }, ({ tokens, select, width, map }) =>
  map(width(select(tokens, tokens, '==')).named('count'), (n) => n > 1));
export default { program: repeated, architecture: { n_layers: 1, n_heads: 2, d_model: 8, d_mlp: 8 }, batchSize: 4, THRESHOLD } satisfies TrainConfig<string>;
`;
let project: Project;
let command: OneProcess;
beforeAll(() => {
  command = new OneProcess();
  project = new Project({
    'program.ts': file.replace('THRESHOLD', 'threshold: 0'),
    'hard.ts': file.replace('THRESHOLD', 'threshold: 1, steps: 100000, learningRate: 1e-9'),
    'nothing.ts': 'export default 5;\n',
    'typo.ts': file.replace('THRESHOLD', 'stps: 3'),
  });
});
afterAll(() => {
  command.end();
  project.remove();
});

const run = (...args: string[]) => command.run(project, ['train', ...args]);
const contents = (folder: string): string[] => readdirSync(join(project.folder, folder)).toSorted();
const bytes = (...path: string[]): string => readFileSync(join(project.folder, ...path)).toString('hex');

test('trains a model for each seed, the same whatever is trained beside it, and writes what `load` reads', async () => {
  const [both, second] = [
    await run('program.ts', '--out', 'both', '--seeds', '1..2', '--workers', '2'),
    await run('program.ts', '--out', 'second', '--seeds', '2'),
  ];
  expect([both.code, second.code]).toEqual([0, 0]);
  expect(both.stdout).toBe('2 of 2 models trained, in both\n');
  for (const seed of [1, 2])
    expect(both.stderr).toMatch(
      new RegExp(
        String.raw`^seed ${seed}: trained \(100 steps, .*\): accuracy .* %, with variables exchanged .* %, strict .* %$`,
        'm',
      ),
    );
  const names = ['alignment.json', 'checkpoint', 'json', 'safetensors', 'training.json'];
  expect(contents('both')).toEqual(['seed-1', 'seed-2'].flatMap((seed) => names.map((name) => `${seed}.${name}`)));
  for (const name of contents('second')) expect(bytes('second', name)).toBe(bytes('both', name));
  expect(bytes('both', 'seed-1.safetensors')).not.toBe(bytes('both', 'seed-2.safetensors'));

  const there = await run('program.ts', '--out', 'both', '--seeds', '2');
  expect(there.code).toBe(2);
  expect(there.stderr).toMatch(/there is a training with seed 2 already[^]*--resume/);
});

test('Ctrl-C keeps the last checkpoint, --resume goes on from it, and what is not there at the last step is said', async () => {
  const { child, result } = start(['train', 'hard.ts', '--out', 'stopped'], project.folder, project.temporaries);
  const checkpoint = join(project.folder, 'stopped', 'seed-0.checkpoint');
  while (!existsSync(checkpoint) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  const { code, stderr } = await result;
  expect(code).toBe(2);
  expect(stderr).toMatch(/interrupted: every training goes on from its last checkpoint with --resume/);
  expect(contents('stopped')).toEqual(['seed-0.checkpoint']);

  // it has done more than one step, and does none again
  const late = await run('hard.ts', '--out', 'stopped', '--resume', '--steps', '1');
  expect(late.code).toBe(1);
  expect(late.stdout).toBe('0 of 1 model trained, in stopped\n');
  expect(late.stderr).toMatch(/not there at the last step \([1-9]\d*00 steps, /);
});

test.each([
  [['missing.ts'], /there is no such file/],
  [['nothing.ts'], /exports neither a program nor a config with one/],
  [['typo.ts'], /unknown option "stps"[^]*"steps"/],
  [['program.ts', '--seeds', '4..1'], /empty range/],
  [['program.ts', '--seeds', 'x'], /--seeds is "x"/],
  [['program.ts', '--minutes', 'soon'], /--minutes is "soon"/],
  [['program.ts', '--workers', '0'], /--workers is "0"/],
  [['program.ts', '--backend', 'wsam'], /there is no backend "wsam"/],
] as const)('%j is an error of its own', async (args, message) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
