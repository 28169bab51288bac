/** congruity/setup in a Jest of its own. It uses what is built in dist/. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = join(__dirname, '..', '..');
const setup = JSON.stringify(join(root, 'dist', 'cjs', 'matchers', 'setup.js'));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'congruity-setup-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function jestOn(config: object, body: string): string {
  writeFileSync(join(folder, 'one.test.js'), body);
  const { NODE_OPTIONS: _1, JEST_WORKER_ID: _2, ...env } = process.env;
  const args = [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--rootDir', folder, '--config', JSON.stringify({ transform: {}, ...config })];
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: { ...env, NO_COLOR: '1' } }).stderr;
}

const slow = `require(${setup});\ntest('slow', () => new Promise((resolve) => setTimeout(resolve, 2000)));`;

test('a project’s own timeout stands', () => {
  expect(jestOn({ testTimeout: 200 }, slow)).toContain('Exceeded timeout of 200 ms');
});

test('Jest’s default of 5 seconds is raised, also where setup is a setup file', () => {
  const body = `test('t', () => expect(globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')]).toBe(300000));`;
  expect(jestOn({}, `require(${setup});\n${body}`)).toMatch(/Tests:\s+1 passed/);
  expect(jestOn({ setupFilesAfterEnv: [JSON.parse(setup)] }, body)).toMatch(/Tests:\s+1 passed/);
});

test('the matcher is there, and without globals the error says what to do', () => {
  expect(jestOn({}, `require(${setup});\ntest('t', () => expect(typeof expect(1).toBeInterpretivelyEquivalent).toBe('function'));`)).toMatch(/Tests:\s+1 passed/);
  expect(jestOn({ injectGlobals: false }, `require(${setup});`)).toMatch(/there is no global expect to extend[^]*injectGlobals: false/);
});
