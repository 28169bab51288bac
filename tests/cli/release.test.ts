/** releaseGate in a project's own test file, in Jest's two module systems. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Report } from '../../reports/schema.js';
import { Project, quick, root } from './command.js';

const project = new Project().withModels();
afterAll(() => project.remove());

const { d_vocab: p } = JSON.parse(readFileSync(project.path('models/released.json'), 'utf8')) as { d_vocab: number };
const task = `task({ name: 'addition', inputs: pairs(range(${p}), range(${p})), behaviour: accuracy(([a, b]) => (a + b) % ${p}), threshold: { atLeast: 0.99 } })`;
const body = (dist: string): string => `
const options = ${quick};
const baseline = '../models/released.safetensors';
const made = [];
const counted = (make) => async () => {
  const model = await make();
  const { dispose } = model;
  model.dispose = () => { made.push(model.name); dispose.call(model); };
  return model;
};
releaseGate({
  seed: 3,
  gates: [
    { name: 'a copy', baseline, candidate: counted(() => load(${JSON.stringify(project.path('models/quantised.safetensors'))})), task: 'task.js#addition', options },
    { name: 'another mechanism', baseline, candidate: '../models/constant-attention.safetensors', task: 'task.js', options },
    { name: 'nothing there', baseline, candidate: '../models/nothing.safetensors', task: 'task.js', options },
    { name: 'no model', baseline, candidate: () => 7, task: 'task.js', options },
  ],
});
test('a model made for a gate is disposed by it', () => expect(made).toEqual(['quantised']));
test('a config that is wrong says so before anything runs', () => {
  expect(() => releaseGate({ gates: [{ name: 'x', baseline, candidte: baseline, task: 'task.js' }] })).toThrow(/unknown option "candidte"[^]*releaseGate: gates\\[0\\][^]*"candidate"/);
});
// ${dist}
`;

describe.each([
  ['CommonJS', 'cjs', 'cjs', (name: string) => `require(${JSON.stringify(name)})`, {}],
  [
    'ES module',
    'esm',
    'mjs',
    (name: string) => `await import(${JSON.stringify(name)})`,
    { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
  ],
] as const)('%s', (_, dist, extension, take, env) => {
  test('each gate is a test, and its verdict is in the report', () => {
    const entry = (name: string): string => take(join(root, 'dist', dist, name));
    const exports =
      extension === 'cjs'
        ? { addition: 'exports.addition =', byDefault: 'exports.default =' }
        : { addition: 'export const addition =', byDefault: 'export default' };
    const folder = `in-${dist}`;
    project.write(`${folder}/package.json`, JSON.stringify({ type: extension === 'cjs' ? 'commonjs' : 'module' }));
    project.write(
      `${folder}/task.js`,
      `const { task, pairs, range, accuracy } = ${entry('index.js')};\n${exports.addition} ${task};\n${exports.byDefault} ${extension === 'cjs' ? 'exports.addition' : 'addition'};`,
    );
    project.write(
      `${folder}/release.test.js`,
      `const { load } = ${entry('index.js')};\nconst { releaseGate } = ${entry('suites/index.js')};\n${body(dist)}`,
    );
    const config = {
      rootDir: project.path(folder),
      transform: {},
      reporters: ['default', [join(root, 'dist', 'cjs', 'reports', 'reporter.js'), { out: 'out' }]],
    };
    const shell = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^(CONGRUITY_|JEST_|NODE_OPTIONS$|FORCE_COLOR$|GITHUB_)/.test(name),
      ),
    );
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', JSON.stringify(config), '-i'],
      {
        cwd: project.path(folder),
        encoding: 'utf8',
        env: { ...shell, NO_COLOR: '1', ...env },
      },
    );
    const output = stdout + stderr;
    expect({ status, output }).toMatchObject({ status: 1 });
    expect({ output, tests: /Tests: .*/.exec(output)?.[0] }).toMatchObject({
      tests: 'Tests:       3 failed, 3 passed, 6 total',
    });
    const { checks } = JSON.parse(readFileSync(project.path(folder, 'out', 'report.json'), 'utf8')) as Report;
    expect(checks.map((check) => [check.test, check.status, check.error?.code])).toEqual([
      ['release gate a copy', 'held', undefined],
      ['release gate another mechanism', 'violated', undefined],
      ['release gate no model', 'not judged', 'BAD_OPTION'],
      ['release gate nothing there', 'not judged', 'BAD_FILE'],
    ]);
    expect(checks.every((check) => check.file === 'release.test.js')).toBe(true);
  });
});
