import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { components } from '../../src/circuit/component.js';
import { CancelledError, ImplementationError } from '../../src/errors.js';
import type { Model } from '../../src/model/model.js';
import { keyOf, knownChanges, type KnownChanges } from '../../src/power/cache.js';
import { powerSchema, type PlantedOutcome, type PowerRow } from '../../src/power/evidence.js';
import { isBlind, statedPower, type PowerQuestion } from '../../src/power/stated.js';
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
const ask = (judge: PowerQuestion['judge'], on: AnyTask = task, more: Partial<PowerQuestion> = {}) =>
  statedPower({
    model,
    task: on,
    examples,
    changes: 2,
    draws: 8,
    inputs: 40,
    seed: 1,
    ranking: heads(),
    judge,
    ...more,
  });
/** The heads, as if a search had found them. */
const heads = () => components(model, 'heads').map((component) => ({ component, effect: 1, breaks: false }));
/** As the task, and whatever the answers are they will do. */
const lenient: AnyTask = { ...task, meets: () => true };
/** As the task, and nothing but the clean model does it. */
const strict: AnyTask = { ...task, meets: (score: number) => score > 2 };

describe('counting', () => {
  test('every outcome but equivalent is stopped; what breaks the behaviour is counted apart, and not judged', async () => {
    const outcomes = ['equivalent', 'different', 'undecided'] as const;
    let calls = 0;
    const seeds = new Set<number>();
    const found = await ask(async (_, seed) => {
      seeds.add(seed);
      return outcomes[calls++ % 3]!;
    }, lenient);
    expect(found).toMatchObject({ judged: calls, planned: calls, cached: false });
    const sum = (of: (row: PowerRow) => number) => found.rows.reduce((total, row) => total + of(row), 0);
    expect(sum(({ planted }) => planted)).toBe(calls);
    expect(seeds.size).toBe(calls);
    expect(sum(({ broken }) => broken)).toBe(0);
    expect(sum(({ stopped }) => stopped)).toBe(calls - Math.ceil(calls / 3));
    expect(sum(({ different }) => different)).toBe(Math.ceil((calls - 1) / 3));
    for (const { stopped, planted, share } of found.rows) expect(share).toEqual(clopperPearson(stopped, planted, 0.95));
    expect(powerSchema.parse(found)).toEqual(found);
  });

  test('a few at once: kinds take turns, what is known is not judged again, and in the end it is the same as all at once', async () => {
    const verdict = (seed: number) => (['equivalent', 'different', 'undecided'] as const)[seed % 3]!;
    const whole = await ask(async (_, seed) => verdict(seed), lenient);
    const of = new Map<string, PlantedOutcome>();
    const kept: number[] = [];
    const known: KnownChanges = { of, keep: () => kept.push(of.size) };
    const judgedOnes: number[] = [];
    let found = whole;
    let runs = 0;
    do {
      runs++;
      found = await ask(
        async (_, seed) => {
          judgedOnes.push(seed);
          return verdict(seed);
        },
        lenient,
        { known, atOnce: 4 },
      );
      expect(found.judged).toBe(Math.min(4 * runs, whole.planned));
      if (runs === 1) expect(found.rows.map(({ planted }) => planted)).toEqual([1, 1, 1, 1]);
      expect(found.reasons.at(-1)!.includes('next runs')).toBe(found.judged < found.planned);
    } while (found.judged < found.planned);
    expect(found).toEqual(whole);
    expect(new Set(judgedOnes).size).toBe(whole.planned);
    expect(kept).toEqual(Array.from({ length: whole.planned }, (_, i) => i + 1));
    // more of each kind later: only these are judged
    const more = await ask(async (_, seed) => verdict(seed), lenient, { known, changes: 3, atOnce: 100 });
    expect(more.rows.every(({ planted }) => planted === 3)).toBe(true);
    const again = await ask(
      async () => {
        throw new TypeError('it is known');
      },
      lenient,
      { known },
    );
    expect(again).toEqual({ ...whole, cached: true });
    // nor does the model run: not for the components either, which are known by name
    expect(known.circuit).toEqual(heads().map(({ component }) => component.name));
    const still: Model = { ...model, run: async () => Promise.reject(new TypeError('it is known')) };
    const judge = async () => 'equivalent' as const;
    expect(await ask(judge, lenient, { known, model: still, ranking: undefined })).toEqual(again);
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

  const key = 'k'.repeat(64);
  const outcomes = { 'none 0 0': 'equivalent', 'noise 0.5 1': 'not judged' } as const;
  const keep = async (where: string, under = key) => {
    const known = await knownChanges(where, under);
    for (const [name, outcome] of Object.entries(outcomes)) known.of.set(name, outcome);
    known.keep();
  };
  const read = async (where: string | undefined, under = key) =>
    Object.fromEntries((await knownChanges(where, under)).of);

  test('is found by its key, and by no other', async () => {
    const below = join(folder, 'not', 'yet');
    expect(await read(below)).toEqual({});
    await keep(below);
    expect(await read(below)).toEqual(outcomes);
    expect(await read(below, 'l'.repeat(64))).toEqual({});
    // of the same name, but of another key
    expect(await read(below, `${'k'.repeat(63)}l`)).toEqual({});
    expect(await read(undefined)).toEqual({});
    expect(readdirSync(below)).toHaveLength(1);
  });

  test('a file that is damaged, of another key or another shape is nothing, and is replaced', async () => {
    const path = join(folder, `${key.slice(0, 32)}.json`);
    for (const text of [
      '',
      '{',
      'null',
      '{"key":"other"}',
      JSON.stringify({ key, changes: { 'none 0 0': 'passed' } }),
    ]) {
      writeFileSync(path, text);
      expect(await read(folder)).toEqual({});
      await keep(folder);
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ key, changes: outcomes });
    }
  });

  test('where it cannot be kept nothing is lost', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'in the way');
    await keep(path);
    expect(await read(path)).toEqual({});
    // a folder in the place of the file
    mkdirSync(join(folder, `${'k'.repeat(32)}.json`));
    await keep(folder);
    expect(await read(folder)).toEqual({});
  });

  test('the key tells models, tasks, inputs, ways of scoring and options apart', async () => {
    const keyed = (of = model, on = task, some = examples, options: object = { draws: 8 }) =>
      keyOf(of, on, some, options);
    const keys = [
      await keyed(),
      await keyed(other),
      await keyed(model, { ...task, name: 'another' }),
      await keyed(model, { ...task, thresholdText: 'at least 0.5' }),
      await keyed(model, { ...task, behaviour: { ...task.behaviour, score: () => 1 } }),
      await keyed(model, task, task.examples(39, 0)),
      await keyed(model, task, examples, { draws: 9 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(await keyed()).toBe(keys[0]);
  });
});
