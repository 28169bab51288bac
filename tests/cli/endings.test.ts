/** However the command ends, it leaves no process and no folder, and its exit code is no verdict where there is none. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Project, main, root, start } from './command.js';

const project = new Project({
  'task.js': `const { task, accuracy } = require('congruity');\nmodule.exports = task({ name: 'x', inputs: [[1]], behaviour: accuracy(() => 1), threshold: { atLeast: 1 } });`,
  'a.safetensors': 'none',
});
afterAll(() => project.remove());

const told = `require('node:fs').appendFileSync(${JSON.stringify(project.path('pids'))}, process.pid + '\\n');`;
const spin = `() => { ${told} for (;;); }`;
const silent = `() => { ${told} return new Promise(() => setInterval(() => {}, 1000)); }`;
const gate = (name: string, candidate: string, rest = ''): string =>
  `{ name: ${JSON.stringify(name)}, baseline: ${candidate}, candidate: 'a.safetensors', task: 'task.js', ${rest} }`;
const config = (name: string, ...gates: string[]): void =>
  project.write(name, `module.exports = { gates: [${gates.join(', ')}] };`);

const running = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // what was killed and not yet buried runs no more
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
const pids = (): number[] =>
  existsSync(project.path('pids'))
    ? readFileSync(project.path('pids'), 'utf8').trim().split('\n').filter(Boolean).map(Number)
    : [];
const folders = (): string[] => readdirSync(project.temporary).filter((name) => name.startsWith('congruity-'));
async function until(what: () => boolean): Promise<void> {
  const deadline = Date.now() + 300_000;
  while (!what() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(what()).toBe(true);
}
const env = { TMPDIR: project.temporary };

test('kill -9: gates that compute or wait for ever end with it, and its folders go', async () => {
  config('kill.config.cjs', gate('spins', spin), gate('waits', silent));
  writeFileSync(project.path('pids'), '');
  const { child } = start(['gate', 'kill.config.cjs', '--workers', '2'], project.folder, env);
  await until(() => pids().length === 2);
  expect(folders().length).toBeGreaterThanOrEqual(2);
  child.kill('SIGKILL');
  await until(() => !pids().some(running) && folders().length === 0);
});

test('Ctrl-C while a config is evaluated: ended by the signal, and its folder goes', async () => {
  project.write('busy.config.cjs', `${told} for (;;);`);
  writeFileSync(project.path('pids'), '');
  const { child } = start(['gate', 'busy.config.cjs'], project.folder, env);
  const ended = new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)));
  await until(() => pids().length === 1);
  expect(folders()).toHaveLength(1);
  child.kill('SIGINT');
  expect(await ended).toBe('SIGINT');
  await until(() => folders().length === 0);
});

test('Ctrl-C in a Jest that computes: the reporter’s folder goes', async () => {
  project.write('jest/spin.test.cjs', `test('spins', () => { ${told} for (;;); });`);
  writeFileSync(project.path('pids'), '');
  const settings = {
    rootDir: project.path('jest'),
    transform: {},
    testMatch: ['**/*.test.cjs'],
    reporters: [join(root, 'dist', 'cjs', 'reports', 'reporter.js')],
  };
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '-i', '--config', JSON.stringify(settings)],
    { cwd: project.path('jest'), env: { ...process.env, ...env }, stdio: 'ignore' },
  );
  await until(() => pids().length === 1);
  expect(folders()).toHaveLength(1);
  child.kill('SIGINT');
  await until(() => !running(child.pid!) && folders().length === 0);
});

test('a gate that takes too long is not judged, and the others are; one after the other, in processes of their own', async () => {
  config(
    'slow.config.cjs',
    gate('spins', spin, 'seconds: 1'),
    gate('waits', silent, 'seconds: 1'),
    gate('a missing model', `'a.safetensors'`),
  );
  writeFileSync(project.path('pids'), '');
  const { code, stdout, stderr } = await project.run(['gate', 'slow.config.cjs', '--workers', '1', '--json']);
  expect({ code, stdout, stderr }).toMatchObject({ code: 2 });
  const { checks } = JSON.parse(stdout) as {
    checks: { test: string; status: string; error: { code: string; what: string } }[];
  };
  expect(checks.map(({ test: name, status, error }) => [name, status, error.code, error.what])).toEqual([
    ['spins', 'not judged', 'CANCELLED', 'the gate was not finished after 1.0 s, its limit'],
    ['waits', 'not judged', 'CANCELLED', 'the gate was not finished after 1.0 s, its limit'],
    ['a missing model', 'not judged', 'BAD_FILE', expect.any(String)],
  ]);
  await until(() => !pids().some(running) && folders().length === 0);
});

test('too few file handles, or no temporary folder: exit 2, which says so', async () => {
  config('some.config.cjs', gate('a missing model', `'a.safetensors'`));
  for (const limit of [20, 26]) {
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', `ulimit -n ${limit}; exec "$0" "$@"`, process.execPath, main, 'gate', 'some.config.cjs'],
      { cwd: project.folder, encoding: 'utf8', env: { ...process.env, ...env, FORCE_COLOR: '0' } },
    );
    expect({ limit, status, stderr, stdout }).toMatchObject({ status: 2 });
    expect(stdout + stderr).not.toMatch(/please report|\n {4}at /);
    expect(stdout + stderr).toContain('too many files are open; raise the limit (ulimit -n 1024)');
  }
  const { code, stderr } = await project.run(['gate', 'some.config.cjs'], { TMPDIR: project.path('nowhere') });
  expect(code).toBe(2);
  expect(stderr).toContain('the temporary folder cannot be used (ENOENT)');
  expect(stderr).toContain(`at: ${project.path('nowhere')}`);
  expect(stderr).not.toMatch(/please report|\n {4}at /);
});
