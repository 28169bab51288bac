/** Kinds of rows are drawn by how often they are wrong. */
import { expect, test } from '@jest/globals';
import { random } from '../../src/random.js';
import { Chances } from '../../src/training/chances.js';

/** Shares of 20,000 draws: by Hoeffding off by 0.03 with a chance below 1e-15. */
function shares(chances: Chances): number[] {
  const stream = random(7, 'draws');
  const counts = [0, 0, 0];
  for (let i = 0; i < 20_000; i++) counts[chances.draw(stream)]!++;
  return counts.map((count) => count / 20_000);
}

test('at the beginning each has its prior chance', () => {
  const found = shares(new Chances([1, 1, 2]));
  [0.25, 0.25, 0.5].forEach((share, i) => expect(Math.abs(found[i]! - share)).toBeLessThan(0.03));
});

test('what comes out wrong is drawn more often, and what never does still is', () => {
  const chances = new Chances([1, 1, 2], [0, 0.45, 0]);
  const found = shares(chances);
  // 0.05, 0.5 and 0.1 of 0.65
  [0.05, 0.5, 0.1].forEach((weight, i) => expect(Math.abs(found[i]! - weight / 0.65)).toBeLessThan(0.03));
});

test('the running share is a geometric mean of what came out, and nothing else of the past counts', () => {
  const chances = new Chances([1, 1]);
  for (let i = 0; i < 100; i++) chances.observe(0, false);
  expect(chances.wrong[0]).toBeCloseTo((1 - 1 / 256) ** 100, 12);
  chances.observe(0, true);
  expect(chances.wrong[0]).toBeCloseTo((1 - 1 / 256) ** 101 + 1 / 256, 12);
  expect(chances.wrong[1]).toBe(1);
  const resumed = new Chances([1, 1], [...chances.wrong]);
  const [one, other] = [random(3, 'a'), random(3, 'a')];
  for (let i = 0; i < 200; i++) expect(resumed.draw(one)).toBe(chances.draw(other));
});
