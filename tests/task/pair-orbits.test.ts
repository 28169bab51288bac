import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OptionError } from '../../src/errors.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { pairOrbits } from '../../src/task/pair-orbits.js';
import { task } from '../../generators/task.js';
import { errorOf } from '../helpers/error-of.js';
import { groupOf } from '../helpers/groups.js';

const permutation = (n: number) =>
  fc.shuffledSubarray(range(n), { minLength: n, maxLength: n }).map((order) => Uint32Array.from(order));

describe('orbits of pairs', () => {
  test('are what all members of the group make of a pair, and what they are called', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 6 })
          .chain((n) => fc.tuple(fc.constant(n), fc.array(permutation(n), { maxLength: 3 }))),
        ([n, generators]) => {
          const found = pairOrbits(n, generators);
          const group = groupOf(n, generators);
          const orbit = (i: number, j: number): string =>
            [...new Set(group.map((g) => g[i]! * n + g[j]!))].toSorted((a, b) => a - b).join();
          const names = new Map<string, number>();
          let wrong = false;
          for (const i of range(n))
            for (const j of range(n)) {
              const at = found.of[i * n + j]!;
              const name = orbit(i, j);
              wrong ||= at !== (names.get(name) ?? names.size) || found.reversed[at] !== found.of[j * n + i];
              names.set(name, at);
            }
          expect(wrong).toBe(false);
          expect(found).toMatchObject({
            n,
            pairs: names.size,
            inputs: new Set(range(n).map((i) => orbit(i, i))).size,
          });
        },
      ),
    );
  });
  test('of addition modulo p under translations of either number and units: p + 2', () => {
    for (const [p, unit] of [
      [5, 2],
      [13, 2],
      [43, 3],
    ] as const) {
      const on = task<readonly [number, number]>({
        name: 'addition',
        inputs: pairs(range(p), range(p)),
        behaviour: accuracy(([a, b]) => (a + b) % p),
        threshold: { atLeast: 0.9 },
        symmetries: {
          right: ([a, b]) => [(a + 1) % p, b],
          left: ([a, b]) => [a, (b + 1) % p],
          units: ([a, b]) => [(unit * a) % p, (unit * b) % p],
        },
      });
      const examples = on.examples(1, 0);
      // one orbit: one input is too many
      expect(examples.inputs).toHaveLength(p * p);
      expect(pairOrbits(p * p, on.relabellings(examples))).toMatchObject({ n: p * p, inputs: 1, pairs: p + 2 });
    }
  });
  test('of 625 words of four letters under all 120 renamings of five letters: 3845, the ways to say which of eight letters are equal', () => {
    const words = range(625).map((w) => range(4).map((at) => Math.floor(w / 5 ** at) % 5));
    const renamed = (to: readonly number[]) =>
      Uint32Array.from(words, (word) => word.reduce((sum, letter, at) => sum + to[letter]! * 5 ** at, 0));
    const { pairs: count, inputs } = pairOrbits(625, [renamed([1, 2, 3, 4, 0]), renamed([1, 0, 2, 3, 4])]);
    // Stirling numbers of the second kind: S(8, 1) + ... + S(8, 5), and S(4, 1) + ... + S(4, 4)
    expect(count).toBe(1 + 127 + 966 + 1701 + 1050);
    expect(inputs).toBe(1 + 7 + 6 + 1);
  });
  test('of all permutations: equal inputs and different ones, however many permutations there are', () => {
    const n = 300;
    const cycle = Uint32Array.from(range(n), (i) => (i + 1) % n);
    const exchange = Uint32Array.from(range(n), (i) => (i < 2 ? 1 - i : i));
    expect(pairOrbits(n, [cycle, exchange])).toMatchObject({ inputs: 1, pairs: 2 });
    expect(pairOrbits(4, [])).toMatchObject({ inputs: 4, pairs: 16 });
  });
  test('need permutations', () => {
    for (const bad of [
      [0, 0, 1],
      [0, 1],
      [0, 1, 3],
    ])
      expect(() => pairOrbits(3, [Uint32Array.of(1, 2, 0), Uint32Array.from(bad)])).toThrow(
        errorOf(OptionError, /Relabelling 1 is no permutation of 0\.\.2\./),
      );
  });
});
