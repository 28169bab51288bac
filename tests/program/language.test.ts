/** Programs as they are written: what they print, and what is wrong with those that make no sense. */
import { describe, expect, test } from '@jest/globals';
import { InputError, OptionError, ProgramError } from '../../src/errors.js';
import type { Sequence } from '../../src/program/language/expressions.js';
import type { Rasp } from '../../src/program/language/rasp.js';
import { merged } from '../../src/program/language/value.js';
import { program, type Program } from '../../src/program/program.js';
import { errorOf } from '../helpers/error-of';

type Letters = 'a' | 'b' | 'c';
const over = (build: (rasp: Rasp<Letters>) => Sequence, causal = false): Program<Letters> =>
  program({ name: 'letters', vocabulary: ['a', 'b', 'c'], maxLength: 4, causal }, build);
/* oxlint-disable typescript/no-explicit-any -- what a user without types may write */
const wrong =
  (build: (rasp: any) => any, causal = false) =>
  (): unknown =>
    over(build, causal);
const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};

test('a program prints a line for each variable, and each selector that is named', () => {
  const hist = over(({ tokens, indices, select, and, not, width, mean, map, linear }) => {
    const same = select(tokens, tokens, '==').named('same');
    const before = select(indices, indices, '<');
    const often = width(same).named('often');
    const share = mean(and(same, not(before)), map(tokens, Boolean));
    return linear([often, 1], [share, -1]).named('left');
  });
  expect(String(hist).replace(/function .*?\}/, 'Boolean')).toBe(
    [
      "letters: at most 4 tokens of 'a', 'b', 'c'",
      '  same = select(tokens, tokens, ==)',
      '  often = width(same)',
      '  map1 = map(tokens, Boolean)',
      '  mean1 = mean(and(same, not(select(indices, indices, <))), map1)',
      '  left = linear([often, 1], [mean1, -1])',
      '  return left',
    ].join('\n'),
  );
  expect(hist.variables.map(({ name, reads }) => [name, reads])).toEqual([
    ['tokens', []],
    ['often', ['tokens']],
    ['indices', []],
    ['map1', ['tokens']],
    ['mean1', ['tokens', 'indices', 'map1']],
    ['left', ['often', 'mean1']],
  ]);
});

test('nothing: maps keep it, selectors pass it over, aggregates give it where there is no one value', () => {
  const last = over(({ tokens, indices, select, combine, aggregate, orElse, map }) => {
    const before = aggregate(
      select(indices, indices, (key, query) => key === query - 1),
      tokens,
    ).named('before');
    const both = combine([before, tokens], (a, b) => `${a}${b}`).named('both');
    const selected = aggregate(select(before, tokens, '=='), tokens).named('followed by itself');
    return combine(
      [
        orElse(both, '-'),
        orElse(
          map(selected, (one) => one.toUpperCase()),
          '.',
        ),
      ],
      (a, b) => a + b,
    );
  });
  expect(last.run(['a', 'a', 'b'])).toMatchObject({
    output: ['-.', 'aa.', 'ab.'],
    variables: { before: [null, 'a', 'a'], both: [null, 'aa', 'ab'], 'followed by itself': [null, null, null] },
  });
  expect(last.run(['c', 'c']).output).toEqual(['-C', 'ccC']);
});

test('numbers that differ by roundings alone are one value', () => {
  const sums = program(
    { name: 'sums', vocabulary: [0.1, 0.2, 0.3], maxLength: 2 },
    ({ tokens, indices, combine, mean, all, linear }) =>
      combine([linear([mean(all, tokens), 2], [indices, 0]), tokens], (sum) => sum),
  );
  expect(sums.outputs).toHaveLength(5);
  expect(sums.run([0.1, 0.2]).output).toEqual(sums.run([0.2, 0.1]).output);
  expect(sums.run([0.1, 0.2]).output[0]).toBeCloseTo(0.3, 12);
  expect(merged([0.1 + 0.2, 0.3, 0, 5e-17, null, 'a', 0.31])).toEqual(
    new Map<unknown, unknown>([
      [0.1 + 0.2, 0.3],
      [0.3, 0.3],
      [0, 0],
      [5e-17, 0],
      [null, null],
      ['a', 'a'],
      [0.31, 0.31],
    ]),
  );
});

describe('what makes no sense is an error where it is written, which points at it', () => {
  test('a function that fails, or gives what is no value', () => {
    expect(messageOf(wrong(({ tokens, map }) => map(tokens, (x: string) => Number(x))))).toBe(
      "the function gives NaN at ('a')\n" +
        '  at: »map(tokens, (x)=>Number(x))«\n' +
        '  do: let it give a text, a finite number, true, false, or null for nothing',
    );
    expect(wrong(({ tokens, map }) => map(tokens, () => undefined))).toThrow(
      errorOf(ProgramError, "the function gives undefined at ('a')"),
    );
    expect(
      wrong(({ tokens, indices, combine }) =>
        combine([tokens, indices], (_: string, i: number) => {
          if (i === 2) throw new Error('two');
          return i;
        }),
      ),
    ).toThrow(errorOf(ProgramError, "the function fails at ('a', 2): two"));
    expect(wrong(({ tokens, map }) => map(tokens, (x: string) => (x === 'a' ? 1 : x)))).toThrow(
      errorOf(ProgramError, "it gives values of several types: 1, 'b', 'c'"),
    );
  });

  test('values that cannot be averaged, added or compared: the one among the arguments is marked', () => {
    expect(wrong(({ all, tokens, mean }) => mean(all, tokens))).toThrow(
      errorOf(ProgramError, /the text 'a' may be among them\n {2}at: mean\(all, »tokens«\)/),
    );
    expect(
      wrong(
        ({ all, tokens, aggregate, indices, linear }) =>
          linear([indices, 1], [aggregate(all, indices).named('one'), 2]) && tokens,
      ),
    ).toThrow(
      errorOf(
        ProgramError,
        /nothing may be among them\n {2}at: linear\(\[indices, 1\], \[»one«, 2\]\)\n {2}do: .*orElse/,
      ),
    );
    expect(wrong(({ tokens, indices, select, width }) => width(select(tokens, indices, '<')))).toThrow(
      errorOf(ProgramError, /the keys are text and the queries number.*\n {2}at: select\(tokens, indices, »<«\)/),
    );
    expect(wrong(({ tokens, select, width }) => width(select(tokens, tokens, '=')))).toThrow(
      errorOf(ProgramError, /"=" is no comparison[^]*did you mean/),
    );
    expect(wrong(({ tokens, select, width }) => width(select(tokens, tokens, () => 1)))).toThrow(
      errorOf(ProgramError, "the predicate gives 1 at key 'a' and query 'a'"),
    );
  });

  test('what is no sequence, no selector, no function, no name', () => {
    expect(wrong(({ map }) => map('a', String))).toThrow(
      errorOf(ProgramError, /takes a sequence, not string[^]*constant\('a'\)/),
    );
    expect(wrong(({ all, map }) => map(all, String))).toThrow(errorOf(ProgramError, 'not a selector'));
    expect(wrong(({ tokens, width }) => width(tokens))).toThrow(errorOf(ProgramError, 'a selector, not a sequence'));
    expect(wrong(({ tokens, map }) => map(tokens, 3))).toThrow(errorOf(ProgramError, 'takes a function, not number'));
    expect(wrong(({ combine }) => combine([], String))).toThrow(errorOf(ProgramError, 'a list of sequences'));
    expect(wrong(({ tokens }) => tokens.named(''))).toThrow(errorOf(ProgramError, '"" is no name'));
    expect(wrong(({ tokens }) => tokens.named('x').named('y'))).toThrow(errorOf(ProgramError, 'is named y as well'));
    expect(wrong(({ all }) => all)).toThrow(errorOf(ProgramError, 'gives an object and not a sequence'));
    expect(wrong(({ tokens, map }) => map(map(tokens, String).named('x'), String).named('x'))).toThrow(
      errorOf(ProgramError, 'two variables are named x'),
    );
    expect(wrong(({ all, tokens, aggregate }) => aggregate(all, tokens, { default: 'a' }))).toThrow(
      errorOf(ProgramError, /unknown option "default"[^]*otherwise/),
    );
    const kept: Sequence[] = [];
    over(({ tokens }) => (kept.push(tokens), tokens));
    expect(wrong(() => kept[0])).toThrow(errorOf(ProgramError, 'a sequence of another program'));
    expect(wrong(({ map }) => map(kept[0], String))).toThrow(errorOf(ProgramError, 'a sequence of another program'));
  });

  test('the length in a causal program; too many values', () => {
    expect(wrong(({ length }) => length, true)).toThrow(
      errorOf(ProgramError, /does not know the length[^]*width\(all\)/),
    );
    const numbers = program({ name: 'n', vocabulary: [1], maxLength: 3000 }, ({ indices }) => indices);
    expect(numbers.outputs).toHaveLength(3000);
    expect(() =>
      program({ name: 'n', vocabulary: [1], maxLength: 3000 }, ({ indices, combine }) =>
        combine([indices, indices], (a, b) => a + b),
      ),
    ).toThrow(errorOf(ProgramError, /9000000 combinations[^]*»combine\(\[indices, indices\]/));
    expect(() =>
      program({ name: 'n', vocabulary: [1], maxLength: 200 }, ({ indices, all, mean }) => mean(all, indices)),
    ).toThrow(errorOf(ProgramError, /has more than 10000 values[^]*mean\(all, »indices«\)/));
  });

  test('options', () => {
    const withOptions = (options: any) => () =>
      program({ name: 'p', vocabulary: ['a'], maxLength: 2, ...options }, ({ tokens }) => tokens);
    expect(withOptions({ maxlength: 3 })).toThrow(errorOf(OptionError, 'maxLength'));
    expect(withOptions({ vocabulary: [] })).toThrow(OptionError);
    expect(withOptions({ vocabulary: ['a', 'a'] })).toThrow(errorOf(ProgramError, "has 'a' twice"));
    expect(withOptions({ vocabulary: ['a', 1] })).toThrow(errorOf(ProgramError, 'several types'));
  });
});

describe('inputs and settings', () => {
  const backwards = over(({ tokens, indices, length, combine, select, aggregate }) => {
    const opposite = combine([length, indices], (n, i) => n - 1 - i).named('opposite');
    return aggregate(select(indices, opposite, '=='), tokens);
  });

  test('an input is a list of tokens of the vocabulary', () => {
    expect(backwards.encode(['b', 'a'])).toEqual([3, 1, 0]);
    expect(() => backwards.run([])).toThrow(errorOf(InputError, 'it has 0 tokens'));
    expect(() => backwards.run(['a', 'b', 'a', 'b', 'a'])).toThrow(errorOf(InputError, /5 tokens[^]*give 1 to 4/));
    expect(() => backwards.run(['a', 'd' as 'a'])).toThrow(
      errorOf(InputError, /token 1 is 'd', which is not in the vocabulary[^]*'a', 'b', 'c'/),
    );
  });

  test('variables can be set, everywhere or at some positions, to values that they can have', () => {
    expect(backwards.run(['a', 'b', 'c']).output).toEqual(['c', 'b', 'a']);
    expect(backwards.run(['a', 'b', 'c'], { set: { opposite: 0 } }).output).toEqual(['a', 'a', 'a']);
    expect(backwards.run(['a', 'b', 'c'], { set: { opposite: [undefined, 0, undefined] } }).output).toEqual([
      'c',
      'a',
      'a',
    ]);
    expect(backwards.run(['a', 'b', 'c'], { set: { length: 2, tokens: ['c', 'c', 'b'] } }).output).toEqual([
      'c',
      'c',
      null,
    ]);
    const set = (settings: object) => () => backwards.run(['a', 'b'], { set: settings as never });
    expect(set({ oposite: 1 })).toThrow(errorOf(ProgramError, /no variable "oposite"[^]*did you mean "opposite"/));
    expect(set({ opposite: [1] })).toThrow(errorOf(ProgramError, '1 value for an input of 2 tokens'));
    expect(set({ opposite: 'a' })).toThrow(errorOf(ProgramError, "'a' at position 0 is no value of opposite"));
    expect(set({ indices: 0 })).toThrow(errorOf(ProgramError, 'says where a position is'));
    expect(() => backwards.run(['a'], { sets: {} } as never)).toThrow(errorOf(OptionError, 'unknown option "sets"'));
  });
});
