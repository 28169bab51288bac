import { expect, test } from '@jest/globals';
import { random } from '../../../src/random';
import { RunningTest, type SampleBlock } from '../../../src/verdict/sequential/running-test';

const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((v, i) => v - b[i]!));

/** Two pairs of twins, and the distances that are asked about: B is of the law of A, and near to its twin. */
function block(seed: number, at: number): SampleBlock {
  const r = random(seed, `block ${at}`);
  const point = (): number[] => [r.normal(), r.normal()];
  const twin = (a: readonly number[]): number[] => a.map((x) => 0.8 * x + 0.6 * r.normal());
  const [a1, a2] = [point(), point()];
  const [b1, b2] = [twin(a1), twin(a2)];
  return { siblings: [distance(a1, a2), distance(b1, b2)], strangers: [distance(a1, b2), distance(a2, b1)] };
}

test('blocks of two pairs of twins: at the edge of the margin it errs no more often than it may, whenever one stops', () => {
  // one law on both sides: a stranger is farther than a sibling in half of the pairs, the edge of no margin at all
  const runs = 1500;
  const said = { equivalent: 0, different: 0 };
  for (let seed = 0; seed < runs; seed++) {
    const running = new RunningTest({ alpha: 0.045, beta: 0.045 }, 0, 1e-6);
    for (let at = 0; at < 20 && !running.certain; at++) running.observe(block(seed, at));
    if (running.certain) said[running.certain]++;
  }
  // five standard errors: exceeded with probability below 1e-6
  const most = 0.045 + 5 * Math.sqrt((0.045 * 0.955) / runs);
  expect(said.equivalent / runs).toBeLessThan(most);
  expect(said.different / runs).toBeLessThan(most);
});

test('it has the power to see either: strangers that are nearly siblings, and strangers far away', () => {
  const after = (margin: number): RunningTest => {
    const running = new RunningTest({ alpha: 0.045, beta: 0.045 }, margin, 1e-6);
    for (let at = 0; at < 40; at++) running.observe(block(1, at));
    return running;
  };
  // twice as far as siblings is rare, a tenth as far is not
  expect(after(5).certain).toBe('equivalent');
  expect(after(-0.9).certain).toBe('different');
});
