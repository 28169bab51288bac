/** Trials of models whose answers are written in a table, so that all that is to come out is known. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { task } from '../../generators/task.js';
import { longestPrefix } from '../../src/circuit/longest-prefix.js';
import { Trials } from '../../src/circuit/trials.js';
import type { Intervention, Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import type { Behaviour } from '../../src/task/behaviour.js';
import { accuracy } from '../../src/task/behaviour.js';
import type { ExampleRun } from '../../src/task/run.js';

/** How much is patched stands in the place of what is patched. */
const patchOf = (size: number) => () => [{ site: String(size), by: { kind: 'value', value: 0 } }] as Intervention[];

/** A model that answers 1 where it is right and 0 where it is wrong, and as much as it is short of the best with `loss`. Counts the rows that went through it. */
function fromTable(scoreOf: (size: number, input: number) => number): { model: Model; rows: () => number } {
  let rows = 0;
  const model = {
    name: 'table',
    fingerprint: 'table',
    sites: [],
    parts: [],
    representationSites: [],
    async run(inputs: readonly (readonly number[])[], { interventions }: { interventions: readonly Intervention[] }) {
      rows += inputs.length;
      const size = Number(interventions[0]!.site);
      const scores = inputs.map(([input]) => scoreOf(size, input!));
      return {
        logits: {
          site: 'logits',
          shape: [inputs.length, 2],
          data: Float32Array.from(scores.flatMap((x) => [1 - x, x])),
        },
        activations: new Map(),
      };
    },
  } as unknown as Model;
  return { model, rows: () => rows };
}

const right = accuracy<readonly number[]>(() => 1);
const loss = (worst?: number): Behaviour<readonly number[]> => ({
  name: 'loss',
  better: 'lower',
  relative: false,
  best: 0,
  worst,
  position: -1,
  score: (logits) => logits[1]!,
});
const on = (count: number, behaviour: typeof right, threshold: { atLeast: number } | { atMost: number }) => {
  const made = task({ name: 'table', inputs: Array.from({ length: count }, (_, i) => [i]), behaviour, threshold });
  return { made, examples: made.examples(Infinity, 0) };
};
/** So many of `count` inputs, by seed. */
const someOf = (count: number, many: number, seed: number): Set<number> =>
  new Set([...random(seed, 'some').permutation(count)].slice(0, many));

test('of right and wrong answers, any number wrong and any number allowed: the decision is that of all inputs, also on the threshold, and no input is run in vain', async () => {
  for (const count of [20, 100, 93]) {
    for (let allowed = 0; allowed <= count; allowed += count === 100 ? 7 : 9) {
      // as somebody writes it, and as it comes out of a division
      const { made, examples } = on(count, right, { atLeast: (count - allowed) / count });
      for (let many = Math.max(0, allowed - 3); many <= Math.min(count, allowed + 3); many++) {
        const wrong = someOf(count, many, many);
        const { model, rows } = fromTable((_, input) => (wrong.has(input) ? 0 : 1));
        const held: ExampleRun[] = [];
        const trials = new Trials(model, made, examples, patchOf, { held: async (_, run) => void held.push(run) });
        const cost = await trials.run(1);
        expect(cost <= 1).toBe(many <= allowed);
        expect(trials.holds(1)).toBe(many <= allowed);
        expect(rows()).toBeLessThanOrEqual(count);
        await trials.finish();
        expect(held).toHaveLength(many <= allowed ? 1 : 0);
        for (const run of held) {
          expect(rows()).toBe(count);
          expect(run.score).toBe((count - many) / count);
          expect(run.scores).toEqual(Array.from({ length: count }, (_, at) => (wrong.has(at) ? 0 : 1)));
        }
      }
    }
  }
});

test('a trial stops where it can: none right or all right, and losses of all or of none', async () => {
  const rowsOf = async (behaviour: typeof right, threshold: Parameters<typeof on>[2], score: number) => {
    const { made, examples } = on(400, behaviour, threshold);
    const { model, rows } = fromTable(() => score);
    const cost = await new Trials(model, made, examples, patchOf, {}).run(1);
    return [cost <= 1, rows()];
  };
  // an eighth is enough to see more than 4 that are wrong
  expect(await rowsOf(right, { atLeast: 0.99 }, 0)).toEqual([false, 50]);
  expect(await rowsOf(right, { atLeast: 0.99 }, 1)).toEqual([true, 400]);
  expect(await rowsOf(right, { atLeast: 0.5 }, 1)).toEqual([true, 200]);
  expect(await rowsOf(right, { atLeast: 0.25 }, 1)).toEqual([true, 100]);
  // more than allowed in half of them; nothing is known of the largest loss, or it is
  expect(await rowsOf(loss(), { atMost: 0.25 }, 1)).toEqual([false, 200]);
  expect(await rowsOf(loss(), { atMost: 0.75 }, 0)).toEqual([true, 400]);
  expect(await rowsOf(loss(1), { atMost: 0.75 }, 0)).toEqual([true, 200]);
});

test('a forecast refutes nothing that meets the threshold, not even just so', async () => {
  // 1 - 7/100 is less than 0.93 to rounding
  const { made, examples } = on(100, right, { atLeast: 0.93 });
  const { model } = fromTable((size, input) => (input < 6 + size ? 0 : 1));
  const trials = new Trials(model, made, examples, patchOf, {});
  expect(await trials.run(3)).toBeGreaterThan(1);
  expect(await trials.forecast(1)).toMatchObject({ refuted: false });
  expect(await trials.run(1)).toBeLessThanOrEqual(1);
  expect(await trials.forecast(2)).toMatchObject({ refuted: true });
});

const tables = fc.record({
  inputs: fc.integer({ min: 20, max: 60 }),
  count: fc.integer({ min: 1, max: 80 }),
  allowed: fc.nat(12),
  seed: fc.nat(1e6),
  start: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
});
const searched = async (trials: Trials<readonly number[]>, count: number, start: number | undefined) => {
  const { probe } = trials;
  const size = await longestPrefix(count, (some) => trials.run(some), {
    start,
    probe,
    guess: (some, again) => trials.forecast(some, again),
  });
  await trials.finish();
  return size;
};

test('where what breaks stays broken, every start gives the one size that trying all sizes gives, for right and wrong answers and for losses', async () => {
  await fc.assert(
    fc.asyncProperty(tables, fc.boolean(), async ({ inputs, count, allowed, seed, start }, graded) => {
      const stream = random(seed, 'table');
      const breaks = Array.from({ length: inputs }, () => 1 + stream.below(2 * count));
      const score = graded
        ? (size: number, input: number) => size / (size + breaks[input]!)
        : (size: number, input: number) => Number(size < breaks[input]!);
      const bound = graded ? { atMost: (allowed + 0.5) / 13 } : { atLeast: (inputs - allowed) / inputs };
      const { made, examples } = on(inputs, graded ? loss() : right, bound);
      const meets = (size: number): boolean => {
        const scores = Array.from({ length: inputs }, (_, input) => Math.fround(score(size, input)));
        return made.meets(scores.reduce((sum, one) => sum + one, 0) / inputs);
      };
      let edge = 0;
      while (edge < count && meets(edge + 1)) edge++;
      const held: number[] = [];
      const { model } = fromTable(score);
      const trials = new Trials(model, made, examples, patchOf, {
        held: async (size, run) => {
          held.push(size);
          expect(run.scores).toHaveLength(inputs);
        },
      });
      expect(await searched(trials, count, start)).toBe(edge);
      // what comes out was run on all inputs, last of those that held
      expect(held.at(-1)).toBe(edge === 0 ? undefined : edge);
    }),
    { numRuns: 300 },
  );
});

test('where what breaks may hold again, what comes out holds, and one more does not', async () => {
  await fc.assert(
    fc.asyncProperty(tables, async ({ inputs, count, allowed, seed, start }) => {
      const wrong = Array.from({ length: count + 1 }, (_, size) =>
        someOf(inputs, random(seed, `size ${size}`).below(Math.min(inputs, 2 * allowed + 2)), seed + size),
      );
      const { made, examples } = on(inputs, right, { atLeast: (inputs - allowed) / inputs });
      const { model } = fromTable((size, input) => (wrong[size]!.has(input) ? 0 : 1));
      const size = await searched(new Trials(model, made, examples, patchOf, {}), count, start);
      if (size > 0) expect(wrong[size]!.size).toBeLessThanOrEqual(allowed);
      if (size < count) expect(wrong[size + 1]!.size).toBeGreaterThan(allowed);
    }),
    { numRuns: 300 },
  );
});
