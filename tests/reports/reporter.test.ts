/** The built reporter in a real Jest run: evidence from several workers, plain tests beside it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Check, Report } from '../../reports/schema.js';
import { makeCheck, makeUnjudged } from './evidence.js';

const root = join(__dirname, '..', '..');
const built = join(root, 'dist', 'cjs');
if (!existsSync(built)) throw new Error('the package is not built: npm run build');

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-reporter-')));
// of its own: other tests leave evidence in the common one at the same time
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-reporter-tmp-')));
afterAll(() => {
  for (const one of [folder, temporary]) rmSync(one, { recursive: true, force: true });
});

/** A test that leaves these checks, with what is not JSON given as source. */
const leaving = (title: string, checks: readonly (Check | string)[], body = ''): string => `
test(${JSON.stringify(title)}, () => {
  const { recordCheck } = require(${JSON.stringify(join(built, 'matchers', 'record.js'))});
  ${checks.map((check) => (typeof check === 'string' ? check : `recordCheck({ ...${JSON.stringify(check)}, file: require('node:path').relative(process.cwd(), expect.getState().testPath), test: expect.getState().currentTestName });`)).join('\n  ')}
  ${body}
});`;

function jest(options: object, extra: Record<string, string> = {}): { status: number | null; output: string } {
  const config = { rootDir: folder, transform: {}, testMatch: ['**/*.spec.cjs'], reporters: ['default', [join(built, 'reports', 'reporter.js'), options]] };
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (/^(CONGRUITY_|JEST_|NODE_OPTIONS$|FORCE_COLOR$|GITHUB_)/.test(name)) delete env[name];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', JSON.stringify(config), '-w', '2'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, TMPDIR: temporary, TEMP: temporary, TMP: temporary, NO_COLOR: '1', ...extra },
  });
  return { status, output: stdout + stderr };
}
const spec = (name: string, text: string): void => writeFileSync(join(folder, `${name}.spec.cjs`), text);
const reset = (): void => readdirSync(folder).forEach((name) => rmSync(join(folder, name), { recursive: true }));
const report = (): Report => JSON.parse(readFileSync(join(folder, 'out', 'report.json'), 'utf8')) as Report;
const evidenceFolders = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('congruity-evidence-'));

describe('a run with checks', () => {
  let run: { status: number | null; output: string };
  let before: string[];
  const hostile = 'a "name" <with> $& all & \u0001 sorts';
  const violated = makeCheck({ offset: 3, seed: 8 });
  beforeAll(() => {
    reset();
    before = evidenceFolders();
    spec('b', `describe('group', () => {${leaving('holds', [makeCheck({ m1: 20, m2: 20, seed: 4 })])}${leaving(hostile, [violated], 'expect(1).toBe(2);')}});`);
    spec('a', `${leaving('two', [makeCheck({ seed: 1, m1: 20, m2: 20 }), makeCheck({ seed: 2, m1: 20, m2: 20 })])}\ntest('plain', () => {});`);
    // a user's own settings for jest-junit are not for our file
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ 'jest-junit': { outputFile: 'elsewhere.xml', classNameTemplate: 'no' } }));
    run = jest({ out: 'out' }, { JEST_JUNIT_OUTPUT_NAME: 'other.xml', GITHUB_STEP_SUMMARY: join(folder, 'step.md') });
  });

  test('Jest decides its own exit code, and both are heard', () => {
    expect(run).toMatchObject({ status: 1 });
    expect(run.output).toContain('Tests:       1 failed, 3 passed, 4 total');
    expect(run.output).toContain('Report: out');
    expect(run.output).toMatch(/✓ group holds – held: strangers .* farther than siblings, margin 25 %/);
  });
  test('report.json: by file and test, whichever worker was first', () => {
    const { checks, totals } = report();
    expect(checks.map((check) => [check.file, check.test, check.evidence!.seed])).toEqual([
      ['a.spec.cjs', 'two', 1],
      ['a.spec.cjs', 'two', 2],
      ['b.spec.cjs', `group ${hostile}`, 8],
      ['b.spec.cjs', 'group holds', 4],
    ]);
    expect(totals).toMatchObject({ held: 3, violated: 1 });
  });
  test('junit.xml: every test, values where there are some, several checks under their own prefix', () => {
    expect(readdirSync(folder).filter((name) => name.endsWith('.xml'))).toEqual([]);
    const xml = readFileSync(join(folder, 'out', 'junit.xml'), 'utf8');
    const cases = Object.fromEntries(xml.split('<testcase ').slice(1).map((one) => [/ name="([^"]*)"/.exec(one)![1], one]));
    expect(Object.keys(cases).sort()).toEqual(['a &quot;name&quot; &lt;with&gt; $&amp; all &amp; \ufffd sorts', 'holds', 'plain', 'two']);
    expect(cases['plain']).not.toContain('[[PROPERTY|');
    expect(cases['two']).toContain('[[PROPERTY|seed=1]]\n');
    expect(cases['two']).toContain('[[PROPERTY|check2.seed=2]]\n');
    expect(cases['holds']).toContain('classname="group"');
    const { judgement } = violated.evidence!;
    const failed = Object.values(cases).find((one) => one.includes('<failure '))!;
    for (const [name, value] of [
      ['congruity.outcome', 'different'],
      ['excess.baseline.low', judgement.sides[0].excess.low],
      ['T1', judgement.sides[0].T.estimate],
      ['energy.p', judgement.energy.p],
      ['acceptance.candidate', 0.5],
    ])
      expect(failed).toContain(`[[PROPERTY|${name}=${value}]]`);
    // oxlint-disable-next-line no-control-regex
    expect(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(xml)).toBe(false);
  });
  test('page, summary and step summary are there, and the evidence is gone', () => {
    for (const name of ['report.html', 'summary.md']) expect(existsSync(join(folder, 'out', name))).toBe(true);
    expect(readFileSync(join(folder, 'step.md'), 'utf8')).toBe(readFileSync(join(folder, 'out', 'summary.md'), 'utf8'));
    expect(evidenceFolders().filter((name) => !before.includes(name))).toEqual([]);
  });
});

describe('evidence that is none', () => {
  const nan = `const check = ${JSON.stringify(makeCheck())};
  check.evidence.judgement.energy.p = NaN;
  recordCheck({ ...check, test: 'with NaN' });`;
  test('fails the run even where the test passed: a NaN, half a line', () => {
    reset();
    spec('a', leaving('passes', [nan, `require('node:fs').appendFileSync(require('node:path').join(process.env.CONGRUITY_EVIDENCE, 'x.jsonl'), '{"file":"a');`]));
    const { status, output } = jest({ out: 'out' });
    expect({ status, output }).toMatchObject({ status: 1 });
    const { checks, exitCode } = report();
    expect(exitCode).toBe(2);
    expect(checks.map((check) => [check.status, check.error!.code])).toEqual([
      ['not judged', 'BAD_EVIDENCE'],
      ['not judged', 'BAD_EVIDENCE'],
    ]);
    expect(checks.find((check) => check.test === 'with NaN')!.error!.where).toBe('evidence.judgement.energy.p');
  });
});

test('what was not judged is in the report', () => {
  reset();
  spec('a', leaving('cannot', [makeUnjudged()], 'throw new Error("cannot");'));
  expect(jest({ out: 'out', html: false, summary: false, junit: false, terminal: false }).output).not.toContain('Report: out');
  expect(readdirSync(join(folder, 'out'))).toEqual(['report.json']);
  expect(report()).toMatchObject({ exitCode: 2, totals: { notJudged: 1 } });
});

test('where no test has a check, nothing is written', () => {
  reset();
  spec('a', `test('plain', () => {});`);
  expect(jest({ out: 'out' })).toMatchObject({ status: 0 });
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

test('an unknown option is an error with the nearest known one', () => {
  const { status, output } = jest({ uot: 'x' });
  expect(status).not.toBe(0);
  expect(output).toContain('did you mean "out"?');
});
