import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { components } from '../../src/circuit/component.js';
import { CancelledError, ImplementationError } from '../../src/errors.js';
import type { Model } from '../../src/model/model.js';
import { keyOf, remembered } from '../../src/power/cache.js';
import { powerSchema, type PowerEvidence, type PowerRow } from '../../src/power/evidence.js';
import { isBlind, statedPower } from '../../src/power/stated.js';
import { clopperPearson } from '../../src/statistics/binomial.js';
import type { AnyTask } from '../../src/task/task.js';
import { addition, example } from '../helpers/example.js';

let model: Model;
let other: Model;
beforeAll(async () => {
  [model, other] = await Promise.all([example('released'), example('constant-attention')]);
});
afterAll(() => {
  for (const one of [model, other]) one?.dispose();
});

const task = addition() as AnyTask;
const examples = task.examples(40, 0);
const ask = (judge: (changed: Model, seed: number) => Promise<string>, on: AnyTask = task) =>
  statedPower({ model, task: on, examples, changes: 2, draws: 8, inputs: 40, seed: 1, ranking: heads(), judge });
/** The heads, as if a search had found them. */
const heads = () => components(model, 'heads').map((component) => ({ component, effect: 1, breaks: false }));
/** As the task, and whatever the answers are they will do. */
const lenient: AnyTask = { ...task, meets: () => true };
/** As the task, and nothing but the clean model does it. */
const strict: AnyTask = { ...task, meets: (score: number) => score > 2 };

describe('counting', () => {
  test('every outcome but equivalent is stopped; what breaks the behaviour is counted apart, and not judged', async () => {
    const outcomes = ['equivalent', 'different', 'undecided'];
    let calls = 0;
    const seeds = new Set<number>();
    const found = await ask(async (_, seed) => {
      seeds.add(seed);
      return outcomes[calls++ % 3]!;
    }, lenient);
    const sum = (of: (row: PowerRow) => number) => found.rows.reduce((total, row) => total + of(row), 0);
    expect(sum(({ planted }) => planted)).toBe(calls);
    expect(seeds.size).toBe(calls);
    expect(sum(({ broken }) => broken)).toBe(0);
    expect(sum(({ stopped }) => stopped)).toBe(calls - Math.ceil(calls / 3));
    expect(sum(({ different }) => different)).toBe(Math.ceil((calls - 1) / 3));
    for (const { stopped, planted, share } of found.rows) expect(share).toEqual(clopperPearson(stopped, planted, 0.95));
    expect(powerSchema.parse({ ...found, cached: false })).toEqual({ ...found, cached: false });
  });

  test('where all breaks the behaviour nothing is judged, and the comparison is called blind', async () => {
    const judgedOnes: string[] = [];
    const found = await ask(async ({ name }) => {
      judgedOnes.push(name);
      return 'different';
    }, strict);
    expect(judgedOnes).toEqual(['released (nothing changed)', 'released (nothing changed)']);
    expect(found.rows.every(({ kind, planted, broken }) => kind === 'none' || planted === broken)).toBe(true);
    expect(found.blind).toBe(true);
    expect(found.reasons[0]).toMatch(/not known what the comparison would stop/);
  });

  test('what cannot be judged does not pass; a cancelled comparison is cancelled', async () => {
    const found = await ask(async () => {
      throw new ImplementationError({ what: 'too few' });
    }, lenient);
    expect(found.rows.every(({ stopped, different, planted }) => stopped === planted && different === 0)).toBe(true);
    const stop = ask(async () => {
      throw new CancelledError({ what: 'stop' });
    }, lenient);
    await expect(stop).rejects.toThrow(CancelledError);
    const bug = ask(async () => {
      throw new TypeError('bug');
    }, lenient);
    await expect(bug).rejects.toThrow(TypeError);
  });

  test('blind: of no row may half be stopped', () => {
    const row = (stopped: number, planted: number, broken = 0): PowerRow => ({
      kind: 'circuit',
      dose: 1,
      description: 'x',
      planted,
      broken,
      stopped,
      different: 0,
      share: clopperPearson(stopped, planted - broken, 0.95),
    });
    expect(isBlind([row(0, 6), row(0, 8)])).toBe(true);
    expect(isBlind([row(0, 5)])).toBe(false);
    expect(isBlind([row(0, 6), row(3, 6)])).toBe(false);
    expect(isBlind([row(0, 6, 6)])).toBe(true);
    expect(isBlind([row(0, 6, 6), row(1, 2)])).toBe(false);
    // what is stopped without a change shows nothing
    expect(isBlind([{ ...row(6, 6), kind: 'none' }, row(0, 6)])).toBe(true);
  });
});

describe('what is kept', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'power-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const found: Omit<PowerEvidence, 'cached'> = {
    rows: [],
    confidence: 0.95,
    draws: 12,
    inputs: 128,
    blind: true,
    reasons: ['a'],
  };
  const finding = () => {
    let times = 0;
    return Object.assign(async () => (times++, found), { times: () => times });
  };

  test('is found once', async () => {
    const find = finding();
    const below = join(folder, 'not', 'yet');
    expect(await remembered(below, 'k'.repeat(64), find)).toEqual({ ...found, cached: false });
    expect(await remembered(below, 'k'.repeat(64), find)).toEqual({ ...found, cached: true });
    expect(find.times()).toBe(1);
    await remembered(below, 'l'.repeat(64), find);
    await remembered(undefined, 'k'.repeat(64), find);
    expect(find.times()).toBe(3);
    expect(readdirSync(below)).toHaveLength(2);
  });

  test('a file that is damaged, of another key or another shape is found again and replaced', async () => {
    const key = 'k'.repeat(64);
    const path = join(folder, `${key.slice(0, 32)}.json`);
    for (const text of ['', '{', 'null', '{"key":"other"}', JSON.stringify({ key, power: { rows: 'none' } })]) {
      writeFileSync(path, text);
      const find = finding();
      expect((await remembered(folder, key, find)).cached).toBe(false);
      expect(find.times()).toBe(1);
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ key, power: found });
    }
  });

  test('where it cannot be kept nothing is lost', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'in the way');
    expect(await remembered(path, 'k'.repeat(64), finding())).toEqual({ ...found, cached: false });
    // a folder in the place of the file
    mkdirSync(join(folder, `${'k'.repeat(32)}.json`));
    expect((await remembered(folder, 'k'.repeat(64), finding())).cached).toBe(false);
  });

  test('the key tells models, tasks, inputs, ways of scoring and options apart', async () => {
    const key = (of = model, on = task, some = examples, options: object = { draws: 8 }) =>
      keyOf(of, on, some, options);
    const keys = [
      await key(),
      await key(other),
      await key(model, { ...task, name: 'another' }),
      await key(model, { ...task, thresholdText: 'at least 0.5' }),
      await key(model, { ...task, behaviour: { ...task.behaviour, score: () => 1 } }),
      await key(model, task, task.examples(39, 0)),
      await key(model, task, examples, { draws: 9 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(await key()).toBe(keys[0]);
  });
});
