/** Who does a task: words are to be predicted better than by how often they occur, groups named better than by the commonest alone. */
import { expect, test } from '@jest/globals';
import { random } from '../../../src/random.js';
import { spread, tagsFault, wordsFault } from '../../../suites/parts-of-speech/behaviour.js';

test('each value is predicted by counts of the others, one more of each and one of what is not there', () => {
  const stream = random(0, 'values');
  const values = Array.from({ length: 60 }, () => Math.floor(Math.sqrt(stream.below(100))));
  const kinds = new Set(values).size;
  const losses = values.map((value, i) => {
    const others = values.filter((_, j) => j !== i);
    const count = others.filter((one) => one === value).length;
    // of the kinds that there are and one more: n - 1 places and as many again as there are kinds, and one
    return -Math.log((count + 1) / (others.length + kinds + 1));
  });
  const { byFrequency, commonest } = spread(values);
  expect(byFrequency).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / values.length, 12);
  expect(commonest).toBe(Math.max(...values.map((one) => values.filter((other) => other === one).length)) / 60);
});

test('words that are all different are predicted by nobody who counts: the entropy would say that all of them are known', () => {
  const { byFrequency } = spread(Array.from({ length: 50 }, (_, i) => i));
  expect(byFrequency).toBeCloseTo(Math.log(100), 12);
});

test('faults are said on either side of where they begin', () => {
  expect(wordsFault(3.99, 4)).toBeUndefined();
  expect(wordsFault(4, 4)).toMatch(/does not predict words: a loss of 4\.00 nats, .* gives 4\.00/);
  expect(wordsFault(NaN, 4)).toMatch(/does not predict words/);
  expect(tagsFault(0.9, 100, 0.5)).toBeUndefined();
  // Wilson's lower limit of 60 of 100 is 0.502
  expect(tagsFault(0.6, 100, 0.5)).toBeUndefined();
  expect(tagsFault(0.6, 100, 0.51)).toMatch(/60 % right, and the commonest group is 51 %/);
});
