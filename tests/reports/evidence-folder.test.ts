/** Evidence is read and checked once, however often the command asks. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EvidenceReader } from '../../reports/evidence-folder.js';
import { makeCheck } from './evidence.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'congruity-evidence-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (seed: number, at?: object): string =>
  `${JSON.stringify({ ...makeCheck({ seed, m1: 2, m2: 2, words: ' ünï \u2028 𝄞' }), at })}\n`;
const put = (name: string, text: string | Buffer): void => appendFileSync(join(folder, name), text);
const seeds = (reader: EvidenceReader, end = false): (number | undefined)[] =>
  reader.next(end).map(({ check }) => check.evidence?.seed);

test('each line once, whichever process wrote it', () => {
  const reader = new EvidenceReader(folder);
  expect(seeds(reader)).toEqual([]);
  put('2.jsonl', line(1));
  put('10.jsonl', line(2) + line(3));
  expect(seeds(reader)).toEqual([2, 3, 1]);
  expect(seeds(reader)).toEqual([]);
  put('2.jsonl', line(4));
  put('3.jsonl', line(5));
  expect(seeds(reader)).toEqual([4, 5]);
  expect(seeds(new EvidenceReader(folder), true)).toEqual([2, 3, 1, 4, 5]);
});

test('a line that is being written waits, cut anywhere, inside a character too', () => {
  const bytes = Buffer.from(line(1));
  const cut = bytes.indexOf(Buffer.from('𝄞')) + 2;
  const reader = new EvidenceReader(folder);
  put('1.jsonl', Buffer.concat([Buffer.from(line(7)), bytes.subarray(0, cut)]));
  expect(seeds(reader)).toEqual([7]);
  put('1.jsonl', bytes.subarray(cut));
  const [whole] = reader.next();
  expect(whole!.check.evidence!.task.name).toContain('ünï \u2028 𝄞');
});

test('at the end, half a line is a check that was not judged', () => {
  const reader = new EvidenceReader(folder);
  put('1.jsonl', line(1) + '{"file":"a');
  expect(seeds(reader)).toEqual([1]);
  expect(reader.next(true).map(({ check }) => [check.status, check.error?.code])).toEqual([
    ['not judged', 'BAD_EVIDENCE'],
  ]);
});

describe('which try and which test of its name', () => {
  test.each([
    [
      { attempt: 2, occurrence: 0 },
      { attempt: 2, occurrence: 0 },
    ],
    [undefined, undefined],
    // of another version: a hint that is not understood is none
    [{ attempt: 'x' }, undefined],
  ])('%p', (at, read) => {
    put('1.jsonl', line(1, at));
    const [found] = new EvidenceReader(folder).next();
    expect(found).toMatchObject({ check: { status: expect.stringMatching(/held|violated|not established/) } });
    expect(found!.at).toEqual(read);
    expect(found!.check).not.toHaveProperty('at');
  });
});
