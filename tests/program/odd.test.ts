/** Programs that nobody would write, compiled: exact on every input, or refused with an error of our own. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CompilationError } from '../../src/errors.js';
import { compile } from '../../src/program/compile.js';
import type { Compilation } from '../../src/program/compilation.js';
import type { Sequence } from '../../src/program/language/expressions.js';
import type { Rasp } from '../../src/program/language/rasp.js';
import type { Value } from '../../src/program/language/value.js';
import { program } from '../../src/program/program.js';
import { allInputs, differences } from './exact';

type Token = NonNullable<Value>;
type Build = (rasp: Rasp<Token>) => Sequence;
const numbers = (one: Sequence): Sequence<number> => one as Sequence<number>;
const cases: Record<string, [vocabulary: Token[], maxLength: number, build: Build, causal?: boolean]> = {
  'one token, one position': [['x'], 1, ({ tokens }) => tokens],
  'one token, counted': [['x'], 9, ({ all, width }) => width(all)],
  'a constant': [[1, 2], 2, ({ constant }) => constant('always')],
  'nothing everywhere': [[1, 2], 2, ({ constant }) => constant(null)],
  'nothing among values': [[1, 2, 3], 3, ({ tokens, map }) => map(tokens, (t) => (t === 2 ? null : t))],
  'an empty selection': [
    [1, 2],
    3,
    ({ tokens, select, aggregate }) =>
      aggregate(
        select(tokens, tokens, () => false),
        tokens,
        { otherwise: 7 },
      ),
  ],
  'the width of an empty selection': [
    [1, 2],
    3,
    ({ tokens, select, width }) => width(select(tokens, tokens, () => false)),
  ],
  'the mean of an empty selection': [
    [1, 2],
    3,
    ({ tokens, select, mean }) =>
      mean(
        select(tokens, tokens, () => false),
        numbers(tokens),
        { otherwise: -5.5 },
      ),
  ],
  'not all': [['a', 'b'], 3, ({ all, not, tokens, aggregate }) => aggregate(not(all), tokens, { otherwise: 'none' })],
  'composite selectors, deep': [
    [0, 1, 2],
    4,
    ({ tokens, indices, select, and, or, not, width }) => {
      const [same, before] = [select(tokens, tokens, '=='), select(indices, indices, '<')];
      return width(or(and(same, not(before)), not(or(same, and(before, not(same))))));
    },
  ],
  'a selector of three variables': [
    [0, 1],
    4,
    ({ tokens, indices, length, combine, select, and, or, width }) => {
      const odd = combine([tokens, indices], (t, i) => (Number(t) + i) % 2);
      return width(
        or(
          and(select(odd, tokens, '=='), select(indices, length, '<')),
          select(tokens, indices, (t, i) => t === i),
        ),
      );
    },
  ],
  'negative numbers': [
    [-3, -1, 0, 2],
    3,
    ({ tokens, select, mean, width, linear }) =>
      linear(
        [mean(select(tokens, tokens, '<='), numbers(tokens)), -2],
        [width(select(tokens, tokens, (k, q) => Number(k) + Number(q) < 0)), 1],
      ),
  ],
  fractions: [
    [0.1, 0.25, 1e-3],
    3,
    ({ tokens, map, all, mean, linear }) => {
      const third = map(tokens, (t) => Number(t) / 3);
      return map(linear([mean(all, third), 0.1], [third, 1 / 7]), (x) => Math.round(x * 1e6) / 1e6);
    },
  ],
  'large beside small': [
    [1e9, 1, -1e9],
    2,
    ({ tokens, map, linear }) => linear([numbers(tokens), 1], [map(tokens, (t) => Number(t) / 1e12), 1]),
  ],
  'large numbers, averaged': [[1e6, 3, -1e6], 3, ({ tokens, all, mean }) => mean(all, numbers(tokens))],
  'truth values': [
    [true, false],
    4,
    ({ tokens, mean, all, map }) =>
      map(mean(all, tokens as Sequence<boolean>), (share) => (share === 0.5 ? null : share > 0.5)),
  ],
  'texts that look alike': [
    ['1', 'true', 'null', '', ' '],
    2,
    ({ tokens, select, width, map }) => map(width(select(tokens, tokens, '==')), (n) => (n > 1 ? 'null' : '')),
  ],
  'compared as texts': [['b', 'a', 'B', 'é'], 2, ({ tokens, select, width }) => width(select(tokens, tokens, '<'))],
  'a chain of aggregates': [
    [0, 1, 2],
    4,
    ({ tokens, indices, select, aggregate, map }) => {
      const to = (one: Sequence): Sequence =>
        aggregate(
          select(
            indices,
            map(indices, (i) => (i + 1) % 4),
            '==',
          ),
          one,
          { otherwise: -1 },
        );
      return to(to(to(tokens)));
    },
  ],
  'the same selector twice': [
    [0, 1],
    3,
    ({ tokens, select, and, width }) => {
      const same = select(tokens, tokens, '==');
      return width(and(same, same));
    },
  ],
  'a contradiction': [
    [0, 1],
    3,
    ({ tokens, select, and, not, width }) => {
      const same = select(tokens, tokens, '==');
      return width(and(same, not(same)));
    },
  ],
  'values that nothing tells apart in float32': [
    [1, 1 + 1e-9],
    2,
    ({ tokens, all, mean }) => mean(all, numbers(tokens)),
  ],
  'numbers too small for float32': [[0, 1e-56], 2, ({ tokens, all, mean }) => mean(all, numbers(tokens))],
  'numbers too large for float32': [[0, 1e56], 2, ({ tokens, all, mean }) => mean(all, numbers(tokens))],
  'numbers too large for float32, as tokens': [
    [-1e300, 1e300],
    2,
    ({ tokens, select, width }) => width(select(tokens, tokens, '<')),
  ],
  'a wide width of widths, causal': [
    [0, 1],
    6,
    ({ tokens, select, width }) => {
      const often = width(select(tokens, tokens, '=='));
      return width(select(often, often, '<'));
    },
    true,
  ],
  'a mean of means': [
    [0, 1, 2],
    4,
    ({ tokens, all, mean, select, indices }) => mean(select(indices, indices, '<='), mean(all, numbers(tokens))),
  ],
  'nothing as the key': [
    [0, 1, 2],
    3,
    ({ tokens, map, select, width }) => {
      const some = map(tokens, (t) => (t === 1 ? null : t));
      return width(select(some, some, '=='));
    },
  ],
  'an output that is the places': [[0, 1], 5, ({ indices }) => indices],
  'of two nothings': [
    [0, 1],
    3,
    ({ tokens, map, combine, orElse }) => {
      const [a, b] = [map(tokens, (t) => (t === 0 ? null : 1)), map(tokens, (t) => (t === 1 ? null : 2))];
      return orElse(
        combine([a, b], (x, y) => x + y),
        -1,
      );
    },
  ],
};

/** What float32 cannot hold apart. */
const refused = [
  'large numbers, averaged',
  'values that nothing tells apart in float32',
  'numbers too small for float32',
  'numbers too large for float32',
];

test.each(Object.entries(cases))('%s', async (name, [vocabulary, maxLength, build, causal = false]) => {
  const written = program({ name, vocabulary, maxLength, causal }, build);
  if (refused.includes(name)) {
    await expect(compile(written, { backend: 'wasm' })).rejects.toThrow(CompilationError);
    return;
  }
  const compiled = (await compile(written, { backend: 'wasm' })) as unknown as Compilation;
  expect(await differences(compiled, allInputs(vocabulary, maxLength))).toEqual([]);
  compiled.dispose();
});
const sized = (largest: number): fc.Arbitrary<number> =>
  fc.double({ min: -largest, max: largest, noNaN: true }).map((x) => Number(x.toPrecision(3)));
const fewer = fc.oneof(fc.integer({ min: -5, max: 5 }), sized(100));

/** Numbers through a map, a mean and a sum. */
const written = (value: fc.Arbitrary<number>) =>
  fc
    .record({
      vocabulary: fc.uniqueArray(value, { minLength: 1, maxLength: 4, comparator: (a, b) => a === b || a + b === 0 }),
      table: fc.array(value, { minLength: 4, maxLength: 4 }),
      by: fc.constantFrom('<', '==', '!=', '>='),
      factor: value,
      maxLength: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ vocabulary, table, by, factor, maxLength }) =>
      program({ name: 'numbers', vocabulary, maxLength }, (rasp) => {
        const { tokens, select, map, mean, linear } = rasp;
        const other = map(tokens, (t) => table[vocabulary.indexOf(t)]!).named('other');
        const level = mean(select(tokens, tokens, by), other, { otherwise: table[0]! }).named('level');
        return linear([level, factor], [tokens, 1]).named('sum');
      }),
    );

// of 400 of each, 336 and 159 were compiled
test.each([
  ['below zero and between whole ones', fewer, 20],
  ['of any size that there is', fc.oneof(fewer, sized(1e-30), sized(1e30), sized(1e100)), 1],
] as const)('numbers %s: exact, or refused', async (_, value, least) => {
  let exact = 0;
  await fc.assert(
    fc.asyncProperty(written(value), async (one) => {
      let compiled: Compilation;
      try {
        compiled = (await compile(one, { backend: 'wasm' })) as unknown as Compilation;
      } catch (error) {
        if (error instanceof CompilationError) return;
        throw error;
      }
      exact++;
      try {
        expect(await differences(compiled, allInputs<Value>(one.vocabulary, one.maxLength))).toEqual([]);
      } finally {
        compiled.dispose();
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
  expect(exact).toBeGreaterThanOrEqual(least);
});
