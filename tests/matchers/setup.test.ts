/** congruity/setup in a Jest of its own. It uses what is built in dist/. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EvidenceReader, type Recorded } from '../../reports/evidence-folder.js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = join(__dirname, '..', '..');
const built = (...path: string[]): string => JSON.stringify(join(root, 'dist', 'cjs', ...path));
const setup = JSON.stringify(join(root, 'dist', 'cjs', 'matchers', 'setup.js'));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'congruity-setup-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function jestOn(config: object, files: Record<string, string>, environment: NodeJS.ProcessEnv = {}): string {
  for (const name of readdirSync(folder)) if (name.endsWith('.test.js')) rmSync(join(folder, name));
  for (const [name, body] of Object.entries(files)) writeFileSync(join(folder, `${name}.test.js`), body);
  const { NODE_OPTIONS: _1, JEST_WORKER_ID: _2, ...env } = process.env;
  const args = [
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    '--runInBand',
    '--rootDir',
    folder,
    '--config',
    JSON.stringify({ transform: {}, ...config }),
  ];
  return spawnSync(process.execPath, [...args, '--json', '--outputFile', join(folder, 'results.json')], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, NO_COLOR: '1', ...environment },
  }).stderr;
}

/** What Jest says of each file of one run, and how many of its tests passed and failed. */
function eachOf(files: Record<string, string>): (name: string) => { said: string; passed: number; failed: number } {
  const parts = jestOn({}, files).split(/^(?=(?:PASS|FAIL) )/m);
  const { testResults } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as {
    testResults: { name: string; assertionResults: { status: string }[] }[];
  };
  return (name) => {
    const said = parts.find((part) => part.split('\n')[0]!.includes(`${name}.test.js`))!;
    const { assertionResults } = testResults.find((file) => file.name.endsWith(`${name}.test.js`))!;
    const count = (status: string): number => assertionResults.filter((one) => one.status === status).length;
    return { said, passed: count('passed'), failed: count('failed') };
  };
}

const slow = `require(${setup});\ntest('slow', () => new Promise((resolve) => setTimeout(resolve, 2000)));`;

test('a project’s own timeout stands', () => {
  expect(jestOn({ testTimeout: 200 }, { slow })).toContain('Exceeded timeout of 200 ms');
});

const raised = `test('t', () => expect(globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')]).toBe(3600000));`;

test('as a setup file, too, it raises Jest’s default of 5 seconds', () => {
  expect(jestOn({ setupFilesAfterEnv: [JSON.parse(setup)] }, { raised })).toMatch(/Tests:\s+1 passed/);
});

test('without globals the error says what to do', () => {
  expect(jestOn({ injectGlobals: false }, { one: `require(${setup});` })).toMatch(
    /there is no global expect to extend[^]*injectGlobals: false/,
  );
});

describe('required by test files', () => {
  // a matcher that never ends by itself and stops when it is told to, a little later
  const patient = `const { tracked } = require(${built('congruity.js')})['matchers/pending']();
let running = 0;
const patient = (test) => tracked(test, 'toWait', (signal, say) => new Promise((_, reject) => {
  running++;
  say('3 of at most 40 rows');
  signal.addEventListener('abort', () => setTimeout(() => { running--; reject(signal.reason); }, 50));
}));`;
  const next = `test('next', () => expect(running).toBe(0));`;
  let of: ReturnType<typeof eachOf>;
  beforeAll(() => {
    const files = {
      raised,
      there: `test('t', () => expect(typeof expect(1).toBeInterpretivelyEquivalent).toBe('function'));`,
      'out-of-time': `${patient}\ntest('slow', () => patient('slow'), 200);\n${next}`,
      forgotten: `${patient}
test('beside', async () => { await Promise.all([patient('beside'), Promise.reject(new Error('mine'))]); });
test('forgot', () => void patient('forgot'));
${next}`,
      concurrent: `${patient}\ndescribe('both', () => { test.concurrent('slow', () => patient('both slow'), 200); test.concurrent('forgot', async () => void patient('both forgot')); });`,
    };
    of = eachOf(Object.fromEntries(Object.entries(files).map(([name, body]) => [name, `require(${setup});\n${body}`])));
  });

  test.each([
    ['Jest’s default of 5 seconds is raised', 'raised'],
    ['the matcher is there', 'there'],
  ])('%s', (_, name) => expect(of(name)).toMatchObject({ passed: 1, failed: 0 }));

  test('a matcher whose test runs out of time is stopped before the next test, says how far it was, and is not called forgotten', () => {
    const { said, passed, failed } = of('out-of-time');
    expect(said).toMatch(/Exceeded timeout of 200 ms/);
    expect(said).toMatch(/toWait had not finished when its test ran out of time \(0\.2 s\): 3 of at most 40 rows/);
    expect(said).not.toMatch(/not awaited/);
    expect({ passed, failed }).toEqual({ passed: 1, failed: 1 });
  });

  test('a matcher beside what failed its test is stopped and not called forgotten; one that its test forgot is', () => {
    const { said, passed, failed } = of('forgotten');
    expect([...new Set(said.match(/toWait was not awaited in "\w+"/g))]).toEqual([
      'toWait was not awaited in "forgot"',
    ]);
    // no frames of ours
    expect(said).not.toMatch(/(?:setup|congruity)\.js:\d/);
    expect(said).toMatch(/mine/);
    expect({ passed, failed }).toEqual({ passed: 1, failed: 2 });
  });

  test('so it is with concurrent tests', () => {
    const { said } = of('concurrent');
    expect(said).toMatch(/Exceeded timeout of 200 ms/);
    expect([...new Set(said.match(/\S+ (was|were) not awaited/g))]).toEqual(['toWait was not awaited']);
  });
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
  const said = jestOn({ testTimeout: 20_000 }, { body }, { CONGRUITY_EVIDENCE: folder });
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
