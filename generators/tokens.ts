import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import { checkKeys } from '../src/options.js';

/** What `tokens` draws. */
export interface TokensConstraints {
  /** token ids to draw from: n for 0, ..., n - 1, or a list, the simplest first */
  readonly vocabulary: number | readonly number[];
  /** drawn tokens, `start` and `end` not counted. @defaultValue 1 */
  readonly minLength?: number;
  /** drawn tokens at most */
  readonly maxLength: number;
  /** tokens before every sequence, such as a beginning-of-sequence token. @defaultValue none */
  readonly start?: readonly number[];
  /** tokens after every sequence. @defaultValue none */
  readonly end?: readonly number[];
  /** true: no drawn token twice. @defaultValue false */
  readonly distinct?: boolean;
}

const known = ['vocabulary', 'minLength', 'maxLength', 'start', 'end', 'distinct'];

/**
 * Sequences of token ids, as every model over tokens takes them. Lengths are uniform between the two, with fast-check's bias to small ones; shrinks to
 * fewer tokens, then each token towards the first of the vocabulary.
 * @throws OptionError
 */
export function tokens(options: TokensConstraints): fc.Arbitrary<number[]> {
  checkKeys(options, known, 'tokens');
  const { vocabulary, minLength = 1, maxLength, start = [], end = [], distinct = false } = options;
  const list = typeof vocabulary === 'number' ? undefined : vocabulary;
  const size = list ? list.length : (vocabulary as number);
  const isId = (token: unknown): boolean => Number.isInteger(token) && (token as number) >= 0;
  const fail = (what: string, where: string, hint: string): never => {
    throw new OptionError({ what, where: `tokens.${where}`, hint });
  };
  if (!Number.isInteger(size) || size < 1 || list?.some((token) => !isId(token)) || (list && new Set(list).size < size))
    fail(
      'the vocabulary is neither a positive integer nor a list of distinct token ids',
      'vocabulary',
      'give n for the tokens 0 to n - 1, or a list of integers from 0',
    );
  if (![...start, ...end].every(isId))
    fail('there is something that is no token id', 'start, end', 'give lists of integers from 0');
  if (!Number.isInteger(minLength) || !Number.isInteger(maxLength) || minLength < 0 || maxLength < minLength)
    fail(
      `lengths cannot be from ${minLength} to ${maxLength}`,
      'minLength, maxLength',
      'give integers with 0 <= minLength <= maxLength',
    );
  if (distinct && maxLength > size)
    fail(`${maxLength} tokens cannot all be distinct among ${size}`, 'maxLength', `give at most ${size}`);

  const places = new Map(list?.map((token, at) => [token, at]));
  const one = list
    ? fc.nat(size - 1).map(
        (at) => list[at]!,
        (token) => {
          const at = places.get(token as number);
          if (at === undefined) throw new Error('not in the vocabulary');
          return at;
        },
      )
    : fc.nat(size - 1);
  // without `size: 'max'` fast-check would stop at about ten
  const lengths = { minLength, maxLength, size: 'max' } as const;
  const body = distinct ? fc.uniqueArray(one, lengths) : fc.array(one, lengths);
  if (start.length === 0 && end.length === 0) return body;
  return body.map(
    (drawn) => [...start, ...drawn, ...end],
    (value) => {
      const all = Array.isArray(value) ? (value as number[]) : [];
      const inside = all.slice(start.length, all.length - end.length);
      if (
        all.length !== start.length + inside.length + end.length ||
        start.some((token, i) => all[i] !== token) ||
        end.some((token, i) => all[all.length - end.length + i] !== token)
      )
        throw new Error('does not begin and end as it should');
      return inside;
    },
  );
}
