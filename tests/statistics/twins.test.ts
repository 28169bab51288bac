import { describe, expect, test } from '@jest/globals';
import { UNBOUNDED } from '../../src/interval';
import { random } from '../../src/random';
import { studentQuantile } from '../../src/statistics/distributions';
import { fewestFor } from '../../src/statistics/e-process';
import {
  cosineLimits,
  meanTwinRatio,
  medianAbove,
  medianBelow,
  TwinTest,
  type TwinBlock,
} from '../../src/statistics/twins';

const FLOOR = 0.01;
const levels = { low: 0.05, high: 0.05 };

const after = (blocks: readonly TwinBlock[], cosines: readonly number[] = []): TwinTest => {
  const twins = new TwinTest(FLOOR);
  for (const [b, block] of blocks.entries()) twins.observe(block, cosines.slice(2 * b, 2 * b + 2));
  return twins;
};

/** Blocks whose within-model distance is 1 on both sides. */
const blocksOf = (ratios: readonly number[]): TwinBlock[] =>
  Array.from({ length: ratios.length / 2 }, (_, b) => ({
    twins: [ratios[2 * b]!, ratios[2 * b + 1]!],
    siblings: [1, 1],
  }));

/** All sequences of n zeros and ones. */
const sequences = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, bits) => Array.from({ length: n }, (_unused, i) => (bits >> i) & 1));

describe('the twin ratio', () => {
  test('at the edge, by going through all sequences: the chance that a limit ever excludes 1 is at most its level', () => {
    // half of the ratios above 1, half below: the median is 1, and each limit may be wrong
    const all = sequences(10).map((bits) => blocksOf(bits.map((bit) => (bit === 0 ? 0.5 : 2))));
    for (const level of [0.2, 0.05]) {
      const wrong = (of: (twins: TwinTest) => number): number =>
        all.filter((blocks) => of(after(blocks)) >= -Math.log(level)).length / all.length;
      const [below, beyond] = [wrong((twins) => twins.below(1)), wrong((twins) => twins.beyond(1))];
      expect(below).toBeLessThanOrEqual(level);
      expect(beyond).toBeLessThanOrEqual(level);
      // and neither test is idle
      expect(Math.min(below, beyond)).toBeGreaterThan(0);
    }
  });

  test('dependence within a block changes nothing: twins of one block always on one side', () => {
    const all = sequences(10).map((bits) => blocksOf(bits.flatMap((bit) => (bit === 0 ? [0.5, 0.5] : [2, 2]))));
    for (const evidence of [(twins: TwinTest) => twins.below(1), (twins: TwinTest) => twins.beyond(1)]) {
      const wrong = all.filter((blocks) => evidence(after(blocks)) >= -Math.log(0.05)).length / all.length;
      expect(wrong).toBeLessThanOrEqual(0.05);
    }
  });

  test('limits are the values that the test rejects, to the last: against a fine grid', () => {
    const stream = random(3, 'ratios');
    for (let run = 0; run < 5; run++) {
      const blocks = Array.from({ length: 4 + stream.below(12) }, (): TwinBlock => {
        const d = (): number => Math.round(20 * (0.2 + stream.unit())) / 20;
        return { twins: [d(), d()], siblings: [d(), d()] };
      });
      const twins = after(blocks);
      const { estimate, low, high } = twins.ratio(levels);
      for (let r = 0.013; r < 8; r *= 1.05) {
        // a grid point on a limit itself belongs to neither side
        if (twins.below(r) >= -Math.log(0.05)) expect(high).toBeLessThanOrEqual(Math.max(r, estimate));
        else expect(high).toBeGreaterThanOrEqual(r);
        if (twins.beyond(r) >= -Math.log(0.05)) expect(low).toBeGreaterThanOrEqual(Math.min(r, estimate));
        else expect(low).toBeLessThanOrEqual(r);
      }
    }
  });

  test('the narrower side counts: near one side alone is not near, far from one alone is far', () => {
    const blocks = Array.from({ length: 12 }, (): TwinBlock => ({ twins: [0.5, 0.5], siblings: [1, 0.25] }));
    const { estimate, low, high } = after(blocks).ratio(levels);
    expect([estimate, low, high]).toEqual([2, 2, 2]);
    expect(after(blocks).below(1)).toBe(0);
    expect(after(blocks).beyond(1)).toBeGreaterThan(-Math.log(0.05));
  });

  test('copies: twins at distance zero have ratio zero, and within-model distances below the floor count as the floor', () => {
    const copies = Array.from({ length: 8 }, (): TwinBlock => ({ twins: [0, 0], siblings: [0, 0] }));
    expect(after(copies).ratio(levels)).toEqual({ estimate: 0, low: 0, high: 0 });
    const near = Array.from({ length: 8 }, (): TwinBlock => ({ twins: [FLOOR / 2, FLOOR / 2], siblings: [0, 1e-9] }));
    expect(after(near).ratio(levels)).toEqual({ estimate: 0.5, low: 0.5, high: 0.5 });
  });

  test('nothing seen is nothing known', () => {
    expect(after([]).ratio(levels)).toEqual({ estimate: 1, low: 0, high: UNBOUNDED });
    expect(after(blocksOf([0.5, 0.5])).ratio(levels)).toEqual({ estimate: 0.5, low: 0, high: UNBOUNDED });
    expect(after([]).cosine(levels)).toEqual({ estimate: 0, low: -1, high: 1 });
  });

  test('certain after ten pairs at 5 % where all say the same, and not before', () => {
    const near = (blocks: number): number => after(blocksOf(Array.from({ length: 2 * blocks }, () => 0.5))).below(1);
    expect(near(5)).toBeGreaterThanOrEqual(-Math.log(0.05));
    expect(near(4)).toBeLessThan(-Math.log(0.05));
  });
});

describe('the response cosine', () => {
  /** All sequences of ones and zeros, each as likely: the median is one half to the edge. */
  const edge = sequences(12).map((bits) => bits.map((bit): number => bit));

  test('at the edge, by going through all sequences: each is wrong at most as often as its level', () => {
    for (const evidence of [medianAbove, medianBelow])
      for (const level of [0.2, 0.05]) {
        const wrong = edge.filter((xs) => evidence(xs, 0.5) >= -Math.log(level)).length / edge.length;
        expect(wrong).toBeLessThanOrEqual(level);
        // ones alone have probability 2^-12: something is risked
        expect(wrong).toBeGreaterThan(0);
      }
  });

  test('fair at the edge: the mean wealth over all sequences is 1', () => {
    // a share of the wealth on each of these bets, written down once more; wealth at the end, not at its best
    const bets = [
      [1, 0.45],
      [0.9, 0.25],
      [0.75, 0.15],
      [0.5, 0.1],
      [0.25, 0.05],
    ] as const;
    let expected = 0;
    for (const xs of edge) {
      const total = bets.reduce(
        (sum, [stake, share]) => sum + share * xs.reduce((money, x) => money * (1 + stake * (x > 0.5 ? 1 : -1)), 1),
        0,
      );
      expected += total / edge.length;
      expect(Math.exp(medianAbove(xs, 0.5))).toBeGreaterThanOrEqual(total - 1e-9);
    }
    expect(expected).toBeCloseTo(1, 10);
  });

  test('limits are where betting begins to rule values out', () => {
    const stream = random(5, 'cosines');
    for (let run = 0; run < 10; run++) {
      const xs = Array.from({ length: 6 + stream.below(40) }, () => Math.max(-1, 1 - 0.8 * stream.unit() ** 2));
      const sorted = xs.toSorted((a, b) => a - b);
      const { estimate, low, high } = cosineLimits(xs, levels);
      expect(sorted.filter((x) => x <= estimate).length).toBeGreaterThanOrEqual(xs.length / 2);
      expect(sorted.filter((x) => x >= estimate).length).toBeGreaterThanOrEqual(xs.length / 2);
      expect(low).toBeLessThanOrEqual(estimate);
      expect(high).toBeGreaterThanOrEqual(estimate);
      for (const [evidence, limit, beyond, level] of [
        [medianAbove, low, -1e-9, levels.low],
        [medianBelow, high, 1e-9, levels.high],
      ] as const) {
        // the estimate may be inside what is ruled out: a limit never is
        if (limit === estimate) continue;
        expect(evidence(xs, limit + beyond)).toBeGreaterThanOrEqual(Math.abs(limit) === 1 ? 0 : -Math.log(level));
        expect(evidence(xs, limit - beyond)).toBeLessThan(-Math.log(level));
      }
    }
  });

  test('they are those of the other side where all cosines change sign', () => {
    const stream = random(6, 'cosines');
    for (let run = 0; run < 10; run++) {
      const xs = Array.from({ length: 5 + stream.below(20) }, () => 2 * stream.unit() - 1);
      const [one, other] = [xs, xs.map((x) => -x)].map((some) => cosineLimits(some, { low: 0.05, high: 0.05 }));
      expect(one!.low).toBeCloseTo(-other!.high, 12);
      expect(one!.high).toBeCloseTo(-other!.low, 12);
    }
  });

  test('what is always 1 is above one half, and what is always 0 below it, as soon as any test can be certain', () => {
    const fewest = fewestFor(0.05);
    const same = (x: number, n: number) =>
      cosineLimits(
        Array.from({ length: n }, () => x),
        levels,
      );
    expect([fewest - 1, fewest].map((n) => same(1, n).low > 0.5)).toEqual([false, true]);
    expect([fewest - 1, fewest].map((n) => same(0, n).high < 0.5)).toEqual([false, true]);
  });

  test('nothing is known of none', () => {
    expect(cosineLimits([], levels)).toEqual({ estimate: 0, low: -1, high: 1 });
  });
});

describe('the ratio of means', () => {
  const stream = random(11, 'distances');
  const m = 7;
  const square = (): Float64Array => {
    const data = new Float64Array(m * m);
    for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) data[i * m + j] = data[j * m + i] = 0.5 + stream.unit();
    return data;
  };
  const given = { twins: Array.from({ length: m }, () => 0.2 + stream.unit()), within: [square(), square()] as const };
  const meanOf = (data: Float64Array, without?: number): number => {
    const some: number[] = [];
    for (let i = 0; i < m; i++)
      for (let j = 0; j < i; j++) if (i !== without && j !== without) some.push(data[i * m + j]!);
    return some.reduce((a, b) => a + b, 0) / some.length;
  };
  const ratioWithout = (without?: number): number => {
    const some = given.twins.filter((_, w) => w !== without);
    return (
      some.reduce((a, b) => a + b, 0) / some.length / Math.min(...given.within.map((data) => meanOf(data, without)))
    );
  };

  test('is what its name says, with the limits of leaving out each pair in turn', () => {
    const { estimate, low, high } = meanTwinRatio(given, FLOOR, { low: 0.025, high: 0.05 });
    expect(estimate).toBeCloseTo(ratioWithout(), 12);
    const left = given.twins.map((_, w) => Math.log(ratioWithout(w)));
    const mean = left.reduce((a, b) => a + b, 0) / m;
    const error = Math.sqrt(((m - 1) / m) * left.reduce((sum, x) => sum + (x - mean) ** 2, 0));
    expect(high).toBeCloseTo(estimate * Math.exp(studentQuantile(0.95, m - 1) * error), 10);
    expect(low).toBeCloseTo(estimate * Math.exp(-studentQuantile(0.975, m - 1) * error), 10);
  });

  test('copies, and too few for limits', () => {
    const none = [new Float64Array(9), new Float64Array(9)] as const;
    expect(meanTwinRatio({ twins: [0, 0, 0], within: none }, FLOOR, levels)).toEqual({ estimate: 0, low: 0, high: 0 });
    const few = meanTwinRatio({ twins: [1, 1], within: [new Float64Array(4), new Float64Array(4)] }, FLOOR, levels);
    expect(few).toEqual({ estimate: 1 / FLOOR, low: 0, high: UNBOUNDED });
  });
});
