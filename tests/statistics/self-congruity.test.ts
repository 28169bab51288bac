import { describe, expect, test } from '@jest/globals';
import { atOnce } from '../../src/signal';
import type { SideJudgement } from '../../src/statistics/judgement';
import { random } from '../../src/random';
import { UNBOUNDED } from '../../src/interval';
import { selfCongruity } from '../../src/statistics/self-congruity';
import { blocksOf, bruteT, gaussian, mean, meanWithin, swapped } from '../verdict/helpers';
import type { Blocks } from '../../src/statistics/judgement';

const of = (b: Blocks, resolution = 1e-6, seed = 1): SideJudgement['self'] =>
  atOnce(selfCongruity({ size: b.m1, data: b.within1 }, resolution, 0, random(seed, 'x')));

describe('self-congruity', () => {
  test('six points: the ten splits in halves, each by brute force', () => {
    const b = gaussian(6, 6, 2, 0, 4);
    const splits: [number[], number[]][] = [];
    for (let mask = 0; mask < 64; mask++) {
      const half = [0, 1, 2, 3, 4, 5].filter((i) => (mask >> i) & 1);
      if (half.length === 3 && half[0] === 0) splits.push([half, [0, 1, 2, 3, 4, 5].filter((i) => !half.includes(i))]);
    }
    const pick = (r: number[], c: number[]): Float64Array =>
      Float64Array.from(r.flatMap((i) => c.map((j) => b.within1[i * 6 + j]!)));
    const halves = splits.map(([p, q]): Blocks => ({
      m1: 3,
      m2: 3,
      within1: pick(p, p),
      within2: pick(q, q),
      across: pick(p, q),
    }));
    const scores = halves.map((h) => [bruteT(h), bruteT(swapped(h))] as const);
    const excess = halves
      .flatMap((h) => [h.within1, h.within2].map((w) => mean(h.across) / meanWithin(w, 3) - 1))
      .sort((x, y) => x - y);
    const got = of(b);
    expect(got.splits).toBe(10);
    expect(got.congruity).toBeCloseTo(mean(scores.map(([t, u]) => 1 - Math.abs(t + u - 1))), 12);
    expect(got.strictScore).toBeCloseTo(
      mean(scores.map(([t, u]) => 1 - Math.max(Math.abs(2 * t - 1), Math.abs(2 * u - 1)))),
      12,
    );
    // 0.95 of twenty values: between the 19th and the last, at 0.05
    expect(got.noise).toBeCloseTo(excess[18]! + 0.05 * (excess[19]! - excess[18]!), 12);
  });

  test('odd and large sets: all splits where there are few, 200 otherwise', () => {
    expect(of(gaussian(5, 2, 2, 0, 1)).splits).toBe(10);
    expect(of(gaussian(10, 2, 2, 0, 1)).splits).toBe(126);
    expect(of(gaussian(11, 2, 2, 0, 1)).splits).toBe(200);
  });

  test('copies agree perfectly; many varied siblings nearly', () => {
    expect(of(blocksOf([[0], [0], [0], [0]], [[0], [0]]))).toEqual({
      congruity: 1,
      strictScore: 1,
      noise: -1,
      splits: 3,
    });
    const { congruity, noise } = of(gaussian(40, 2, 10, 0, 1));
    expect(congruity).toBeGreaterThan(0.9);
    expect(noise).toBeLessThan(0.1);
  });

  test('noise shrinks about as 1 / sqrt(m)', () => {
    const noise = (m: number): number =>
      mean([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => of(gaussian(m, 2, 10, 0, seed)).noise));
    const ratio = noise(10) / noise(40);
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratio).toBeLessThan(3);
  });

  test('fewer than four have no halves with siblings', () => {
    expect(of(gaussian(3, 2, 2, 0, 1))).toEqual({ congruity: 0, strictScore: 0, noise: UNBOUNDED, splits: 0 });
  });
});
