/** junit.xml of a report: the form of Jenkins' schema, whatever names and times are. Of runs of Jest and Vitest: runner-says.test.ts and the consumer test. */
import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { resultsOf, toJunit } from '../../reports/junit.js';
import type { Check } from '../../reports/schema.js';
import { makeCheck, makeUnjudged, reportOf } from './evidence.js';
import { all, parseJunit } from './junit-form.js';

const names = [
  'release 2',
  '<script>alert(1)</script> & "quoted"',
  ']]> <!-- -->',
  'null \u0000 and \u001b[31mred',
  'a dollar $& and $1',
  '\ud800 \uffff \u202e',
  '\u{1f680}'.repeat(100),
];

test('every verdict, each name as a test, a file and a message; times of three decimals at most', async () => {
  const verdicts = [
    makeCheck({ m1: 20, m2: 20, seed: 4 }),
    makeCheck({ m1: 20, m2: 20, offset: 3 }),
    makeCheck({ m1: 3, m2: 3 }),
    makeUnjudged({}),
  ];
  const checks = names.flatMap((name) =>
    verdicts.map((check, i): Check => {
      const evidence = check.evidence && { ...check.evidence, seconds: 1.234567891 * (i + 1) };
      const error = check.error && { ...check.error, what: name, where: name };
      return { ...check, test: `${name} ${i}`, file: name, ...(evidence && { evidence }), ...(error && { error }) };
    }),
  );
  const report = reportOf(...checks);
  const { results, checksOf } = resultsOf(report);
  const { root, wrong } = parseJunit(await toJunit(results, checksOf, tmpdir(), report));
  expect(wrong).toEqual([]);
  const count = (name: string): number => all(root, name).length;
  expect([count('testsuite'), count('testcase'), count('failure'), count('error')]).toEqual([7, 28, 14, 7]);
  expect(root.attributes).toMatchObject({ tests: '28', failures: '14', errors: '7' });
  expect(all(root, 'testsuite')[4]!.attributes['name']).toContain('a dollar $& and $1');
  expect(all(root, 'testsuite')[0]!.attributes['time']).toBe('7.407');
});
