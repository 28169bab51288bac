/** `congruity init` in folders as people have them. What it writes is read by the gate, and never over what is there. */
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { addition, Project, root } from './command.js';
import { OneProcess } from './one-process.js';

const command = new OneProcess();
const projects: Project[] = [];
function projectWith(files: Record<string, string> = {}): Project {
  const project = new Project(files);
  projects.push(project);
  return project;
}
afterAll(() => {
  command.end();
  for (const project of projects) project.remove();
});
const read = (project: Project, path: string): string => readFileSync(project.path(path), 'utf8');

describe('with two models', () => {
  const two = (files: Record<string, string> = {}): Project => {
    const project = projectWith(files).withModels();
    // the oldest, whatever the copy says
    utimesSync(project.path('models', 'released.safetensors'), 1, 1);
    for (const name of readdirSync(project.path('models')))
      if (!/^(released|quantised)\./.test(name)) rmSync(project.path('models', name));
    return project;
  };

  test.each([
    ['nothing else', {}, 'cjs', 'npx jest', 'npm install\n'],
    [
      'Vitest and TypeScript',
      {
        'package.json': JSON.stringify({ devDependencies: { vitest: '4', typescript: '5' } }),
        'pnpm-lock.yaml': '',
      },
      'ts',
      'npx vitest',
      'pnpm install --frozen-lockfile\n',
    ],
    [
      'Vitest',
      { 'package.json': JSON.stringify({ devDependencies: { vitest: '4' } }), 'package-lock.json': '{}' },
      'mjs',
      'npx vitest',
      'npm ci\n',
    ],
    [
      'Jest that reads TypeScript',
      { 'package.json': JSON.stringify({ devDependencies: { jest: '30', '@swc/jest': '1' } }), 'tsconfig.json': '{}' },
      'ts',
      'npx jest',
      'npm install\n',
    ],
  ])('and %s', async (_name, files, language, runner, install) => {
    const project = two(files);
    const { code, stdout, stderr } = await command.run(project, ['init', '--no-run']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const config = `congruity.config.${language}`;
    for (const path of [config, `congruity.test.${language}`, '.github/workflows/congruity.yml'])
      expect(stdout).toContain(`written       ${path}\n`);
    expect(read(project, `congruity.test.${language}`)).toContain(runner);
    expect(read(project, '.github/workflows/congruity.yml')).toContain(
      `run: ${install.includes('pnpm') ? 'corepack enable && ' : ''}${install}`,
    );
    // the gate reads it
    expect(await command.run(project, ['gate', '--list'])).toMatchObject({
      code: 0,
      stdout: 'candidate: models/quantised.safetensors against models/released.safetensors, on its own answers\n',
    });
    const before = read(project, config);
    const again = await command.run(project, ['init', '--no-run']);
    expect(again.stdout).not.toContain('written');
    expect(read(project, config)).toBe(before);
  });
});

test('a config that is there is left, and its gate is run', async () => {
  const project = projectWith({
    'congruity.config.mts': `${addition}\nexport default { gates: [{ name: 'copy', baseline: 'models/released.safetensors', candidate: 'models/damaged.safetensors', task: addition }] };\n`,
    'models/damaged.safetensors': 'none',
  }).withModels();
  const { code, stdout } = await command.run(project, ['init']);
  expect(stdout).toContain('left as it is congruity.config.mts\n');
  expect(stdout).toMatch(/! copy – not judged/);
  expect(code).toBe(2);
  expect(existsSync(project.path('congruity-report', 'report.json'))).toBe(true);
});

test('of a package.json that cannot be read is not said that there is none', async () => {
  const project = projectWith({ 'congruity.config.json': '{}', 'package.json': '{' });
  const { code, stdout } = await command.run(project, ['init', '--no-run']);
  expect(code).toBe(0);
  expect(stdout).toContain('missing       package.json cannot be read: ');
  expect(stdout).not.toContain('there is no package.json');
});

test('of a model that is no transformer the inputs are left to write, and the gate says so', async () => {
  const project = projectWith();
  cpSync(join(root, 'tests', 'model', 'formats', 'onnx', 'fixtures', 'mlp.onnx'), project.path('mlp.onnx'));
  const { code, stdout } = await command.run(project, ['init']);
  expect({ code, stdout }).toEqual({
    code: 2,
    stdout: expect.stringContaining('Write what your model takes into `inputs`'),
  });
  expect(read(project, 'congruity.config.cjs')).toContain('const inputs = [];');
  expect(await command.run(project, ['gate'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/TaskError.*input/),
  });
});

test('without a model nothing is written, and what is missing is said', async () => {
  const project = projectWith({ 'data.json': '{}' });
  const { code, stdout } = await command.run(project, ['init']);
  expect(code).toBe(2);
  expect(stdout).toContain('No model was found here, and nothing was written.');
  expect(readdirSync(project.folder)).toEqual(['data.json']);
});

test('of a model that does not load is said why, and what to do, and not that there is none', async () => {
  const project = projectWith({ 'models/broken.safetensors': 'no model', 'data.json': '{}' });
  const { code, stdout } = await command.run(project, ['init']);
  expect(code).toBe(2);
  expect(stdout).toMatch(/^models\/broken\.safetensors looks like a model and does not load: .+\n {2}do: \S/);
  expect(stdout).toContain('No model loads, and nothing was written.');
  expect(stdout).not.toContain('No model was found');
  expect(readdirSync(project.folder).toSorted()).toEqual(['data.json', 'models']);
});
