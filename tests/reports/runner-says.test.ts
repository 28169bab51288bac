/** What Jest says of a test and what the report says of its checks, in one real run of Jest; and its junit.xml, with Jest's colours on. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Check } from '../../reports/schema.js';
import { testUnless } from '../helpers/unless.js';
import { makeCheck, makeUnjudged } from './evidence.js';
import { JestProject, type Run } from './jest-project.js';
import { all, parseJunit, type Element } from './junit-form.js';

const project = new JestProject();
afterAll(() => project.remove());

const ok = `leave('held');`;
const bad = `leave('violated'); throw new Error(red('violated') + ' <here> & "there"');`;

/** name: source, what the report says of the checks */
type Said = readonly [status: Check['status'], says?: 'aside' | 'failed'];
const cases: readonly (readonly [name: string, source: string, ...said: Said[]])[] = [
  ['holds', `test('holds', () => { ${ok} });`, ['held']],
  ['fails', `test('fails', () => { ${bad} });`, ['violated']],
  ['known', `test.failing('known', () => { ${bad} });`, ['violated', 'aside']],
  ['known, of several', `test.failing('known, of several', () => { ${ok} ${bad} });`, ['held'], ['violated', 'aside']],
  ['known no more', `test.failing('known no more', () => { ${ok} });`, ['held', 'failed']],
  ['known of each 1', `test.failing.each([1, 2])('known of each %i', () => { ${bad} });`, ['violated', 'aside']],
  ['known of each 2', '', ['violated', 'aside']],
  ['skipped', `test.skip('skipped', () => { ${bad} });`],
  ['to do', `test.todo('to do');`],
  ['caught', `test('caught', () => { try { ${bad} } catch {} });`, ['violated', 'aside']],
  ['cannot, as expected', `test('cannot, as expected', () => { leave('cannot'); });`, ['not judged', 'aside']],
  ['other reason', `test('other reason', () => { ${ok} expect(1).toBe(2); });`, ['held', 'failed']],
  ['one of two', `test('one of two', () => { ${ok} ${bad} });`, ['held'], ['violated']],
  // of one name: the first fails, the second does not
  ['same', `test.each([1, 2])('same', (n) => { if (n === 1) { ${bad} } else { ${ok} } });`, ['violated'], ['held']],
  [
    'beside',
    `test.concurrent('beside', async () => { ${ok} });\ntest.concurrent.failing('beside, known', async () => { ${bad} });`,
    ['held'],
  ],
  ['beside, known', '', ['violated', 'aside']],
];
const retried = `jest.retryTimes(1);
const tries = {};
const second = (name) => (tries[name] = (tries[name] ?? 0) + 1) === 2;
test('better the second time', () => { if (second('a')) { ${ok} } else { ${bad} } });
test('never better', () => { ${bad} });
test('worse the second time', () => { if (second('b')) throw new Error('before its check'); ${bad} });
test('held, and failed twice', () => { ${ok} throw new Error('other'); });
test.failing('known, twice', () => { ${bad} });`;

let run: Run;
let xml: Element;
beforeAll(() => {
  project.checks({
    held: makeCheck({ m1: 20, m2: 20, seed: 4 }),
    violated: makeCheck({ offset: 3, seed: 8 }),
    cannot: makeUnjudged(),
  });
  project.spec('a', cases.map(([, source]) => source).join('\n'));
  project.spec('b', retried);
  project.spec('broken', `test('never', () => {});\nthrow new Error(red('broken') + ' at the top');`);
  // a check in a hook of a block is no check of the test before it
  project.spec(
    'blocks',
    `test.failing('known', () => { throw new Error('x'); });
describe('of a block', () => { beforeAll(() => { leave('violated'); throw new Error('in a hook'); }); test('not reached', () => {}); });`,
  );
  project.spec('caught', `beforeAll(() => { leave('violated'); });\ntest('passes', () => {});`);
  project.spec('hook', `afterAll(() => { throw new Error('in a hook'); });\ntest('before the hook', () => { ${ok} });`);
  run = project.jest({ out: 'out' }, { FORCE_COLOR: '1' });
  if (!existsSync(`${project.folder}/out`)) throw new Error(run.output);
});

const saysOf = (file: string): [string, Said][] =>
  project
    .report()
    .checks.filter((check) => check.file === `${file}.spec.cjs`)
    .map(({ test, status, aside, testFailed }) => [
      test,
      aside !== undefined ? [status, 'aside'] : testFailed !== undefined ? [status, 'failed'] : [status],
    ]);

describe('the report', () => {
  test('a check counts where it decided its test', () => {
    const expected = cases.flatMap(([name, , ...said]) => said.map((one): [string, Said] => [name, one]));
    const byName = (a: [string, Said], b: [string, Said]): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
    expect(saysOf('a')).toEqual([...expected].sort(byName));
  });

  test('of tests that are run again, the last try that made a check', () => {
    expect(saysOf('b')).toEqual([
      ['better the second time', ['violated', 'aside']],
      ['better the second time', ['held']],
      ['held, and failed twice', ['held', 'aside']],
      ['held, and failed twice', ['held', 'failed']],
      // Jest does not run again what fails as it should
      ['known, twice', ['violated', 'aside']],
      ['never better', ['violated', 'aside']],
      ['never better', ['violated']],
      ['worse the second time', ['violated']],
    ]);
  });

  test('a check in beforeAll or afterAll is of no test, and counts unless Jest passes the file', () => {
    expect(saysOf('blocks')).toEqual([['(beforeAll or afterAll)', ['violated']]]);
    expect(saysOf('caught')).toEqual([['(beforeAll or afterAll)', ['violated', 'aside']]]);
  });

  test('what broke outside the tests of a file is heard', () => {
    const [check] = project.report().checks.filter(({ file }) => file === 'hook.spec.cjs');
    expect(check).toMatchObject({ status: 'held', testFailed: 'in a hook' });
  });

  test('totals, exit code and words leave aside what does not count', () => {
    const { totals, exitCode, checks } = project.report();
    const aside = checks.filter((check) => check.aside !== undefined).length;
    expect(totals.aside).toBe(aside);
    expect(totals.held + totals.violated + totals.notEstablished + totals.notJudged + aside).toBe(checks.length);
    // the one that cannot be judged is expected by its test: 1, not 2
    expect({ notJudged: totals.notJudged, exitCode, status: run.status }).toEqual({
      notJudged: 0,
      exitCode: 1,
      status: 1,
    });
    const of = (name: string): Check => checks.find((check) => check.test === name)!;
    expect(of('known').aside).toBe('the test is marked as failing (test.failing), and fails');
    expect(of('other reason').testFailed).toBe('Error: expect(received).toBe(expected) // Object.is equality');
    expect(of('better the second time').aside).toBe('try 1 of 2: Jest ran the test again');
    for (const text of [project.read('summary.md'), project.read('report.html'), run.output])
      expect(text).toContain(`${aside} do not count.`);
  });
});

describe('junit.xml', () => {
  beforeAll(() => {
    const parsed = parseJunit(project.read('junit.xml'));
    expect(parsed.wrong).toEqual([]);
    xml = parsed.root;
  });
  const named = (name: string): Element => all(xml, 'testcase').find((one) => one.attributes['name'] === name)!;

  test('no escape codes, though Jest colours its messages', () => {
    expect(run.output).toContain('\u001b[');
    // oxlint-disable-next-line no-control-regex
    expect([...project.read('junit.xml').matchAll(/(\u001b|\ufffd|\\u001b|\[\d+m).*/g)].map(String)).toEqual([]);
  });

  test('says of each test what Jest says', () => {
    const said = (name: string): string[] =>
      named(name)
        .children.map((child) => child.name)
        .filter((one) => one !== 'system-out');
    expect(['holds', 'known', 'caught', 'better the second time'].map(said)).toEqual([[], [], [], []]);
    expect(['fails', 'known no more', 'other reason', 'never better'].map(said)).toEqual([
      ['failure'],
      ['failure'],
      ['failure'],
      ['failure'],
    ]);
    expect(['skipped', 'to do'].map(said)).toEqual([['skipped'], ['skipped']]);
  });

  test('counts what it holds: errors apart from failures', () => {
    for (const suite of all(xml, 'testsuite')) {
      const { tests, failures, errors, skipped } = suite.attributes;
      const count = (name: string): number => all(suite, 'testcase').filter((one) => all(one, name).length > 0).length;
      expect({
        tests: Number(tests),
        failures: Number(failures),
        errors: Number(errors),
        skipped: Number(skipped),
      }).toEqual({
        tests: all(suite, 'testcase').length,
        failures: count('failure'),
        errors: count('error'),
        skipped: count('skipped'),
      });
    }
    expect(
      all(xml, 'testsuite')
        .map(({ attributes }) => [attributes['name'], attributes['errors']])
        .sort(),
    ).toEqual([
      ['a.spec.cjs', '0'],
      ['b.spec.cjs', '0'],
      ['blocks.spec.cjs', '0'],
      ['broken.spec.cjs', '1'],
      ['caught.spec.cjs', '0'],
      ['hook.spec.cjs', '1'],
    ]);
    const sum = (name: string): number =>
      all(xml, 'testsuite').reduce((total, { attributes }) => total + Number(attributes[name]), 0);
    for (const name of ['tests', 'failures', 'errors']) expect(xml.attributes[name]).toBe(String(sum(name)));
  });

  test('a message for each, from the check where that is why', () => {
    for (const one of [...all(xml, 'failure'), ...all(xml, 'error')]) expect(one.attributes['message']).toMatch(/\w/);
    expect(all(xml, 'error').map(({ attributes }) => attributes['message'])).toEqual(
      expect.arrayContaining(['in a hook', 'broken at the top']),
    );
    expect(all(named('fails'), 'failure')[0]!.attributes).toEqual({
      message: expect.stringContaining('in different ways (expected equivalent)'),
      type: 'violated',
    });
    expect(all(named('other reason'), 'failure')[0]!.attributes['message']).toBe(
      'Error: expect(received).toBe(expected) // Object.is equality',
    );
    expect(all(named('fails'), 'failure')[0]!.text).toContain('violated <here> & "there"');
  });

  test('tests of one name keep their own values', () => {
    const values = all(xml, 'testcase')
      .filter((one) => one.attributes['name'] === 'same')
      .map((one) => all(one, 'system-out')[0]!.text.split('\n')[0]);
    expect(values).toEqual(['[[PROPERTY|congruity.status=violated]]', '[[PROPERTY|congruity.status=held]]']);
  });

  test('every file names the run', () => {
    const { run: id } = project.report();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    for (const suite of all(xml, 'testsuite'))
      expect(all(suite, 'property').map(({ attributes }) => attributes)).toEqual([
        { name: 'congruity.run', value: id },
      ]);
    for (const name of ['report.html', 'summary.md']) expect(project.read(name)).toContain(id);
  });

  // a second opinion on whether it is XML at all; the schema itself is Jenkins' own and not kept here
  const xmllint = ['/usr/bin/xmllint', '/usr/local/bin/xmllint'].find((path) => existsSync(path));
  testUnless(!xmllint && 'xmllint is not installed')('is XML to xmllint as well', () => {
    const { status, stderr } = spawnSync(xmllint!, ['--noout', '-'], {
      input: project.read('junit.xml'),
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
