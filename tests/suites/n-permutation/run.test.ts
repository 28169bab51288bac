/** The suite from end to end on three tokens and two of the algorithms, interrupted and resumed, and what it refuses. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FileError, TaskError } from '../../../src/errors.js';
import { permutationAlgorithms, type PermutationAlgorithm } from '../../../suites/n-permutation/programs.js';
import { toPage } from '../../../suites/n-permutation/page.js';
import { resultSchema, type Result } from '../../../suites/n-permutation/result.js';
import type { SuiteEstimate } from '../../../suites/suite.js';
import { runPermutation, type RunOptions } from '../../../suites/n-permutation/run.js';
import { permutationTask } from '../../../suites/n-permutation/task.js';
import { patternOf, toText } from '../../../suites/n-permutation/text.js';
import { errorOf } from '../../helpers/error-of';

const folder = mkdtempSync(join(tmpdir(), 'n-permutation-'));
afterAll(() => rmSync(folder, { recursive: true }));

const algorithms: readonly PermutationAlgorithm[] = ['sort, parities', 'count, values'];

const options = (path: string, more: Partial<RunOptions> = {}): RunOptions => ({
  n: 3,
  models: 4,
  algorithms,
  path: join(folder, path),
  zoo: undefined,
  seed: 5,
  signal: undefined,
  progress: () => undefined,
  estimated: () => undefined,
  resumed: () => undefined,
  ...more,
});

let whole: Result;
const estimates: SuiteEstimate[] = [];
beforeAll(async () => {
  whole = await runPermutation(options('whole.json', { estimated: (estimate) => estimates.push(estimate) }));
});

/** Without what depends on the clock. */
const timeless = (result: Result): Result => ({
  ...result,
  estimate: { ...result.estimate, seconds: 0 },
  seconds: 0,
  cpuSeconds: 0,
  rows: 0,
});

test('it is complete, and kept as it is', () => {
  expect(whole.complete).toBe(true);
  expect(whole.matrices.map(({ cells }) => cells.length)).toEqual([4, 4]);
  expect(whole.doses).toHaveLength(14);
  expect(resultSchema.parse(JSON.parse(readFileSync(join(folder, 'whole.json'), 'utf8')))).toEqual(whole);
});

test('it is estimated before: no more rows than that, and hardly fewer, as some need not be computed again', () => {
  expect(estimates).toEqual([whole.estimate]);
  expect(whole.rows).toBeLessThanOrEqual(whole.estimate.rows);
  expect(whole.rows).toBeGreaterThan(0.9 * whole.estimate.rows);
  expect(whole.estimate.seconds).toBeGreaterThan(0);
  expect(toText(whole, 80)).toMatch(/estimated .* and \d+ rows; it took .* and \d+ rows/);
});

test('compiled models do the task on every input, and lose it with the whole circuit resampled', () => {
  for (const { accuracy, leftOut } of whole.matrices)
    for (const algorithm of algorithms) {
      expect(accuracy[algorithm]).toBeCloseTo(1);
      expect(leftOut[algorithm]).toBe(0);
    }
  for (const { k, accuracy } of whole.doses) if (k === 0) expect(accuracy).toBeCloseTo(1);
  for (const { k, accuracy } of whole.doses) if (k === 32) expect(accuracy).toBeLessThan(0.9);
});

test('sorting and counting are far apart: every sibling is nearer', () => {
  const { cells } = whole.matrices[0]!;
  for (const { row, column, distances } of cells)
    if (row.startsWith('sort') !== column.startsWith('sort'))
      expect(distances[2]).toBeGreaterThan(Math.max(distances[0], distances[1]));
  expect(patternOf(whole.matrices[0]!, ({ congruity }) => congruity.estimate).across).toBe(0);
});

test.each([6])('interrupted after %i steps and resumed, it is the same', async (after) => {
  const controller = new AbortController();
  let steps = 0;
  const path = `interrupted-${after}.json`;
  const part = await runPermutation(
    options(path, {
      signal: controller.signal,
      progress: () => ++steps === after && controller.abort(),
    }),
  );
  expect(part.complete).toBe(false);
  expect(part.matrices.reduce((sum, { cells }) => sum + cells.length, 0) + part.doses.length).toBe(after);
  const shares: number[] = [];
  const rest = await runPermutation(options(path, { progress: (done) => shares.push(done) }));
  expect(timeless(rest)).toEqual(timeless(whole));
  expect(rest.seconds).toBeGreaterThan(part.seconds);
  expect(shares.at(-1)).toBe(1);
});

test('complete, it does nothing more', async () => {
  const again = await runPermutation(
    options('whole.json', {
      progress: () => {
        throw new Error('something was done again');
      },
    }),
  );
  expect(timeless(again)).toEqual(timeless(whole));
});

test('text and page name what was compared and all three numbers', () => {
  for (const text of [toText(whole, 200), toText(whole, 80), toPage(whole)])
    for (const name of [...algorithms, 'ours', 'formula', 'code', 'compiled, with distractors'])
      expect(text).toContain(name);
  for (const name of permutationAlgorithms) expect(toText(whole, 80)).toContain(name);
});

test('damaged results, other settings and other folders are refused', async () => {
  const runs = (path: string, more?: Partial<RunOptions>): Promise<Result> => runPermutation(options(path, more));
  writeFileSync(join(folder, 'damaged.json'), '{"suite": "n-permutation", "matrices": 3');
  await expect(runs('damaged.json')).rejects.toThrow(FileError);
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...whole, doses: [{ algorithm: 'bubble sort' }] }));
  await expect(runs('other.json')).rejects.toThrow(errorOf(FileError, /damaged: doses\.0\.algorithm/));
  await expect(runs('whole.json', { seed: 6 })).rejects.toThrow(errorOf(FileError, 'seed 5'));
  for (const [version, said] of [
    ['0.1.0', 'of 0.1.0 of congruity'],
    [undefined, 'without a name'],
  ] as const) {
    writeFileSync(join(folder, 'older.json'), JSON.stringify({ ...whole, version }));
    await expect(runs('older.json')).rejects.toThrow(errorOf(FileError, said));
  }
  await expect(runs('none.json', { zoo: folder })).rejects.toThrow(errorOf(FileError, 'there is none of weights'));
  expect(() => permutationTask(6, 0)).toThrow(TaskError);
});

test('what another run has kept in the meantime is not overwritten', async () => {
  const path = join(folder, 'meanwhile.json');
  const others = JSON.stringify({ ...whole, settings: { ...whole.settings, seed: 6 } });
  await expect(
    runPermutation(options('meanwhile.json', { progress: () => writeFileSync(path, others) })),
  ).rejects.toThrow(errorOf(FileError, 'another run has kept its result here'));
  expect(readFileSync(path, 'utf8')).toBe(others);
});
