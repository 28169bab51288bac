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

test('trains a model for each seed, the same with any number of workers, and writes what `load` reads', async () => {
  const [one, two] = [
    await run('program.ts', '--out', 'one', '--seeds', '1..2', '--workers', '1'),
    await run('program.ts', '--out', 'two', '--seeds', '1,2', '--workers', '2'),
  ];
  expect([one.code, two.code]).toEqual([0, 0]);
  expect(one.stdout).toBe('2 of 2 models trained, in one\n');
  expect(one.stderr).toMatch(
    /^seed 1: trained \(100 steps, .*\): accuracy .* %, with variables exchanged .* %, strict .* %\nseed 2: /,
  );
  const names = ['alignment.json', 'checkpoint', 'json', 'safetensors', 'training.json'];
  expect(contents('one')).toEqual(['seed-1', 'seed-2'].flatMap((seed) => names.map((name) => `${seed}.${name}`)));
  for (const name of contents('one')) expect(bytes('two', name)).toBe(bytes('one', name));

  const there = await run('program.ts', '--out', 'one', '--seeds', '2');
  expect(there.code).toBe(2);
  expect(there.stderr).toMatch(/there is a training with seed 2 already[^]*--resume/);
  const again = await run('program.ts', '--out', 'one', '--seeds', '2', '--resume');
  expect([again.code, again.stdout]).toEqual([0, '1 of 1 model trained, in one\n']);
  expect(bytes('one', 'seed-2.safetensors')).toBe(bytes('two', 'seed-2.safetensors'));
});

test('what does not get there in time is said, and Ctrl-C keeps the last checkpoint', async () => {
  const late = await run('hard.ts', '--out', 'late', '--steps', '1');
  expect(late.code).toBe(1);
  expect(late.stdout).toBe('0 of 1 model trained, in late\n');
  expect(late.stderr).toMatch(/not there at the last step \(1 step, /);

  const { child, result } = start(['train', 'hard.ts', '--out', 'stopped'], project.folder, project.temporaries);
  const checkpoint = join(project.folder, 'stopped', 'seed-0.checkpoint');
  while (!existsSync(checkpoint) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  const { code, stderr } = await result;
  expect(code).toBe(2);
  expect(stderr).toMatch(/interrupted: every training goes on from its last checkpoint with --resume/);
  expect(contents('stopped')).toEqual(['seed-0.checkpoint']);
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
