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

/** What a model does, and how its gate is told of. */
const hostile: Record<string, readonly [does: string, said: string | RegExp]> = {
  'ends the process': [`process.exit(0);`, 'the gate’s process ended with code 0 before its work was done'],
  aborts: [`process.abort();`, 'the gate’s process was ended by SIGABRT'],
  'throws later': [`setTimeout(() => { throw new Error('later'); }, 1); return new Promise(() => {});`, 'later'],
  'throws what has no words': [`throw { toString() { throw 1; } };`, /./],
  'throws an empty error': [`throw new Error('');`, 'an error without a message'],
  'takes the listeners away': [
    `process.removeAllListeners(); setTimeout(() => { throw 1; }, 1); return new Promise(() => {});`,
    /^the gate’s process ended with code \d before its work was done$/,
  ],
  'cannot exit': [`process.exit = () => {}; setInterval(() => {}, 1000); throw new Error('stays');`, 'stays'],
  'has no JSON': [
    `JSON.stringify = () => '{}'; JSON.parse = () => null; throw new Error('no JSON');`,
    /The evidence is not valid/,
  ],
  'has no environment': [`process.env = {}; process.chdir('/'); throw new Error('nowhere');`, 'nowhere'],
  'writes everywhere': [
    `const { writeSync, closeSync } = require('node:fs');
    const words = ['junk', 'null', '7', '{"type":"finished","problem":{"toString":1}}', '[', '{"type":'].join('\\n');
    for (const fd of [1, 2, 3]) writeSync(fd, words);
    const much = Buffer.alloc(1 << 20, 'x'); for (let i = 0; i < 20; i++) writeSync(1, much);
    closeSync(1); closeSync(2); process.stdout.destroy(); throw new Error('has written');`,
    'has written',
  ],
  'leaves a process that holds its output': [
    `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { detached: true, stdio: 'inherit' });
    require('node:fs').appendFileSync(${JSON.stringify(project.path('left'))}, child.pid + '\\n'); throw new Error('left one');`,
    'left one',
  ],
  'removes what it recorded': [
    `require('node:fs').rmSync(process.env.CONGRUITY_EVIDENCE, { recursive: true }); throw new Error('gone');`,
    /^what the gate recorded is lost: /,
  ],
  'records what is no record': [
    `const fs = require('node:fs'); const at = process.env.CONGRUITY_EVIDENCE;
    fs.mkdirSync(at + '/a.jsonl'); require('node:child_process').spawnSync('mkfifo', [at + '/b.jsonl']);
    fs.writeFileSync(at + '/c.jsonl', ''); fs.truncateSync(at + '/c.jsonl', 5e9); throw new Error('has recorded');`,
    /bytes were recorded at once|has recorded/,
  ],
};

test('a gate that takes too long or whose model does harm is not judged, and the others are, in processes of their own', async () => {
  config(
    'slow.config.cjs',
    gate('spins', spin, 'seconds: 1'),
    gate('waits', silent, 'seconds: 1'),
    ...Object.entries(hostile).map(([name, [does]]) => gate(name, `() => { ${told} ${does} }`, 'seconds: 20')),
    gate('a missing model', `'a.safetensors'`),
  );
  writeFileSync(project.path('pids'), '');
  const { code, stdout, stderr } = await project.run(['gate', 'slow.config.cjs', '--workers', '2', '--json']);
  expect({ code, stdout, stderr }).toMatchObject({ code: 2 });
  const { checks } = JSON.parse(stdout) as {
    checks: { test: string; status: string; error: { code: string; what: string } }[];
  };
  const late = ['CANCELLED', 'the gate was not finished after 1.0 s, its limit'];
  const words = Object.entries(hostile).map(([name, [, said]]) => [
    name,
    'not judged',
    expect.stringMatching(/^(CRASHED|UNEXPECTED|BAD_EVIDENCE)$/),
    typeof said === 'string' ? said : expect.stringMatching(said),
  ]);
  expect(checks.map(({ test: name, status, error }) => [name, status, error.code, error.what])).toEqual([
    ['spins', 'not judged', ...late],
    ['waits', 'not judged', ...late],
    ...words,
    ['a missing model', 'not judged', 'BAD_FILE', expect.any(String)],
  ]);
  // one that left its group is its own
  for (const pid of readFileSync(project.path('left'), 'utf8').trim().split('\n')) process.kill(Number(pid));
  expect(pids()).toHaveLength(2 + words.length);
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
  expect(stderr).toContain('the temporary folder cannot be used: there is no such file or folder (ENOENT)');
  expect(stderr).toContain('  at: nowhere\n');
  expect(stderr).not.toMatch(/please report|\n {4}at /);
});
