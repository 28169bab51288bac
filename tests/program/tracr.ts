/** The programs of Tracr's published test cases, written anew in this language. */
import { program, type Program } from '../../src/program/program.js';
import type { Selector, Sequence } from '../../src/program/language/expressions.js';
import type { Rasp } from '../../src/program/language/rasp.js';
import type { Value } from '../../src/program/language/value.js';

type Token = string | number;
type Language = Rasp<Token>;
type Build = (rasp: Language) => Sequence;

const fracPrevs = ({ indices, select, mean }: Language, truths: Sequence<number | boolean>): Sequence<number> =>
  mean(select(indices, indices, '<='), truths);
const isToken = ({ tokens, map }: Language, token: Token): Sequence<boolean> => map(tokens, (one) => one === token);
const shifted = <T extends Value>({ indices, select, aggregate }: Language, by: number, x: Sequence<T>) =>
  aggregate(
    select(indices, indices, (key, query) => query === key + by),
    x,
  );
const pattern =
  (text: string): Build =>
  (rasp) =>
    rasp.combine(
      [...text].map((token, i) => shifted(rasp, text.length - 1 - i, isToken(rasp, token))),
      (...found) => found.every((one) => one === true),
    );
const same = ({ tokens, select }: Language): Selector => select(tokens, tokens, '==');
const sortUnique = ({ indices, select, width, aggregate }: Language, values: Sequence, keys: Sequence): Sequence =>
  aggregate(select(width(select(keys, keys, '<')).named('place'), indices, '=='), values);
const sort = (rasp: Language, values: Sequence, keys: Sequence<number>, maxLength: number): Sequence =>
  sortUnique(rasp, values, rasp.combine([keys, rasp.indices], (key, i) => key + i / maxLength).named('keys'));
const numbers = ({ tokens, map }: Language): Sequence<number> => map(tokens, Number);
const balance = (rasp: Language, [open, close]: string): Sequence<number> =>
  rasp.linear([fracPrevs(rasp, isToken(rasp, open!)), 1], [fracPrevs(rasp, isToken(rasp, close!)), -1]);
const shuffleDyck =
  (...pairs: string[]): Build =>
  (rasp) => {
    const { all, indices, length, select, combine, mean, map, aggregate, linear } = rasp;
    const balances = pairs.map((pair) => balance(rasp, pair).named(`balance of ${pairs.indexOf(pair)}`));
    const negative = combine(
      balances.map((one) => map(one, (x) => x < 0)),
      (...some) => some.includes(true),
    );
    const closed = combine(
      balances.map((one) => map(one, (x) => x === 0)),
      (...some) => some.every((one) => one === true),
    );
    const last = aggregate(select(indices, linear([length, 1], [rasp.constant(1), -1]), '=='), closed);
    return combine([last, mean(all, negative)], (end, share) => Number(end && share === 0));
  };
const reverse: Build = ({ tokens, indices, length, combine, select, aggregate }) =>
  aggregate(
    select(
      indices,
      combine([length, indices], (n, i) => n - 1 - i),
      '==',
    ),
    tokens,
  );
const count =
  (token: string): Build =>
  ({ tokens, select, width }) =>
    width(select(tokens, tokens, (key) => key === token));
const lessFrequent: Build = (rasp) => {
  const often = rasp.width(same(rasp));
  return rasp.width(rasp.select(often, often, (key) => key <= 2));
};

/** By the name of a case, without the number of its example; the second argument is its longest input. */
const builds: Readonly<Record<string, (maxLength: number) => Build>> = {
  frac_prevs_1: () => (rasp) => fracPrevs(rasp, isToken(rasp, 'l')),
  frac_prevs_2: () => (rasp) => fracPrevs(rasp, isToken(rasp, '(')),
  frac_prevs_3: () => (rasp) => fracPrevs(rasp, isToken(rasp, ')')),
  shift_by_one: () => (rasp) => shifted(rasp, 1, rasp.tokens),
  shift_by_two: () => (rasp) => shifted(rasp, 2, rasp.tokens),
  detect_pattern_a: () => pattern('a'),
  detect_pattern_ab: () => pattern('ab'),
  detect_pattern_abc: () => pattern('abc'),
  reverse: () => reverse,
  length_categorical:
    () =>
    ({ length }) =>
      length,
  length_numerical:
    () =>
    ({ all, width }) =>
      width(all),
  pair_balance: () => (rasp) => balance(rasp, '()'),
  shuffle_dyck2: () => shuffleDyck('()', '{}'),
  shuffle_dyck3: () => shuffleDyck('()', '{}', '[]'),
  hist: () => (rasp) => rasp.width(same(rasp)),
  sort_unique_1: () => (rasp) => sortUnique(rasp, rasp.tokens, rasp.tokens),
  sort_unique_2: () => (rasp) =>
    sortUnique(
      rasp,
      rasp.tokens,
      rasp.map(rasp.indices, (i) => 1 - i),
    ),
  sort_1: (maxLength) => (rasp) => sort(rasp, rasp.tokens, numbers(rasp), maxLength),
  sort_2: (maxLength) => (rasp) =>
    sort(
      rasp,
      rasp.tokens,
      rasp.map(rasp.indices, (i) => 1 - i),
      maxLength,
    ),
  sort_3: (maxLength) => (rasp) => sort(rasp, rasp.tokens, numbers(rasp), maxLength),
  sort_freq: (maxLength) => (rasp) =>
    sort(
      rasp,
      rasp.tokens,
      rasp.map(rasp.width(same(rasp)).named('hist'), (often) => -often),
      maxLength,
    ),
  make_count_less_freq_categorical: () => lessFrequent,
  make_count_less_freq_numerical: () => lessFrequent,
  make_count: () => count('a'),
  make_nary_sequencemap_1: () => (rasp) =>
    rasp.combine([numbers(rasp), numbers(rasp), rasp.indices], (x, y, z) => x + y - z),
  make_nary_sequencemap_2: () => (rasp) =>
    rasp.combine([rasp.indices, rasp.indices, numbers(rasp)], (x, y, z) => (x * y) / z),
  selector_width:
    () =>
    ({ all, width }) =>
      width(all),
};

/** One of Tracr's cases: tests/program/tracr-cases.json. */
export interface Case {
  readonly name: string;
  readonly vocabulary: readonly Token[];
  readonly maxLength: number;
  readonly input: readonly Token[];
  readonly output: readonly Value[];
}

/** The program of a case. */
export function programOf({ name, vocabulary, maxLength }: Case, causal: boolean): Program<Token> {
  const build = builds[name] ?? builds[name.replace(/_\d$/, '')];
  if (build === undefined) throw new Error(`no program is written for ${name}`);
  return program({ name, vocabulary, maxLength, causal }, build(maxLength));
}
