/** Distances that are asked for again are not measured again. */
import { expect, test } from '@jest/globals';
import { random } from '../../src/random.js';
import { gramOf, type Gram } from '../../src/representation/gram.js';
import { DistanceCache } from '../../src/verdict/distance-cache.js';

const n = 30;
const some = (name: string, count: number): Gram[] =>
  Array.from({ length: count }, (_, i) => {
    const draw = random(i, name);
    return gramOf({ shape: [n, 4], data: Float32Array.from({ length: 4 * n }, () => draw.normal()) });
  });
const sides = [some('one', 5), some('other', 4)] as const;

test('the same implementations: the very same distances; one more, or another measure: measured', async () => {
  const measuring = new DistanceCache({ seed: 3, splits: 1 });
  const first = await measuring.distances('ridge', sides);
  expect(first.m).toBe(5 + 4 + 3 + 3);
  expect(await measuring.distances('ridge', [[...sides[0]], [...sides[1]]])).toBe(first);
  expect(await measuring.distances('cka', sides)).not.toBe(first);
  const grown = await measuring.distances('ridge', [[...sides[0], some('more', 1)[0]!], sides[1]]);
  expect(grown.m).toBe(16);
  // what both hold is the same, to the last bits at most
  expect(grown.data[1]).toBeCloseTo(first.data[1]!, 12);
  expect(await new DistanceCache({ seed: 3, splits: 1 }).distances('ridge', sides)).toEqual(first);
});

test('controls are the first three of each side, shuffled by the seed', async () => {
  const measuring = new DistanceCache({ seed: 3, splits: 1 });
  const controls = await measuring.controls(sides);
  expect(controls.map((side) => side.length)).toEqual([3, 3]);
  expect(await measuring.controls([[...sides[0], ...some('more', 1)], sides[1]])).toBe(controls);
  expect(controls[0][0]!.data.toSorted()).toEqual(sides[0][0]!.data.toSorted());
  expect(controls[0][0]!.data).not.toEqual(sides[0][0]!.data);
  expect(await new DistanceCache({ seed: 4, splits: 1 }).controls(sides)).not.toEqual(controls);
});
