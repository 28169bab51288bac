/** Intervals of shares in clusters cover where those of single comparisons do not. */
import { describe, expect, test } from '@jest/globals';
import { clusteredShare, clusterOf, effectiveNumber, halfOf, type Counted } from '../../lab/calibration/clusters.js';
import { random } from '../../src/random.js';
import { wilson } from '../../src/statistics/intervals.js';

const rows = (clusters: readonly (readonly boolean[])[]): Counted[] =>
  clusters.flatMap((hits, c) => hits.map((hit) => ({ hit, cluster: String(c) })));

describe('shares in clusters', () => {
  test('clusters of one are independent comparisons', () => {
    const alone = rows([[true], [false], [false], [true], [false], [false], [false], [true]]);
    // Kish's design effect is C / (C - 1) here, the correction for the estimated share
    expect(effectiveNumber(alone)).toBeCloseTo(7, 12);
  });

  test('comparisons that say what their cluster says are worth as many as there are clusters', () => {
    const all = rows([true, false, false, true, false, false].map((hit) => Array(50).fill(hit) as boolean[]));
    expect(effectiveNumber(all)).toBeCloseTo(5, 12);
    expect(effectiveNumber(rows([Array(50).fill(false), Array(30).fill(false)]))).toBe(2);
  });

  test('by hand: two clusters', () => {
    // shares 3/4 and 1/4 of 4 and 4: p = 1/2, between = 2 * 1 = 2, effect = 2 * 2 / (8 / 4) = 2
    expect(
      effectiveNumber(
        rows([
          [true, true, true, false],
          [true, false, false, false],
        ]),
      ),
    ).toBe(4);
  });

  test('covers as often as it says, where comparisons as if independent do not', () => {
    const stream = random(1, 'clusters');
    let [own, naive] = [0, 0];
    const trials = 300;
    for (let t = 0; t < trials; t++) {
      // 30 pairs, each with a share of its own: 0.7 of them never, the others mostly
      const drawn = rows(
        Array.from({ length: 30 }, () => {
          const share = stream.unit() < 0.7 ? 0.05 : 0.85;
          return Array.from({ length: 3 + stream.below(6) }, () => stream.unit() < share);
        }),
      );
      const truth = 0.7 * 0.05 + 0.3 * 0.85;
      const covers = ({ low, high }: { low: number; high: number }): number => Number(low <= truth && truth <= high);
      own += covers(clusteredShare(drawn, 0.95));
      naive += covers(wilson(drawn.filter(({ hit }) => hit).length, drawn.length, 0.95));
    }
    expect(own / trials).toBeGreaterThan(0.92);
    expect(naive / trials).toBeLessThan(0.85);
  });
});

describe('which comparisons are one cluster', () => {
  test('a pair of models, whichever is the baseline, with all copies of them', () => {
    const pair = clusterOf('learned 3 | finetuned 3', 0);
    expect(pair).toBe('finetuned 3, learned 3');
    expect(clusterOf('finetuned 3 | learned 3', 1)).toBe(pair);
    expect(clusterOf('learned 3 (8 bits) | learned 3', 2)).toBe('learned 3, learned 3');
    expect(clusterOf('sort 4 | sort 4 (features negated: 1, 2 (twice))', 3)).toBe('sort 4, sort 4');
  });

  test('sets of runs are none', () => {
    expect(clusterOf('41 runs of learned | 30 runs of constant', 7)).toBe('comparison 7');
  });

  test('a pair is on one half, by its first model’s number', () => {
    expect(halfOf('learned 12, learned 12')).toBe('choose');
    expect(halfOf('finetuned-heavy 3, learned 3')).toBe('confirm');
    expect(halfOf('comparison 7')).toBe('confirm');
  });
});
