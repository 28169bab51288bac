/** Small programs with variables that depend on each other. */
import { program } from '../../../src/program/program.js';

export const digits = [0, 1, 2] as const;

/** Sorts by counting, for each token, those that come before it. */
export const sort = program({ name: 'sort', vocabulary: digits, maxLength: 3 }, (rasp) => {
  const { tokens, indices, select, and, or, width, aggregate } = rasp;
  const before = and(select(tokens, tokens, '=='), select(indices, indices, '<'));
  const place = width(or(select(tokens, tokens, '<'), before)).named('place');
  return aggregate(select(place, indices, '=='), tokens).named('sorted');
});

/** Sorts by counting, for each token, those that come after it. */
export const sortFromBehind = program({ name: 'sort from behind', vocabulary: digits, maxLength: 3 }, (rasp) => {
  const { tokens, indices, length, select, and, or, combine, width, aggregate } = rasp;
  const after = and(select(tokens, tokens, '=='), select(indices, indices, '>'));
  const behind = width(or(select(tokens, tokens, '>'), after)).named('behind');
  const place = combine([length, behind], (n, i) => n - 1 - i).named('place');
  return aggregate(select(place, indices, '=='), tokens).named('sorted');
});

/** Marks repeated tokens: how often a token occurs, then whether that is more than once. */
export const repeats = program({ name: 'repeats', vocabulary: digits, maxLength: 3 }, (rasp) => {
  const { tokens, select, width, map } = rasp;
  const often = width(select(tokens, tokens, '==')).named('often');
  return map(often, (n) => n > 1).named('repeated');
});

/** Sorts by counting how often each token occurs: nothing of it is about the place of a token. */
export const countingSort = program({ name: 'counting sort', vocabulary: digits, maxLength: 3 }, (rasp) => {
  const { tokens, indices, select, width, combine } = rasp;
  const zeros = width(select(tokens, tokens, (key) => key === 0)).named('zeros');
  const ones = width(select(tokens, tokens, (key) => key === 1)).named('ones');
  return combine([indices, zeros, ones], (i, a, b) => (i < a ? 0 : i < a + b ? 1 : 2)).named('sorted');
});
