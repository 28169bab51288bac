/** A comparison lets others run: timers fire, signals cancel it, and a test's fake timers cannot stop it. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { CancelledError } from '../../src/errors.js';
import type { Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import { gramOf, type Gram } from '../../src/representation/gram.js';
import { atOnce, breathe, clock, each, inTurns, type Pieces } from '../../src/signal.js';
import { compare, type CompareOptions } from '../../src/verdict/compare.js';
import { compareRepresentations } from '../../src/verdict/representations.js';
import { measureNames, measures } from '../../src/measure/index.js';
import { judge, judging } from '../../src/verdict/rule.js';
import { resolvePolicy } from '../../src/verdict/policy.js';
import { workInWords, type Work } from '../../src/verdict/workload.js';
import { addition, example } from '../helpers/example.js';
import { gaussian } from './helpers.js';

let models: Model[];
beforeAll(async () => (models = await Promise.all([example('released'), example('constant-attention')])), 60_000);
afterAll(() => models.forEach((model) => model.dispose()));
afterEach(() => void jest.useRealTimers());

const quick = (rest: Partial<CompareOptions> = {}): CompareOptions => ({ on: addition(), budget: { draws: 4 }, inputs: 100, splits: 1, beside: [], set: { search: { rankOn: 60 } }, ...rest });
const busy = (milliseconds: number): void => {
  for (const end = clock() + milliseconds; clock() < end; );
};

test('a timer fires again and again while components are looked for, implementations drawn and the rule is asked', async () => {
  const during = new Map<string, number>();
  let doing = '';
  const timer = setInterval(() => during.set(doing, (during.get(doing) ?? 0) + 1), 1);
  await compare(models[0]!, models[1]!, quick({ on: addition(0.9), inputs: 200, set: {}, progress: (_, now) => (doing = now) }));
  clearInterval(timer);
  // promises alone would let it fire at the most once in each
  for (const phase of ['looking for components that the baseline can do without', 'looking for components that the candidate can do without', 'drawing implementations']) {
    if (!((during.get(phase) ?? 0) >= 3)) throw new Error(`${phase}: ${during.get(phase) ?? 0} ticks`);
  }
});

test('AbortSignal.timeout ends a comparison long before it would end by itself', async () => {
  let furthest = 0;
  // all draws would take a minute and more
  const work = compare(models[0]!, models[1]!, { on: addition(), inputs: 400, budget: { draws: 1000 }, signal: AbortSignal.timeout(300), progress: (done) => (furthest = Math.max(furthest, done)) });
  await expect(work).rejects.toMatchObject({ code: 'CANCELLED', what: 'The comparison was cancelled.', cause: { name: 'TimeoutError' } });
  expect(furthest).toBeLessThan(0.5);
});

test('fake timers neither stop a comparison nor change what comes out', async () => {
  const { seconds: _1, ...plain } = await compare(models[0]!, models[1]!, quick({ seed: 3 }));
  jest.useFakeTimers();
  const { seconds: _2, ...faked } = await compare(models[0]!, models[1]!, quick({ seed: 3 }));
  expect(faked).toEqual(plain);
});

test('a time limit ends it with an error that says how far it was; the estimate gives at least five minutes', async () => {
  const late = compare(models[0]!, models[1]!, quick({ inputs: 400, budget: { draws: 1000 }, maxSeconds: 0.3 }));
  await expect(late).rejects.toBeInstanceOf(CancelledError);
  await expect(late).rejects.toMatchObject({ what: expect.stringMatching(/^the comparison was not finished after \d.*: [a-z ]+: [\d ]+ of at most [\d ]+ rows/), where: 'options.maxSeconds' });
  await expect(compare(models[0]!, models[1]!, quick({ maxSeconds: 'estimate' }))).resolves.toMatchObject({ outcome: expect.any(String) });
  await expect(compare(models[0]!, models[1]!, quick({ maxSeconds: 0 }))).rejects.toMatchObject({ code: 'BAD_OPTION' });
});

test('rows are counted as they are computed, and foretold to within what bisection may save', async () => {
  const said: Work[] = [];
  let computed = 0;
  const counting = models.map((model): Model => Object.assign(Object.create(model) as Model, { run: (...given: Parameters<Model['run']>) => ((computed += given[0].length), model.run(...given)) }));
  await compare(counting[0]!, counting[1]!, quick({ progress: (_, _doing, work) => work && said.push(work) }));
  expect(said.at(-1)!.rows).toBe(computed);
  expect(said.at(-1)!.of).toBe(computed);
  expect(said[0]!.of).toBeGreaterThanOrEqual(computed);
  expect(said[0]!.of).toBeLessThan(3 * computed);
  expect(workInWords('drawing', { rows: 5120, of: 1_041_000, seconds: 75 })).toBe('drawing: 5 120 of at most 1 041 000 rows, at most 1 min 15 s left');
  expect(workInWords('drawing', { rows: 120, of: 1000 })).toBe('drawing: 120 of at most 1 000 rows');
});

test('the rule in pieces is the rule, and every measure stops when its signal fires', async () => {
  const blocks = gaussian(12, 12, 20, 2, 1);
  const policy = resolvePolicy({ resolution: 1e-6 });
  expect(await inTurns(judging(blocks, policy, 1), undefined)).toEqual(judge(blocks, policy, 1));
  const draw = random(1, 'event loop');
  const grams = Array.from({ length: 24 }, (): Gram => gramOf({ shape: [60, 8], data: Float32Array.from({ length: 480 }, () => draw.normal()) }));
  for (const name of measureNames) {
    const controller = new AbortController();
    const work = measures[name].distances(grams, { seed: 1, splits: 3, signal: controller.signal });
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
  }
  const given = Array.from({ length: 8 }, (_, k) => ({ shape: [40, 4] as [number, number], data: Float32Array.from({ length: 160 }, (_x, i) => Math.sin(i * (k + 1))) }));
  await expect(compareRepresentations(given, given, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
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
