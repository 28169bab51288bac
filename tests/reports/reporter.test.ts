/** The built reporter in a real Jest run: evidence from several workers, plain tests beside it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Check } from '../../reports/schema.js';
import { makeCheck, makeUnjudged } from './evidence.js';
import { built, JestProject } from './jest-project.js';

const project = new JestProject();
const { folder, temporary } = project;
afterAll(() => project.remove());

/** A test that leaves these checks, with what is not JSON given as source. */
const leaving = (title: string, checks: readonly (Check | string)[], body = ''): string => `
test(${JSON.stringify(title)}, () => {
  const { recordCheck } = require(${JSON.stringify(join(built, 'congruity.js'))})['matchers/record']();
  ${checks.map((check) => (typeof check === 'string' ? check : `recordCheck({ ...${JSON.stringify(check)}, file: require('node:path').relative(process.cwd(), expect.getState().testPath), test: expect.getState().currentTestName });`)).join('\n  ')}
  ${body}
});`;

const runJest = (
  options: object,
  extra: Record<string, string> = {},
  // the first run has several workers; with one file there is nothing for them to do, and they are started all the same
  args: readonly string[] = ['-i'],
): { status: number | null; output: string } => project.jest(options, { NO_COLOR: '1', ...extra }, args);
const spec = (name: string, text: string): void => writeFileSync(join(folder, `${name}.spec.cjs`), text);
const reset = (): void => project.reset();
const report = (out = 'out') => project.report(out);
const evidenceFolders = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('congruity-evidence-'));

describe('a run with checks', () => {
  let run: { status: number | null; output: string };
  let before: string[];
  const hostile = 'a "name" <with> $& all & \u0001 sorts';
  const violated = makeCheck({ offset: 3, seed: 8 });
  beforeAll(() => {
    reset();
    before = evidenceFolders();
    spec(
      'b',
      `describe('group', () => {${leaving('holds', [makeCheck({ m1: 20, m2: 20, seed: 4 })])}${leaving(hostile, [violated], 'expect(1).toBe(2);')}});`,
    );
    spec(
      'a',
      `${leaving('two', [makeCheck({ seed: 1, m1: 20, m2: 20 }), makeCheck({ seed: 2, m1: 20, m2: 20 })])}\ntest('plain', () => {});`,
    );
    // a user's own settings for jest-junit are not for our file
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ 'jest-junit': { outputFile: 'elsewhere.xml', classNameTemplate: 'no' } }),
    );
    run = runJest(
      { out: 'out' },
      { JEST_JUNIT_OUTPUT_NAME: 'other.xml', GITHUB_STEP_SUMMARY: join(folder, 'step.md') },
      ['-w', '2'],
    );
  });

  test('Jest decides its own exit code, and both are heard', () => {
    expect(run).toMatchObject({ status: 1 });
    expect(run.output).toContain('Tests:       1 failed, 3 passed, 4 total');
    expect(run.output).toContain('Report: out');
    expect(run.output).not.toContain('Not the whole');
    expect(report().partial).toBeUndefined();
    expect(run.output).toMatch(
      /✓ group holds – held: cross-model distance .* (?:larger|smaller) \[.* than within-model distance, tolerance 25 %/,
    );
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
    const cases = Object.fromEntries(
      xml
        .split('<testcase ')
        .slice(1)
        .map((one) => [/ name="([^"]*)"/.exec(one)![1], one]),
    );
    expect(Object.keys(cases).sort()).toEqual([
      'a &quot;name&quot; &lt;with&gt; $&amp; all &amp; \ufffd sorts',
      'holds',
      'plain',
      'two',
    ]);
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
    spec(
      'a',
      leaving('passes', [
        nan,
        `require('node:fs').appendFileSync(require('node:path').join(process.env.CONGRUITY_EVIDENCE, 'x.jsonl'), '{"file":"a');`,
      ]),
    );
    const { status, output } = runJest({ out: 'out' });
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

test('what was not judged is in the report, and no failure in junit.xml', () => {
  reset();
  spec('a', leaving('cannot', [makeUnjudged()], 'throw new Error("cannot");'));
  expect(runJest({ out: 'out', html: false, summary: false, terminal: false }).output).not.toContain('Report: out');
  expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(['junit.xml', 'report.json']);
  expect(report()).toMatchObject({ exitCode: 2, totals: { notJudged: 1 } });
  const xml = project.read('junit.xml');
  expect(xml).toMatch(/<testsuites [^>]* failures="0" errors="1"/);
  expect(xml).toMatch(/<error message="[^"]+" type="not judged">/);
  expect(xml).not.toContain('<failure');
});

test('where no test has a check, nothing is written', () => {
  reset();
  spec('a', `test('plain', () => {});`);
  expect(runJest({ out: 'out' })).toMatchObject({ status: 0 });
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

test('an unknown option is an error with the nearest known one', () => {
  const { status, output } = runJest({ uot: 'x' });
  expect(status).not.toBe(0);
  expect(output).toContain('did you mean "out"?');
});

test('a run of a part says so in each of its files', () => {
  reset();
  spec('a', leaving('of a', [makeCheck({ m1: 20, m2: 20, seed: 4 })]) + leaving('of b', [makeCheck({ offset: 3 })]));
  const { output } = runJest({ out: 'out' }, {}, ['-w', '1', '-t', 'of a', '--shard=1/1', 'a.spec']);
  const partial = 'only tests whose name matches of a; only the test files that match a.spec; shard 1 of 1';
  expect(report()).toMatchObject({ partial, totals: { held: 1, violated: 0 } });
  for (const text of [output, project.read('summary.md'), project.read('report.html')])
    expect(text).toContain(`Not the whole: ${partial}.`);
  expect(project.read('junit.xml')).toContain(`<property name="congruity.partial" value="${partial}"/>`);
});

describe('a place that cannot be written', () => {
  beforeAll(() => {
    reset();
    spec(
      'a',
      leaving(
        'holds',
        [makeCheck({ m1: 20, m2: 20, seed: 4 })],
        `if (process.env.SPOIL) require('node:fs').mkdirSync(process.env.SPOIL, { recursive: true });`,
      ),
    );
  });

  test('is told before any test runs; GITHUB_STEP_SUMMARY by its own name', () => {
    mkdirSync(join(folder, 'bad', 'report.json'), { recursive: true });
    const bad = runJest({ out: 'bad' });
    expect(bad).toMatchObject({
      status: 1,
      output: expect.stringMatching(/The report cannot be written: .*report\.json is a folder/),
    });
    const step = runJest({ out: 'out' }, { GITHUB_STEP_SUMMARY: folder });
    expect(step).toMatchObject({
      status: 1,
      output: expect.stringMatching(/GITHUB_STEP_SUMMARY names: it is not a file/),
    });
    for (const { output } of [bad, step]) expect(output).not.toContain('holds');
  });

  test('where it is only known afterwards, the verdicts are said, the run fails, and the last report is set aside', () => {
    expect(runJest({ out: 'out' }).status).toBe(0);
    rmSync(join(folder, 'out', 'summary.md'));
    const { status, output } = runJest({ out: 'out' }, { SPOIL: join(folder, 'out', 'summary.md', 'x') });
    expect({ status, output }).toMatchObject({
      status: 1,
      output: expect.stringMatching(/✓ holds – held[\s\S]*The report cannot be written/),
    });
    expect(output).not.toContain('Report: out');
    expect(readdirSync(join(folder, 'out')).sort()).toEqual([
      'junit.xml.previous',
      'report.html.previous',
      'report.json.previous',
      'summary.md',
    ]);
  });
});

// a second or two of waiting is what it tests: that nothing more comes
test('--watchAll runs once for each change, and not for its own report', async () => {
  reset();
  spec('a', leaving('holds', [makeCheck({ m1: 20, m2: 20, seed: 4 })]));
  const child = project.start({ out: 'out' }, ['-w', '1', '--watchAll']);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const runs = (): number => output.match(/^Ran all test suites/gm)?.length ?? 0;
  const until = async (wanted: number): Promise<void> => {
    const deadline = Date.now() + 300_000;
    while (runs() < wanted && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect({ runs: runs(), output }).toMatchObject({ runs: wanted });
  };
  try {
    await until(1);
    const { run } = report('coverage/out');
    spec('a', leaving('holds still', [makeCheck({ m1: 20, m2: 20, seed: 4 })]));
    await until(2);
    expect(report('coverage/out').run).not.toBe(run);
    expect(report('coverage/out').checks.map((check) => check.test)).toEqual(['holds still']);
    expect(existsSync(join(folder, 'out'))).toBe(false);
    expect(output).toContain("With '<rootDir>/out/' in watchPathIgnorePatterns it goes there.");
  } finally {
    child.kill('SIGKILL');
  }
});
