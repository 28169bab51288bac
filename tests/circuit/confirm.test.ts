/** What stays of a set that is tried in parts, against scores that are known. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { confirm } from '../../src/circuit/confirm.js';
import type { Component } from '../../src/circuit/component.js';
import { random } from '../../src/random.js';
import { accuracy, crossEntropy } from '../../src/task/index.js';
import { task } from '../../generators/task.js';

const set = (n: number): Component[] =>
  Array.from({ length: n }, (_, index) => ({ name: `unit.${index}`, kind: 'unit', site: 'h', axis: 'feature', index }));
const on = task({ name: 't', inputs: [0], behaviour: accuracy(() => 0), threshold: { atLeast: 0.9 } });
const loss = task({ name: 't', inputs: [0], behaviour: crossEntropy(() => 0), threshold: { atMost: 0.9 } });
const few = () => ({ tries: 300, clean: 0.9, stream: random(1, 'parts') });

test('what changes nothing stays, where the model itself is at the threshold', async () => {
  for (const isRandom of [false, true])
    expect(await confirm(set(20), { ...few(), task: on, isRandom, scoreOf: async () => 0.9 })).toEqual({
      free: set(20),
      confirmed: 200,
    });
});

test('what breaks the threshold is taken out, and nothing else, whichever way is better', () =>
  fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 4, max: 40 })
        .chain((n) => fc.tuple(fc.constant(n), fc.uniqueArray(fc.nat(n - 1), { maxLength: 3 }))),
      fc.boolean(),
      fc.boolean(),
      fc.nat(),
      async ([n, guilty], isRandom, higher, seed) => {
        const noise = random(seed, 'noise');
        const scoreOf = async (chosen: readonly Component[]) => {
          const broken = chosen.some(({ index }) => guilty.includes(index));
          const effect = (broken ? 0.3 : 0) + (isRandom ? 0.002 * noise.unit() : 0);
          return higher ? 1 - effect : effect;
        };
        const { free, confirmed } = await confirm(set(n), {
          task: higher ? on : loss,
          clean: higher ? 1 : 0.7,
          scoreOf: higher ? scoreOf : async (chosen) => 0.7 + (await scoreOf(chosen)),
          tries: 1500,
          isRandom,
          stream: random(seed, 'parts'),
        });
        // all parts where they are few and do not vary
        expect(confirmed).toBeGreaterThanOrEqual(!isRandom && free.length < 8 ? 2 ** free.length - 1 : 200);
        expect(free.filter(({ index }) => guilty.includes(index))).toEqual([]);
        expect(free).toHaveLength(n - guilty.length);
      },
    ),
    { numRuns: 60 },
  ));

test('a part that other parts make up for in the whole is found', async () => {
  // 0 alone breaks it, 0 and 1 together do not
  const scoreOf = async (chosen: readonly Component[]) =>
    chosen.some(({ index }) => index === 0) && !chosen.some(({ index }) => index === 1) ? 0.5 : 1;
  const { free, confirmed } = await confirm(set(6), { ...few(), task: on, clean: 1, isRandom: false, scoreOf });
  expect(confirmed).toBe(2 ** 5 - 1);
  expect(free.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5]);
});

test('of many parts that cost something the most important components are left out, because not all parts can be tried', async () => {
  const scoreOf = async (chosen: readonly Component[]) => 1 - chosen.length / 1000;
  expect(await confirm(set(40), { ...few(), task: on, clean: 1, isRandom: false, scoreOf })).toEqual({
    free: set(40).slice(0, 37),
    confirmed: 200,
  });
});

test('without tries the set is given back unconfirmed', async () => {
  expect(await confirm(set(3), { ...few(), tries: 0, task: on, isRandom: true, scoreOf: async () => 0 })).toEqual({
    free: set(3),
    confirmed: 0,
  });
});
