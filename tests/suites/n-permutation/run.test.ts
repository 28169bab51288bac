/** The suite from end to end on three tokens, interrupted and resumed, and what it refuses. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FileError, OptionError, TaskError } from '../../../src/errors.js';
import { permutationAlgorithms } from '../../../suites/n-permutation/programs.js';
import { toPage } from '../../../suites/n-permutation/page.js';
import { resultSchema, type Result } from '../../../suites/n-permutation/result.js';
import { runPermutation, type RunOptions } from '../../../suites/n-permutation/run.js';
import { permutationTask } from '../../../suites/n-permutation/task.js';
import { patternOf, toText } from '../../../suites/n-permutation/text.js';
import { Zoo } from '../../../suites/n-permutation/zoo.js';
import { errorOf } from '../../helpers/error-of';

const folder = mkdtempSync(join(tmpdir(), 'n-permutation-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options = (path: string, more: Partial<RunOptions> = {}): RunOptions => ({
  n: 3,
  models: 4,
  path: join(folder, path),
  zoo: undefined,
  seed: 5,
  signal: undefined,
  progress: () => undefined,
  ...more,
});

let whole: Result;
beforeAll(async () => {
  whole = await runPermutation(options('whole.json'));
});

/** Without what depends on the clock. */
const timeless = ({ seconds: _, cpuSeconds: __, ...rest }: Result): unknown => rest;

test('it is complete, and kept as it is', () => {
  expect(whole.complete).toBe(true);
  expect(whole.matrices.map(({ cells }) => cells.length)).toEqual([36, 36]);
  expect(whole.doses).toHaveLength(42);
  expect(resultSchema.parse(JSON.parse(readFileSync(join(folder, 'whole.json'), 'utf8')))).toEqual(whole);
});

test('compiled models do the task on every input, and lose it with the whole circuit resampled', () => {
  for (const { accuracy, leftOut } of whole.matrices)
    for (const algorithm of permutationAlgorithms) {
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

test.each([1, 40, 75])('interrupted after %i steps and resumed, it is the same', async (after) => {
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

test('text and page name every algorithm and all three numbers', () => {
  for (const text of [toText(whole, 200), toText(whole, 80), toPage(whole)])
    for (const name of [...permutationAlgorithms, 'ours', 'formula', 'code', 'compiled']) expect(text).toContain(name);
  expect(Math.max(...toText(whole, 80).split('\n').map(({ length }) => length))).toBeLessThan(125);
});

test('damaged results, other settings and other vocabularies are refused', async () => {
  writeFileSync(join(folder, 'damaged.json'), '{"suite": "n-permutation", "matrices": 3');
  expect(await errorOf(() => runPermutation(options('damaged.json')))).toBeInstanceOf(FileError);
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...whole, doses: [{ algorithm: 'bubble sort' }] }));
  expect(await errorOf(() => runPermutation(options('other.json')))).toMatchObject({
    what: expect.stringContaining('doses.0.algorithm'),
  });
  expect(await errorOf(() => runPermutation(options('whole.json', { seed: 6 })))).toMatchObject({
    what: expect.stringContaining('seed 5'),
  });
  const models = join(__dirname, '..', '..', '..', 'lab', 'n-permutation', 'models');
  const vocabulary = await errorOf(() => runPermutation(options('zoo.json', { zoo: models })));
  expect(vocabulary).toBeInstanceOf(OptionError);
  expect(vocabulary).toMatchObject({ what: expect.stringMatching(/take 4 different tokens.*with 3/) });
  expect(await errorOf(() => Zoo.open(folder, 4))).toBeInstanceOf(FileError);
  expect(() => permutationTask(6, 0)).toThrow(TaskError);
});
