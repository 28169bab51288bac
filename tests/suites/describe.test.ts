/** Suites as tests in a project of a user's own, run by Jest: a suite of theirs and one of ours; what fails, what is refused, and what is gone on from. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Project, environment, root } from '../cli/command.js';

const project = new Project();
afterAll(() => project.remove());

const entry = join(root, 'dist', 'cjs', 'suites', 'index.js');
const model = join(root, 'lab', 'language-models', 'models', 'gpt2-avoid-small-1');

/** Throws what is left of the throws asked for, and keeps how many each run threw. */
const coins = `
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const z = require(${JSON.stringify(join(root, 'node_modules', 'zod'))});
module.exports = {
  name: 'coins',
  description: 'how often a coin falls on its head',
  schema: z.strictObject({ throws: z.int().min(1).default(60), broken: z.boolean().default(false), slow: z.boolean().default(false) }),
  async run({ throws, broken, slow }, { path, signal, estimated, resumed, progress }) {
    const kept = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { runs: [], heads: 0 };
    if (kept.runs.length > 0) resumed();
    else estimated({ seconds: 0, rows: throws });
    if (broken) throw new Error('the coin is lost');
    if (slow) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    const done = kept.runs.reduce((a, b) => a + b, 0);
    const end = slow ? done + 1 : throws;
    for (let i = done; i < end; i++) kept.heads += (i * 7919) % 2;
    kept.runs.push(end - done);
    writeFileSync(path, JSON.stringify(kept));
    progress(end / throws, 'throwing');
    return {
      complete: end === throws,
      checks: [
        { name: 'some heads', failure: kept.heads > 0 ? undefined : 'none' },
        { name: 'heads alone', failure: kept.heads === throws ? undefined : \`\${throws - kept.heads} of \${throws} fell on the tail\` },
        { name: 'tails alone', failure: kept.heads === 0 ? undefined : \`\${kept.heads} of \${throws} fell on the head\` },
      ],
      text: () => '',
      html: () => \`<p>\${kept.heads} heads</p>\`,
    };
  },
};
`;

const files: Readonly<Record<string, string>> = {
  theirs: `
const { describeSuite, ioi } = require(${JSON.stringify(entry)});
const coins = require('./coins.js');
const called = (name) => ({ ...coins, name });
describeSuite(called('named'), { throws: 60 }, { out: 'named', checks: ['some heads', 'heads alone', 'some head'] });
describeSuite(called('all'), {}, { out: 'all' });
describeSuite(called('broken'), { broken: true }, { out: 'broken' });
describeSuite(called('slow'), { slow: true }, { out: 'slow', seconds: 0.2, checks: ['some heads'] });
describe('refused', () => {
  test('options of the suite', () => {
    expect(() => describeSuite(coins, { throw: 60 })).toThrow(/unknown option "throw"[^]*options of coins[^]*throws/);
    expect(() => describeSuite(ioi, { models: ['alone'] })).toThrow(/2 or more paths of language models are needed, and 1 was given[^]*models: \\["path/);
  });
  test('options of describeSuite', () => {
    expect(() => describeSuite(coins, {}, { check: ['some heads'] })).toThrow(/unknown option "check"[^]*checks/);
    expect(() => describeSuite(coins, {}, { checks: [] })).toThrow(/nothing would be checked/);
    expect(() => describeSuite(coins, {}, { checks: ['some heads', 'some heads'] })).toThrow(/names a check twice/);
    expect(() => describeSuite(coins, {}, { seconds: 0 })).toThrow(/must be above 0/);
    expect(() => describeSuite(coins, {}, { seconds: 1e9 })).toThrow(/no timer waits longer/);
    expect(() => describeSuite(coins, {}, { out: ' ' })).toThrow(/it is empty/);
  });
  test('what is no suite', () => {
    expect(() => describeSuite({ name: 'coins' }, {})).toThrow(/this is no suite/);
    expect(() => describeSuite(undefined, {})).toThrow(/this is no suite/);
  });
});
`,
  ours: `
const { describeSuite, ioi } = require(${JSON.stringify(entry)});
describeSuite(ioi, { models: [${JSON.stringify(model)}, './copy'], inputs: 40, draws: 4 }, {
  out: 'ours',
  checks: ['copy does the task', 'gpt2-avoid-small-1 and copy are equivalent', 'copy and gpt2-avoid-small-1 are equivalent'],
});
`,
};

interface Ran {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** The tests of each suite: title, whether it passed, and why not. */
function jest(...args: readonly string[]): Map<string, (readonly [string, string, string])[]> {
  const config = { rootDir: project.folder, transform: {} };
  const out = project.path('results.json');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--config',
      JSON.stringify(config),
      '-i',
      '--json',
      '--outputFile',
      out,
      ...args,
    ],
    { cwd: project.folder, encoding: 'utf8', env: environment({ NO_COLOR: '1' }) },
  );
  if (!existsSync(out)) throw new Error(stdout + stderr);
  const { testResults } = JSON.parse(readFileSync(out, 'utf8')) as Ran;
  const found = new Map<string, (readonly [string, string, string])[]>();
  for (const { assertionResults } of testResults)
    for (const { ancestorTitles, title, status, failureMessages } of assertionResults) {
      const suite = ancestorTitles[0]!;
      found.set(suite, [...(found.get(suite) ?? []), [title, status, failureMessages.join('\n')]]);
    }
  return found;
}

const kept = (...names: string[]): { runs: number[]; heads: number } =>
  JSON.parse(readFileSync(project.path(...names), 'utf8')) as { runs: number[]; heads: number };

let first: ReturnType<typeof jest>;
beforeAll(() => {
  project.write('package.json', '{}');
  project.write('coins.js', coins);
  cpSync(model, project.path('copy'), { recursive: true });
  for (const [name, body] of Object.entries(files)) project.write(`${name}.test.js`, body);
  first = jest();
});

const said = (suite: string): (readonly [string, string])[] =>
  first.get(suite)!.map(([title, status]) => [title, status] as const);

test('each check that is named is a test; one that fails fails it with its reason, and a name that is no check is an error with what there is', () => {
  expect(said('named')).toEqual([
    ['runs to its end', 'passed'],
    ['some heads', 'passed'],
    ['heads alone', 'failed'],
    ['some head', 'failed'],
  ]);
  const [, , alone, none] = first.get('named')!;
  expect(alone![2]).toContain('heads alone: 30 of 60 fell on the tail');
  expect(none![2]).toMatch(
    /made no check "some head"[^]*did you mean "some heads"[^]*some heads; heads alone; tails alone/,
  );
});

test('without names one test says which of all checks fail', () => {
  expect(said('all')).toEqual([
    ['runs to its end', 'passed'],
    ['all checks hold', 'failed'],
  ]);
  expect(first.get('all')![1]![2]).toMatch(/heads alone: 30 of 60[^]*tails alone: 30 of 60/);
  expect(first.get('all')![1]![2]).not.toContain('some heads');
});

test('of a suite that fails, or is not finished in its time, every test fails and says so', () => {
  expect(said('broken')).toEqual([
    ['runs to its end', 'failed'],
    ['all checks hold', 'failed'],
  ]);
  for (const [, , why] of first.get('broken')!) expect(why).toContain('the coin is lost');
  expect(said('slow')).toEqual([
    ['runs to its end', 'failed'],
    ['some heads', 'failed'],
  ]);
  for (const [, , why] of first.get('slow')!)
    expect(why).toMatch(/the suite "slow" was not finished after[^]*it goes on from there/);
  // it was told to end, and kept what it had
  expect(kept('slow', 'slow.json').runs).toEqual([1]);
});

test('wrong options are refused where the suite is declared', () => {
  expect(first.get('refused')!.filter(([, status]) => status !== 'passed')).toEqual([]);
  expect(first.get('refused')).toHaveLength(3);
});

test('one of ours at its smallest: a copy does the task, and checks have the names that the page says', () => {
  expect(said('ioi').map(([title]) => title)).toEqual([
    'runs to its end',
    'copy does the task',
    'gpt2-avoid-small-1 and copy are equivalent',
    'copy and gpt2-avoid-small-1 are equivalent',
  ]);
  const [whole, does, equivalent, turned] = first.get('ioi')!;
  expect([whole![1], does![1], turned![1]]).toEqual(['passed', 'passed', 'failed']);
  expect(turned![2]).toMatch(/made no check "copy and gpt2-avoid-small-1 are equivalent"/);
  // with four draws hardly anything is decided: as the result says, so says the test
  const { pairs } = JSON.parse(readFileSync(project.path('ours', 'ioi.json'), 'utf8')) as {
    pairs: readonly { readonly outcome: string; readonly reason: string }[];
  };
  expect(pairs).toHaveLength(1);
  expect(equivalent![1]).toBe(pairs[0]!.outcome === 'equivalent' ? 'passed' : 'failed');
  if (equivalent![1] === 'failed') expect(equivalent![2]).toContain(`${pairs[0]!.outcome}: ${pairs[0]!.reason}`);
});

test('result and page are kept, and the next run goes on from there: nothing is done again, and the same is said', () => {
  expect(kept('named', 'named.json').runs).toEqual([60]);
  expect(readFileSync(project.path('named', 'named.html'), 'utf8')).toBe('<p>30 heads</p>');
  const before = JSON.parse(readFileSync(project.path('ours', 'ioi.json'), 'utf8')) as Record<string, unknown>;
  const again = jest('-t', '^(named|ioi) ');
  for (const suite of ['named', 'ioi'])
    expect(again.get(suite)!.map(([title, status]) => [title, status])).toEqual(said(suite));
  expect(kept('named', 'named.json').runs).toEqual([60, 0]);
  const after = JSON.parse(readFileSync(project.path('ours', 'ioi.json'), 'utf8')) as Record<string, unknown>;
  for (const key of ['models', 'pairs', 'rows', 'contents']) expect(after[key]).toEqual(before[key]);
});

test('one test asked for alone runs the suite as well', () => {
  const alone = jest('theirs.test.js', '-t', 'named heads alone').get('named')!;
  expect(alone.map(([title, status]) => [title, status])).toEqual([
    ['runs to its end', 'pending'],
    ['some heads', 'pending'],
    ['heads alone', 'failed'],
    ['some head', 'pending'],
  ]);
  expect(alone[2]![2]).toContain('30 of 60');
});
