import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { random, type Random } from '../../../src/random';
import { RunningTest, type SampleBlock } from '../../../src/verdict/sequential/running-test';

const levels = { alpha: 0.05, beta: 0.05 };

/** Points on a line of many dimensions: siblings about 1 apart, strangers `far` times as far. */
function block(r: Random, dimension: number, far: number): SampleBlock {
  const point = (shift: number): number[] =>
    Array.from({ length: dimension }, (_, f) => r.normal() / Math.sqrt(2 * dimension) + (f === 0 ? shift : 0));
  const shift = Math.sqrt(Math.max(0, far * far - 1));
  const [a, b, c, d] = [point(0), point(0), point(shift), point(shift)];
  const distance = (x: number[], y: number[]): number => Math.hypot(...x.map((v, i) => v - y[i]!));
  return {
    siblings: [distance(a, b), distance(c, d)],
    strangers: [distance(a, c), distance(a, d), distance(b, c), distance(b, d)],
  };
}

const after = (blocks: readonly SampleBlock[], margin = 0.25, resolution = 1e-3): RunningTest => {
  const test = new RunningTest(levels, margin, resolution);
  for (const one of blocks) test.observe(one);
  return test;
};
const many = (n: number, of: (i: number) => SampleBlock): SampleBlock[] => Array.from({ length: n }, (_, i) => of(i));

describe('the running test', () => {
  test('five blocks that all agree are enough at 0.05, four are not', () => {
    const near = { siblings: [1, 1], strangers: [1, 1, 1, 1] } as const;
    const far = { siblings: [1, 1], strangers: [2, 2, 2, 2] } as const;
    for (const [one, outcome] of [
      [near, 'equivalent'],
      [far, 'different'],
    ] as const) {
      expect(after(many(4, () => one)).certain).toBeUndefined();
      expect(after(many(5, () => one)).certain).toBe(outcome);
    }
  });

  test('sides that disagree are never certain, however many are drawn', () => {
    expect(after(many(200, () => ({ siblings: [1, 5], strangers: [3, 3, 3, 3] }))).certain).toBeUndefined();
  });

  test('strangers exactly at the margin are a coin flip, and siblings below the resolution count as the resolution', () => {
    expect(
      after(many(50, () => ({ siblings: [1, 1], strangers: [1.25, 1.25, 1.25, 1.25] }))).trajectory.sides[0],
    ).toMatchObject({ share: 0.5, near: Array(50).fill(expect.closeTo(0, 12)) });
    expect(after(many(5, () => ({ siblings: [0, 0], strangers: [1e-3, 1e-3, 1e-3, 1e-3] }))).certain).toBe(
      'equivalent',
    );
  });

  test('the unit of distance does not matter, nor which side is called first', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: -6, max: 6 }), fc.constantFrom(1, 1.25, 2), (seed, e, far) => {
        const blocks = many(6, (i) => block(random(seed, `${i}`), 5, far));
        const scaled = blocks.map(({ siblings: [a, b], strangers: s }): SampleBlock => ({
          siblings: [a * 2 ** e, b * 2 ** e],
          strangers: s.map((d) => d * 2 ** e) as never,
        }));
        const turned = blocks.map(({ siblings: [a, b], strangers: [p, q, r, s] }): SampleBlock => ({
          siblings: [b, a],
          strangers: [p, r, q, s],
        }));
        const one = after(blocks).trajectory;
        expect(after(scaled, 0.25, 1e-3 * 2 ** e).trajectory).toEqual(one);
        expect(after(turned).trajectory).toEqual({ ...one, sides: [one.sides[1], one.sides[0]] });
      }),
      { numRuns: 50 },
    );
  });

  test('wrong verdicts at the boundary, looking after every block: at most the level', () => {
    // strangers beyond the margin in exactly half of the triples, by flipping a fair coin for each block
    const repeats = 1500;
    let wrong = 0;
    for (let n = 0; n < repeats; n++) {
      const r = random(n, 'boundary');
      const test = new RunningTest(levels, 0.25, 1e-3);
      for (let b = 0; b < 100 && !test.certain; b++) {
        const d = r.unit() < 0.5 ? 1 : 2;
        test.observe({ siblings: [1, 1], strangers: [d, d, d, d] });
      }
      if (test.certain) wrong++;
    }
    // either error, each at 0.05; four standard errors
    expect(wrong / repeats).toBeLessThanOrEqual(0.1 + 4 * Math.sqrt((0.1 * 0.9) / repeats));
  });

  test('the course is plain JSON and says how many more it would need', () => {
    const { trajectory } = after(many(3, (i) => block(random(i, 'x'), 50, 1)));
    expect(JSON.parse(JSON.stringify(trajectory))).toEqual(trajectory);
    expect(trajectory).toMatchObject({ blocks: 3, levels });
    expect(trajectory.needs).toBeGreaterThan(0);
    expect(after(many(3 + trajectory.needs! / 2, (i) => block(random(i, 'x'), 50, 1))).certain).toBe('equivalent');
  });
});
