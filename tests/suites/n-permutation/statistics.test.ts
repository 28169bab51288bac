/** The paper's formula and its code's statistic, against values by hand and against exact expectations by enumeration. */
import { describe, expect, test } from '@jest/globals';
import { random } from '../../../src/random.js';
import { boundAboveHalf, codeShare, paperScore, type Distances } from '../../../suites/n-permutation/statistics.js';

/** Distances between points on a line. */
function onALine(first: readonly number[], second: readonly number[]): Distances {
  const between = (a: readonly number[], b: readonly number[]): Float64Array =>
    Float64Array.from(a.flatMap((x) => b.map((y) => Math.abs(x - y))));
  return {
    m1: first.length,
    m2: second.length,
    within1: between(first, first),
    within2: between(second, second),
    across: between(first, second),
  };
}

const apart = onALine([0, 1, 2], [10, 11, 12]);
const mixed = onALine([0, 3, 4, 9], [1, 2, 6]);
const tied: Distances = {
  m1: 3,
  m2: 3,
  within1: new Float64Array(9).fill(1),
  within2: new Float64Array(9).fill(1),
  across: new Float64Array(9).fill(1),
};

describe('by hand', () => {
  test('sets that are apart: siblings are always nearer', () => {
    expect(paperScore(apart, random(1, 'a'))).toBe(0);
    expect(codeShare(apart, random(1, 'a'))).toBe(1);
  });

  test('ties are a yes to the formula, which then says 0, and a no to the code', () => {
    expect(paperScore(tied, random(1, 'a'))).toBe(0);
    expect(codeShare(tied, random(1, 'a'))).toBe(0);
  });

  test('the bound: 14 of 20 are not enough, 15 are', () => {
    // 0.7 - 1.96 sqrt(0.21 / 20) = 0.499; 0.75 - 1.96 sqrt(0.1875 / 20) = 0.560
    expect(Array.from({ length: 21 }, (_, yes) => boundAboveHalf(yes / 20))).toEqual(
      Array.from({ length: 21 }, (_, yes) => yes >= 15),
    );
  });
});

describe('by enumeration', () => {
  const { m1, m2, within1, within2, across } = mixed;
  const each = (m: number): number[] => Array.from({ length: m }, (_, i) => i);
  const mean = (values: readonly boolean[]): number => values.filter(Boolean).length / values.length;

  test('the formula', () => {
    const side1 = each(m1).flatMap((i) =>
      each(m1)
        .filter((j) => j !== i)
        .flatMap((j) => each(m2).map((k) => within1[i * m1 + j]! <= across[i * m2 + k]!)),
    );
    const side2 = each(m2).flatMap((i) =>
      each(m2)
        .filter((j) => j !== i)
        .flatMap((j) => each(m1).map((k) => within2[i * m2 + j]! <= across[k * m2 + i]!)),
    );
    // Hoeffding: of 400,000 draws the mean is within 0.0065 but for 1e-14
    const exact = 1 - Math.abs(mean(side1) + mean(side2) - 1);
    expect(Math.abs(paperScore(mixed, random(2, 'b'), 200_000) - exact)).toBeLessThan(0.013);
  });

  test('the code: how often 15 or more of 20 triples say yes', () => {
    const q = mean(
      each(m1).flatMap((i) => each(m1).flatMap((j) => each(m2).map((k) => within1[i * m1 + j]! < across[i * m2 + k]!))),
    );
    let exact = 0;
    for (let yes = 15, ways = 15_504; yes <= 20; ways *= (20 - yes) / (yes + 1), yes++)
      exact += ways * q ** yes * (1 - q) ** (20 - yes);
    expect(exact).toBeGreaterThan(0.001);
    // Hoeffding: of 20,000 repeats the share is within 0.02 but for 3e-7
    expect(Math.abs(codeShare(mixed, random(3, 'c'), 20_000) - exact)).toBeLessThan(0.02);
  });
});
