import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ablation } from '../../src/circuit/ablation.js';
import { findBreakers } from '../../src/circuit/breakers.js';
import { components, intervene, sitesOf, type Component } from '../../src/circuit/component.js';
import { growFree } from '../../src/circuit/grow.js';
import { longestPrefix } from '../../src/circuit/longest-prefix.js';
import { rankComponents } from '../../src/circuit/rank.js';
import { Trials } from '../../src/circuit/trials.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { random } from '../../src/random.js';
import { runExamples } from '../../src/task/run.js';
import { addition, example } from '../helpers/example.js';
import { both, tiny } from '../helpers/tiny.js';

const sizes = fc.record({ count: fc.integer({ min: 0, max: 600 }), share: fc.double({ min: 0, max: 1, noNaN: true }) });
/** What a size costs: as a straight line would have it, with a jump at the edge, or with nothing said but whether it holds. */
const costs = {
  line: (size: number, edge: number) => size / (edge + 0.5),
  jump: (size: number, edge: number) => (size <= edge ? 0.2 : 40),
  unknown: (size: number, edge: number) => (size <= edge ? 0 : Infinity),
} as const;
const shapes = fc.constantFrom(...(Object.keys(costs) as (keyof typeof costs)[]));
/** Refutes what is beyond so much, and nothing that holds; what is likely is wrong by as much as is given. */
const guessing = (edge: number, slack: number, off: number, shape: keyof typeof costs) => async (size: number) => {
  const cost = costs[shape](size, Math.max(0, Math.min(edge + off, edge + slack)));
  return { refuted: size > edge + slack, cost };
};

test('of a predicate that is monotone, any start and any guesses give the one size there is', async () => {
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined }),
      fc.option(fc.nat(100), { nil: undefined }),
      fc.integer({ min: -100, max: 100 }),
      fc.tuple(shapes, shapes),
      async ({ count, share }, start, slack, off, [shape, guessed]) => {
        const edge = Math.round(share * count);
        const asked: number[] = [];
        const found = await longestPrefix(
          count,
          async (size) => {
            asked.push(size);
            return costs[shape](size, edge);
          },
          { start, guess: slack === undefined ? undefined : guessing(edge, slack, off, guessed) },
        );
        expect(found).toBe(edge);
        // never nothing, never more than there is, nothing twice
        expect(asked.every((size) => size >= 1 && size <= count)).toBe(true);
        expect(new Set(asked).size).toBe(asked.length);
        // one in five trials halves what is left; where guesses are wrong, steps away from them double
        const halvings = Math.ceil(Math.log2(count + 2));
        expect(asked.length).toBeLessThanOrEqual(
          slack === undefined ? 5 * halvings + 8 : (halvings * (halvings + 1)) / 2 + 9 * (halvings + 1),
        );
      },
    ),
    { numRuns: 400 },
  );
});

test('what is to be confirmed comes out only if it is, and the largest size that holds for both does', async () => {
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.nat(600),
      fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined }),
      fc.option(fc.tuple(fc.nat(100), fc.integer({ min: -100, max: 100 })), { nil: undefined }),
      shapes,
      async ({ count, share }, other, start, off, shape) => {
        const edges = [Math.round(share * count), Math.min(count, other)] as const;
        let first: 0 | 1 = 0;
        const confirmed = new Set<number>();
        const found = await longestPrefix(count, async (size) => costs[shape](size, edges[first]), {
          start,
          probe: off && (async (size) => costs[shape](size, edges[0] + off[1])),
          guess: off && guessing(Math.min(...edges), off[0], off[1], shape),
          async confirm(size) {
            const cost = Math.max(...edges.map((edge) => costs[shape](size, edge)));
            // as sides are: the one that does not hold is asked from then on
            if (cost > 1) first = edges[0] < size ? 0 : 1;
            else confirmed.add(size);
            return cost;
          },
        });
        expect(found).toBe(Math.min(...edges));
        if (found > 0) expect(confirmed).toContain(found);
      },
    ),
    { numRuns: 400 },
  );
});

let model: Transformer;
beforeAll(async () => {
  model = (await example('released')) as Transformer;
});
afterAll(() => model.dispose());

test('a trial refutes only what misses the threshold on all inputs', async () => {
  const on = addition();
  const examples = on.examples(120, 0);
  const pool = components(model, 'neurons');
  const replacement = await ablation(model, on, examples, sitesOf(pool), { by: 'resample', seed: 3 });
  const patchOf = (size: number) => (rows: readonly number[]) => intervene(pool.slice(0, size), replacement(rows));
  const trials = new Trials(model, on, examples, patchOf, {});
  expect(await trials.forecast(pool.length)).toBeUndefined();
  expect(await trials.run(pool.length)).toBeGreaterThan(1);
  let refuted = 0;
  for (let size = 8; size <= pool.length; size += 24) {
    const { score } = await runExamples(model, on, examples, { patch: patchOf(size) });
    if ((await trials.forecast(size))!.refuted) {
      refuted++;
      expect(on.meets(score)).toBe(false);
    }
  }
  expect(refuted).toBeGreaterThan(0);
  // some rows of a run are those rows of the whole run
  const [whole, some] = [
    await runExamples(model, on, examples, { patch: patchOf(40) }),
    await runExamples(model, on, examples, { patch: patchOf(40), some: [5, 17, 99] }),
  ];
  expect(some.scores).toEqual([5, 17, 99].map((at) => whole.scores[at]));
  for (const [i, at] of [5, 17, 99].entries())
    some.logits[i]!.forEach((value, k) => expect(value).toBeCloseTo(whole.logits[at]![k]!, 3));
});

test('breakers by group tests are those of patching one by one, in fewer runs; only what was patched alone has an effect', async () => {
  const on = addition();
  const examples = on.examples(120, 0);
  const one = await rankComponents(model, on, examples, { seed: 4 });
  const groups = await findBreakers(model, on, examples, { seed: 4 });
  const names = (all: Iterable<{ name: string }>) => Array.from(all, ({ name }) => name).toSorted();
  expect(names(groups.breakers)).toEqual(
    names(one.ranking.filter(({ breaks }) => breaks).map(({ component }) => component)),
  );
  expect(groups.runs).toBeLessThan(one.runs / 4);
  const effects = new Map(one.ranking.map(({ component, effect }) => [component.name, effect]));
  expect(groups.alone.length).toBeGreaterThan(0);
  for (const { component, effect } of groups.alone) expect(effect).toBeCloseTo(effects.get(component.name)!, 5);
  // everything is a breaker, or was tried, whatever the budget
  const few = await findBreakers(model, on, examples, { seed: 4, budget: 8 });
  expect(few.runs).toBeLessThanOrEqual(8);
  for (const { name } of groups.breakers) expect(names(few.breakers)).toContain(name);
});

test('what is drawn is what trying every size of the order gives, wherever it starts', async () => {
  const small = await tiny();
  try {
    const on = both();
    const examples = on.examples(4, 0);
    const pool = components(small, 'heads+neurons');
    const replacement = await ablation(small, on, examples, sitesOf(pool), { by: 'zero', seed: 0 });
    const known = new Map<string, boolean>();
    const holds = async (some: readonly Component[]): Promise<boolean> => {
      const key = some
        .map(({ name }) => name)
        .toSorted()
        .join();
      if (!known.has(key)) {
        const { score } = await runExamples(small, on, examples, {
          patch: (rows) => intervene(some, replacement(rows)),
        });
        known.set(key, on.meets(score));
      }
      return known.get(key)!;
    };
    const sizes = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      // the order that this seed draws
      const order = Array.from(random(seed, 'grow').permutation(pool.length), (i) => pool[i]!);
      let size = 0;
      while (size < order.length && (await holds(order.slice(0, size + 1)))) size++;
      sizes.add(size);
      for (const start of [undefined, 1, 3, 9]) {
        const grown = await growFree(small, on, examples, pool, { by: 'zero', seed, start });
        expect(grown.components).toEqual(order.slice(0, size));
      }
    }
    expect(sizes.size).toBeGreaterThan(2);
  } finally {
    small.dispose();
  }
});
