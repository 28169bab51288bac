/** Six algorithms for one question: are the m tokens of an input the numbers 0 to m - 1, each once? Four sort them first, two count. */
import type { Sequence } from '../../src/program/language/expressions.js';
import type { Rasp } from '../../src/program/language/rasp.js';
import { program, type Program } from '../../src/program/program.js';

/** What all of them decide. */
export const isPermutation = (input: readonly number[]): boolean =>
  input.toSorted((a, b) => a - b).every((token, i) => token === i);

type Numbers = Sequence<number>;

/** The tokens in ascending order; equal ones by where they stand. */
function sorted({ tokens, indices, select, and, or, width, aggregate, orElse }: Rasp<number>): Numbers {
  const place = width(
    or(select(tokens, tokens, '<'), and(select(tokens, tokens, '=='), select(indices, indices, '<'))),
  ).named('place');
  return orElse(aggregate(select(place, indices, '=='), tokens), 0).named('sorted');
}

/** What the next position has; the last has nothing. */
const next = ({ indices, select, aggregate }: Rasp<number>, values: Numbers): Sequence<number | null> =>
  aggregate(
    select(indices, indices, (key, query) => key === query + 1),
    values,
  ).named('next');

/** true everywhere where it is true everywhere, else false everywhere. */
const everywhere = ({ all, aggregate }: Rasp<number>, holds: Sequence<boolean>): Sequence<boolean> =>
  aggregate(all, holds.named('holds'), { otherwise: false }).named('permutation');

const builds = {
  /** each sorted token is its place */
  'sort, positions': (rasp: Rasp<number>) =>
    everywhere(
      rasp,
      rasp.combine([sorted(rasp), rasp.indices], (token, i) => token === i),
    ),
  /** sorted, they begin at 0 and rise by 1 */
  'sort, differences': (rasp: Rasp<number>) => {
    const ascending = sorted(rasp);
    const step = rasp
      .combine([rasp.orElse(next(rasp, ascending), -1), ascending], (after, token) => (after < 0 ? 1 : after - token))
      .named('step');
    return everywhere(
      rasp,
      rasp.combine([step, ascending, rasp.indices], (by, token, i) => by === 1 && (i > 0 || token === 0)),
    );
  },
  /** sorted, each and the one after it sum to 2 i + 1; the last is the number of tokens less 1 */
  'sort, sums': (rasp: Rasp<number>) => {
    const ascending = sorted(rasp);
    const sum = rasp.linear([ascending, 1], [rasp.orElse(next(rasp, ascending), 0), 1]).named('sum');
    return everywhere(
      rasp,
      rasp.combine([sum, rasp.indices, rasp.length], (both, i, length) => both === (i < length - 1 ? 2 * i + 1 : i)),
    );
  },
  /** sorted, even and odd ones take turns, and all are below the number of tokens */
  'sort, parities': (rasp: Rasp<number>) => {
    const parity = rasp.map(sorted(rasp), (token) => token % 2).named('parity');
    const within = rasp.combine([rasp.tokens, rasp.length], (token, length) => token < length).named('within');
    return everywhere(
      rasp,
      rasp.combine([parity, rasp.indices, within], (odd, i, inside) => odd === i % 2 && inside),
    );
  },
  /** no token has an equal, and all are below the number of tokens */
  'count, repeats': (rasp: Rasp<number>) => {
    const repeats = rasp.width(rasp.select(rasp.tokens, rasp.tokens, '==')).named('repeats');
    return everywhere(
      rasp,
      rasp.combine([repeats, rasp.tokens, rasp.length], (times, token, length) => times === 1 && token < length),
    );
  },
  /** each number below the number of tokens is there once */
  'count, values': (rasp: Rasp<number>) => {
    const times = rasp.width(rasp.select(rasp.tokens, rasp.indices, '==')).named('times');
    return everywhere(
      rasp,
      rasp.map(times, (count) => count === 1),
    );
  },
};

/** Their names, in the order of the suite's matrix. */
export const permutationAlgorithms = Object.keys(builds) as (keyof typeof builds)[];
/** One of them. */
export type PermutationAlgorithm = keyof typeof builds;

/** The programs for up to n tokens of 0 to n - 1, by name. Each gives its answer at every position. */
export const permutationPrograms = (n: number): Readonly<Record<PermutationAlgorithm, Program<number, boolean>>> =>
  Object.fromEntries(
    permutationAlgorithms.map((name) => [
      name,
      program({ name, vocabulary: Array.from({ length: n }, (_, i) => i), maxLength: n }, builds[name]),
    ]),
  ) as unknown as Record<PermutationAlgorithm, Program<number, boolean>>;
