/** The moving line of a terminal, and the plain lines of a pipe. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Progress, progressOf } from '../../cli/progress.js';
import type { PreparedGate } from '../../cli/gate-order.js';
import type { Gate } from '../../suites/config.js';
import { makeCheck, makeUnjudged } from '../reports/evidence.js';

const folder = mkdtempSync(join(tmpdir(), 'congruity-progress-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (name: string): string => join(folder, encodeURIComponent(name));
const gate = (name: string): PreparedGate => ({
  gate: { name } as Gate,
  order: {
    module: 'none',
    index: 0,
    task: undefined,
    context: { seconds: 60, progressFile: fileOf(name) },
  },
  env: {},
});
function output(isTTY: boolean): { isTTY: boolean; columns: number; text: string; write(text: string): void } {
  return {
    isTTY,
    columns: 40,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}
/** What is on the screen in the end: carriage return and erase-line as a terminal takes them. */
const screen = (text: string): string[] => text.split('\n').map((line) => line.split('\r\u001b[2K').at(-1)!);

test('reads the last whole line of a progress file', () => {
  const progress = fileOf('a');
  expect(progressOf(progress)).toBeUndefined();
  appendFileSync(progress, '1 drawing\n42 measuring ridge distances\n4');
  expect(progressOf(progress)).toEqual({ share: 42, doing: 'measuring ridge distances' });
});

test('piped: a line when a gate starts and one when it is finished, no control characters', () => {
  const out = output(false);
  const progress = new Progress(out, 2, false);
  const [first, second] = [gate('first'), gate('second\u001b[2J')];
  progress.started(first);
  progress.started(second);
  progress.finished(first, makeCheck({ m1: 20, m2: 20, seed: 4 }));
  progress.finished(second, makeUnjudged());
  progress.end();
  expect(out.text.replace(/\(\d.*?s\)/g, '(0 s)')).toBe(
    'started   first\nstarted   second\ufffd[2J\n✓ held  first (0 s)\n! not judged  second\ufffd[2J (0 s)\n',
  );
});

test('on a terminal: one moving line that fits, and in the end only what was said', () => {
  const out = output(true);
  const progress = new Progress(out, 2, false);
  const [first, second] = [gate('first'), gate('x'.repeat(100))];
  progress.started(first);
  expect(screen(out.text)).toEqual(['0/2  first loading']);
  appendFileSync(fileOf('first'), '7 drawing\n');
  progress.started(second);
  expect(screen(out.text)[0]!.startsWith('0/2  first 7 %, xxx')).toBe(true);
  expect(screen(out.text)[0]!.length).toBeLessThan(40);
  progress.finished(second, makeUnjudged());
  expect(screen(out.text).at(-1)).toBe('1/2  first 7 % drawing');
  progress.finished(first, makeCheck({ m1: 20, m2: 20, seed: 4 }));
  progress.end();
  expect(screen(out.text).map((line) => line.replace(/ \(\d.*/, ''))).toEqual([
    `! not judged  ${'x'.repeat(100)}`,
    '✓ held  first',
    '',
  ]);
});
