/** How far a matcher is, from its process to a terminal. */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { sayer } from '../../matchers/progress.js';
import { makeEvidenceFolder, progressLines, removeEvidenceFolder } from '../../reports/evidence-folder.js';
import CongruityReporter from '../../reports/reporter.js';

const NAMES = ['CONGRUITY_EVIDENCE', 'CONGRUITY_WATCHED'];
const before = NAMES.map((name) => process.env[name]);
const tty = process.stderr.isTTY;
afterEach(() => {
  jest.restoreAllMocks();
  process.stderr.isTTY = tty;
  NAMES.forEach((name, i) => (before[i] === undefined ? delete process.env[name] : (process.env[name] = before[i])));
});

test('whole lines are read once, of every process; no name can move the cursor', () => {
  const folder = makeEvidenceFolder();
  const said = new Map<string, number>();
  appendFileSync(join(folder, '2.progress'), 'b: 1\nb: 2');
  appendFileSync(join(folder, '1.progress'), 'a\u001b[2J: 1\n');
  expect(progressLines(folder, said)).toEqual(['a\ufffd[2J: 1', 'b: 1']);
  appendFileSync(join(folder, '2.progress'), '3\nb: 4\n');
  expect(progressLines(folder, said)).toEqual(['b: 23', 'b: 4']);
  expect(progressLines(folder, said)).toEqual([]);
  removeEvidenceFolder(folder);
});

test('a matcher says nothing at first, leaves lines where the reporter watches, and else writes to a terminal if there is one', () => {
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const folder = makeEvidenceFolder();
  process.env['CONGRUITY_EVIDENCE'] = folder;
  delete process.env['CONGRUITY_WATCHED'];
  sayer('t', -1)('nobody watches');
  expect(readdirSync(folder)).toEqual([]);
  process.env['CONGRUITY_WATCHED'] = '1';
  sayer('t')('too soon');
  expect(readdirSync(folder)).toEqual([]);
  const say = sayer('a\nname', -1);
  say('1 of 2');
  say('2 of 2');
  expect(readFileSync(join(folder, `${process.pid}.progress`), 'utf8')).toBe(
    '"a\\nname": 1 of 2\n"a\\nname": 2 of 2\n',
  );
  expect(written).not.toHaveBeenCalled();
  delete process.env['CONGRUITY_EVIDENCE'];
  process.stderr.isTTY = false;
  sayer('t', -1)('no terminal');
  expect(written).not.toHaveBeenCalled();
  process.stderr.isTTY = true;
  sayer('t', -1)('here');
  expect(written.mock.calls).toEqual([['"t": here\n']]);
  removeEvidenceFolder(folder);
});

test('the reporter passes lines on where it has a terminal, and leaves the environment as it was', async () => {
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  NAMES.forEach((name) => delete process.env[name]);
  process.stderr.isTTY = false;
  await new CongruityReporter({ rootDir: '.' }).onRunComplete([], { testResults: [] } as never);
  process.stderr.isTTY = true;
  const reporter = new CongruityReporter({ rootDir: '.' });
  expect(process.env['CONGRUITY_WATCHED']).toBe('1');
  sayer('a test', -1)('5 of at most 9 rows');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(written.mock.calls).toEqual([['"a test": 5 of at most 9 rows\n']]);
  await reporter.onRunComplete([], { testResults: [] } as never);
  expect(NAMES.map((name) => process.env[name])).toEqual([undefined, undefined]);
});
