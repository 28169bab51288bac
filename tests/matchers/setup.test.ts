/** congruity/setup in a Jest of its own. It uses what is built in dist/. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EvidenceReader, type Recorded } from '../../reports/evidence-folder.js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = join(__dirname, '..', '..');
const built = (...path: string[]): string => JSON.stringify(join(root, 'dist', 'cjs', ...path));
const setup = JSON.stringify(join(root, 'dist', 'cjs', 'matchers', 'setup.js'));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'congruity-setup-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function jestOn(config: object, body: string, environment: NodeJS.ProcessEnv = {}): string {
  writeFileSync(join(folder, 'one.test.js'), body);
  const { NODE_OPTIONS: _1, JEST_WORKER_ID: _2, ...env } = process.env;
  const args = [
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    '--rootDir',
    folder,
    '--config',
    JSON.stringify({ transform: {}, ...config }),
  ];
  return spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, NO_COLOR: '1', ...environment },
  }).stderr;
}

const slow = `require(${setup});\ntest('slow', () => new Promise((resolve) => setTimeout(resolve, 2000)));`;

test('a project’s own timeout stands', () => {
  expect(jestOn({ testTimeout: 200 }, slow)).toContain('Exceeded timeout of 200 ms');
});

test('Jest’s default of 5 seconds is raised, also where setup is a setup file', () => {
  const body = `test('t', () => expect(globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')]).toBe(3600000));`;
  expect(jestOn({}, `require(${setup});\n${body}`)).toMatch(/Tests:\s+1 passed/);
  expect(jestOn({ setupFilesAfterEnv: [JSON.parse(setup)] }, body)).toMatch(/Tests:\s+1 passed/);
});

test('the matcher is there, and without globals the error says what to do', () => {
  expect(
    jestOn(
      {},
      `require(${setup});\ntest('t', () => expect(typeof expect(1).toBeInterpretivelyEquivalent).toBe('function'));`,
    ),
  ).toMatch(/Tests:\s+1 passed/);
  expect(jestOn({ injectGlobals: false }, `require(${setup});`)).toMatch(
    /there is no global expect to extend[^]*injectGlobals: false/,
  );
});

// a matcher that never ends by itself and stops when it is told to, a little later
const patient = `const { tracked } = require(${built('congruity.js')})['matchers/pending']();
let running = 0;
const patient = (test) => tracked(test, 'toWait', (signal, say) => new Promise((_, reject) => {
  running++;
  say('3 of at most 40 rows');
  signal.addEventListener('abort', () => setTimeout(() => { running--; reject(signal.reason); }, 50));
}));`;

test('a matcher whose test runs out of time is stopped before the next test, says how far it was, and is not called forgotten', () => {
  const said = jestOn(
    {},
    `require(${setup});\n${patient}\ntest('slow', () => patient('slow'), 200);\ntest('next', () => expect(running).toBe(0));`,
  );
  expect(said).toMatch(/Exceeded timeout of 200 ms/);
  expect(said).toMatch(/toWait had not finished when its test ran out of time \(0\.2 s\): 3 of at most 40 rows/);
  expect(said).not.toMatch(/not awaited/);
  expect(said).toMatch(/Tests:\s+1 failed, 1 passed/);
});

test('a matcher beside what failed its test is stopped and not called forgotten; one that its test forgot is', () => {
  const beside = `test('beside', async () => { await Promise.all([patient('beside'), Promise.reject(new Error('mine'))]); });`;
  const forgot = `test('forgot', () => void patient('forgot'));`;
  const said = jestOn(
    {},
    `require(${setup});\n${patient}\n${beside}\n${forgot}\ntest('next', () => expect(running).toBe(0));`,
  );
  expect([...new Set(said.match(/toWait was not awaited in "\w+"/g))]).toEqual(['toWait was not awaited in "forgot"']);
  // no frames of ours
  expect(said).not.toMatch(/setup\.js:\d/);
  expect(said).toMatch(/mine/);
  expect(said).toMatch(/Tests:\s+2 failed, 1 passed/);
});

test('so it is with concurrent tests', () => {
  const said = jestOn(
    {},
    `require(${setup});\n${patient}\ndescribe('both', () => { test.concurrent('slow', () => patient('both slow'), 200); test.concurrent('forgot', async () => void patient('both forgot')); });`,
  );
  expect(said).toMatch(/Exceeded timeout of 200 ms/);
  expect([...new Set(said.match(/\S+ (was|were) not awaited/g))]).toEqual(['toWait was not awaited']);
});

test('a comparison says how far it was when a test of half a second is over', () => {
  const model = (name: string): string =>
    JSON.stringify(join(root, 'examples', 'modular-addition', 'models', `${name}.safetensors`));
  const body = `require(${setup});
const { accuracy, load, pairs, range, task } = require(${built('index.js')});
const on = task({ name: 'addition', inputs: pairs(range(43), range(43)), behaviour: accuracy(([a, b]) => (a + b) % 43), threshold: { atLeast: 0.99 } });
let sides;
beforeAll(async () => { sides = [await load(${model('released')}), await load(${model('quantised')})]; }, 60000);
test('short', async () => { await expect(sides[0]).toBeInterpretivelyEquivalent(sides[1], { on, inputs: 400 }); }, 500);`;
  const said = jestOn({ testTimeout: 20_000 }, body, { CONGRUITY_EVIDENCE: folder });
  expect(said).toMatch(
    /toBeInterpretivelyEquivalent had not finished when its test ran out of time \(0\.5 s\): looking for components [a-z ]+: [\d ]+ of at most [\d ]+ rows/,
  );
  expect(said).not.toMatch(/not awaited/);
  const [{ check: record }] = new EvidenceReader(folder).next(true) as [Recorded];
  expect(record).toMatchObject({
    test: 'short',
    status: 'not judged',
    error: { code: 'CANCELLED', what: expect.stringMatching(/ran out of time \(0\.5 s\)/) },
  });
});
