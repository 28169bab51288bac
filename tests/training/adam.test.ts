/** The optimiser, against PyTorch's (fixtures/make.py), and the average of weights. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adamStep, averageStep, noMoments, normOf, rateAt } from '../../src/training/adam.js';

test('Adam with clipping and the learning rate of a step: where it is after 1, 20 and 250 steps', () => {
  const expected = JSON.parse(readFileSync(join(__dirname, 'fixtures/adam.json'), 'utf8')) as Record<
    string,
    number[][]
  >;
  const weights = new Map(
    [3, 5].map((count, at) => [
      String(at),
      { shape: [count], data: Float32Array.from({ length: count }, (_, i) => -1 + (2 * i) / (count - 1)) },
    ]),
  );
  const moments = noMoments(weights);
  for (let step = 1; step <= 250; step++) {
    const gradients = new Map(
      [...weights].map(([name, { data }]) => [
        name,
        data.map((_, i) => (step % 7 === 0 ? 4 : 0.2) * Math.sin(1.7 * i + 0.3 * step + Number(name))),
      ]),
    );
    adamStep(weights, moments, gradients, step, normOf(gradients), rateAt(step, 0.01, 1));
    expected[step]?.forEach((values, at) =>
      values.forEach((value, i) => expect(Math.abs(weights.get(String(at))!.data[i]! - value)).toBeLessThan(2e-6)),
    );
  }
  expect(Object.keys(expected)).toEqual(['1', '20', '250']);
});

test('the learning rate grows in 100 steps, is largest while a tenth of some rows is wrong, and falls with what is wrong, to a twentieth', () => {
  expect(rateAt(50, 0.004, 1)).toBeCloseTo(0.002, 12);
  for (const wrong of [0.1, 0.4, 1]) expect(rateAt(5000, 0.004, wrong)).toBe(0.004);
  expect(rateAt(5000, 0.004, 0.05)).toBeCloseTo(0.002, 12);
  for (const wrong of [0, 0.005]) expect(rateAt(5000, 0.004, wrong)).toBeCloseTo(0.0002, 12);
});

test('the average is of about the last hundred steps: of weights that rise evenly it is a hundred steps behind', () => {
  const [weights, average] = [0, 0].map(() => new Map([['w', { shape: [1], data: Float32Array.of(0) }]]));
  for (let step = 1; step <= 3000; step++) {
    weights!.get('w')!.data[0] = step;
    averageStep(average!, weights!, step);
  }
  // 3000 less 0.99 / 0.01
  expect(average!.get('w')!.data[0]).toBeCloseTo(2901, 0);
});
