/** Small programs to train. */
import { program } from '../../src/program/program.js';

/** How often each token occurs, and whether that is more than once. */
export const repeated = program({ name: 'repeated', vocabulary: ['a', 'b'], maxLength: 3 }, (rasp) => {
  const { tokens, select, width, map } = rasp;
  const count = width(select(tokens, tokens, '==')).named('count');
  return map(count, (n) => n > 1).named('repeated');
});

/** Whether all tokens are distinct: two layers of attention, two of functions. */
export const distinct = program({ name: 'distinct', vocabulary: [0, 1, 2], maxLength: 3 }, (rasp) => {
  const { tokens, select, width, map, mean, all } = rasp;
  const count = width(select(tokens, tokens, '==')).named('count');
  const twice = map(count, (n) => n > 1).named('twice');
  return map(mean(all, twice).named('share'), (share) => share === 0).named('distinct');
});
