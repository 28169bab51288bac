/** A comparison lets others run: timers fire, signals cancel it, and a test's fake timers cannot stop it. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { CancelledError } from '../../src/errors.js';
import type { Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import { gramOf, type Gram } from '../../src/representation/gram.js';
import { atOnce, breathe, clock, each, inTurns, type Pieces } from '../../src/signal.js';
import { GRADIENT } from '../../src/circuit/attribution.js';
import { compare } from '../../src/verdict/compare.js';
import type { CompareOptions } from '../../src/verdict/compare-options.js';
import { compareRepresentations } from '../../src/verdict/representations.js';
import { measureNames, measures } from '../../src/measure/index.js';
import { judge, judging } from '../../src/verdict/rule/judge.js';
import { resolvePolicy } from '../../src/verdict/rule/policy.js';
import type { Evidence } from '../../src/verdict/evidence.js';
import {
  drawRows,
  likelyDrawRows,
  likelySearchRows,
  limitOf,
  searchRows,
  workInWords,
  type Work,
} from '../../src/verdict/workload.js';
import { addition, example } from '../helpers/example.js';
import { gaussian } from './helpers.js';

/** One comparison, watched: ticks of a timer in each phase, what it said, and the rows that its models were given. */
const ticks = new Map<string, number>();
const said: Work[] = [];
let rows = 0;
let models: Model[];
let evidence: Evidence;
const quick = (rest: Partial<CompareOptions> = {}): CompareOptions => ({
  on: addition(),
  budget: { draws: 3 },
  // so many that each phase takes a while on any machine
  inputs: 150,
  splits: 1,
  alsoReport: [],
  set: { search: { rankOn: 150 } },
  seed: 3,
  ...rest,
});
const long = (rest: Partial<CompareOptions>): CompareOptions => ({ on: addition(), budget: { draws: 1000 }, ...rest });

beforeAll(async () => {
  models = await Promise.all([example('released'), example('constant-attention')]);
  const counting = models.map((model): Model =>
    Object.create(model, {
      run: {
        value: (...given: Parameters<Model['run']>) => ((rows += given[0].length), model.run(...given)),
      },
      attribute: {
        value: async (...given: Parameters<NonNullable<Model['attribute']>>) => {
          rows += GRADIENT * given[0].length;
          return model.attribute!(...given);
        },
      },
    }),
  );
  let doing = '';
  const timer = setInterval(() => ticks.set(doing, (ticks.get(doing) ?? 0) + 1), 1);
  const progress: CompareOptions['progress'] = (_, now, work) => {
    doing = now;
    if (work) said.push(work);
  };
  evidence = await compare(counting[0]!, counting[1]!, quick({ progress, maxSeconds: 'estimate' }));
  clearInterval(timer);
});
afterAll(() => models.forEach((model) => model.dispose()));
afterEach(() => void jest.useRealTimers());

const busy = (milliseconds: number): void => {
  for (const end = clock() + milliseconds; clock() < end;);
};

test('a timer fires again and again while components are looked for and implementations drawn', () => {
  // promises alone would let it fire at the most once in each
  for (const phase of [
    'looking for components that the baseline can do without',
    'looking for components that the candidate can do without',
  ])
    expect(ticks.get(phase)).toBeGreaterThanOrEqual(5);
  expect(ticks.get('drawing implementations')).toBeGreaterThanOrEqual(2);
});

test('AbortSignal.timeout ends a comparison long before it would end by itself', async () => {
  let furthest = 0;
  // all draws would take ten minutes and more
  const work = compare(
    models[0]!,
    models[1]!,
    long({ signal: AbortSignal.timeout(300), progress: (done) => (furthest = Math.max(furthest, done)) }),
  );
  await expect(work).rejects.toMatchObject({
    code: 'CANCELLED',
    what: 'It was cancelled before its end.',
    cause: { name: 'TimeoutError' },
  });
  expect(furthest).toBeLessThan(0.5);
});

test('fake timers neither stop a comparison nor change what comes out', async () => {
  jest.useFakeTimers();
  const { seconds: _1, baseline: _2, candidate: _3, ...faked } = await compare(models[0]!, models[1]!, quick());
  expect(evidence).toMatchObject(faked);
});

test('a time limit ends it with an error that says how far it was; the one that follows the estimate is five minutes at least', async () => {
  const late = compare(models[0]!, models[1]!, long({ maxSeconds: 0.3 }));
  await expect(late).rejects.toBeInstanceOf(CancelledError);
  await expect(late).rejects.toMatchObject({
    what: expect.stringMatching(/^the comparison was not finished after \d.*: [a-z ]+: [\d ]+ of at most [\d ]+ rows/),
    where: 'options.maxSeconds',
  });
  await expect(compare(models[0]!, models[1]!, quick({ maxSeconds: 0 }))).rejects.toMatchObject({ code: 'BAD_OPTION' });
  expect([limitOf(1), limitOf(60), limitOf(1000)]).toEqual([300, 300, 5000]);
});

test('rows are counted as they are computed, and foretold', () => {
  expect(said.at(-1)!.rows).toBe(rows);
  expect(said.at(-1)!.of).toBe(rows);
  // at most: group tests and draws mostly take far fewer than they may
  expect(said[0]!.of).toBeGreaterThanOrEqual(rows);
  // once draws have shown what they take, it is near
  expect(said.find((work) => work.rows > (2 * rows) / 3)!.of).toBeLessThan(1.6 * rows);
  expect(workInWords('drawing', { rows: 5120, of: 1_041_000, seconds: 75 })).toBe(
    'drawing: 5 120 of at most 1 041 000 rows, at most 1 min 15 s left',
  );
  expect(workInWords('drawing', { rows: 120, of: 1000 })).toBe('drawing: 120 of at most 1 000 rows');
});

test('the foretold rows of a search and of a draw are those of the components', () => {
  // the behaviour; clean, counterfactual and no more runs than there are components, over 128 examples
  expect(searchRows({ inputs: 400, search: {} }, 100)).toBe(400 + 128 * 102);
  // no more than the budget allows
  expect(searchRows({ inputs: 50, search: { budget: 43 } }, 100)).toBe(50 + 50 * 42);
  expect(searchRows({ inputs: 50, search: {} }, undefined)).toBe(50);
  expect([drawRows(400, undefined), drawRows(400, 1), drawRows(400, 100), drawRows(400, 127)]).toEqual([
    400, 1200, 3600, 3600,
  ]);
  // never above the most there may be
  for (const components of [2, 20, 520, 5000]) {
    expect(likelySearchRows({ inputs: 400, search: {} }, components)).toBeLessThanOrEqual(
      searchRows({ inputs: 400, search: {} }, components),
    );
    expect(likelyDrawRows(400, components)).toBeLessThan(drawRows(400, components));
  }
  expect(likelySearchRows({ inputs: 60, search: {} }, 520)).toBe(60 + 60 * 37);
});

test('the rule in pieces is the rule, and every measure stops when its signal fires', async () => {
  const blocks = gaussian(12, 12, 20, 2, 1);
  const policy = resolvePolicy({ resolution: 1e-6 });
  expect(await inTurns(judging(blocks, policy, 1), undefined)).toEqual(judge(blocks, policy, 1));
  const draw = random(1, 'event loop');
  const grams = Array.from({ length: 24 }, (): Gram =>
    gramOf({ shape: [60, 8], data: Float32Array.from({ length: 480 }, () => draw.normal()) }),
  );
  for (const name of measureNames) {
    const controller = new AbortController();
    const work = measures[name].distances(grams, { seed: 1, splits: 3, signal: controller.signal });
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
  }
  const given = Array.from({ length: 8 }, (_, k) => ({
    shape: [40, 4] as [number, number],
    data: Float32Array.from({ length: 160 }, (_x, i) => Math.sin(i * (k + 1))),
  }));
  await expect(compareRepresentations(given, given, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'CANCELLED',
  });
});

test('work in pieces: a breath after twenty milliseconds, none before, and its own finally when it is cancelled', async () => {
  await breathe();
  let ticks = 0;
  let ended = '';
  const timer = setInterval(() => ticks++, 1);
  function* work(): Pieces<number> {
    try {
      for (let i = 0; i < 6; i++) {
        busy(12);
        yield;
      }
      return ticks;
    } finally {
      ended += 'x';
    }
  }
  expect(atOnce(work())).toBe(0);
  await breathe();
  expect(await inTurns(work(), undefined)).toBeGreaterThanOrEqual(2);
  expect(await each([1, 2, 3], (one, at) => one * at, undefined)).toEqual([0, 2, 6]);
  const controller = new AbortController();
  const cancelled = inTurns(work(), controller.signal);
  controller.abort(new CancelledError({ what: 'enough' }));
  await expect(cancelled).rejects.toMatchObject({ what: 'enough' });
  clearInterval(timer);
  expect(ended).toBe('xxx');
});
