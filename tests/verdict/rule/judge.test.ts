import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ImplementationError, OptionError, RepresentationError } from '../../../src/errors';
import type { Blocks } from '../../../src/statistics/judgement';
import type { Judgement } from '../../../src/verdict/rule/judgement';
import { defaultPolicy } from '../../../src/verdict/rule/policy';
import { judge } from '../../../src/verdict/rule/judge';
import { anyBlocks, blocksOf, gaussian, mapped, policy, swapped } from '../helpers';
import { errorOf } from '../../helpers/error-of';

const why = (j: Judgement): string => j.reasons.join(' ');

/** Controls at one distance from everything. */
function controlled(b: Blocks, distance: number, columns = 3): Blocks {
  const data = (m: number): { columns: number; data: Float64Array } => ({
    columns,
    data: new Float64Array(m * columns).fill(distance),
  });
  return { ...b, control1: data(b.m1), control2: data(b.m2) };
}

describe('judge: the three outcomes', () => {
  test('two draws of one set are equivalent; a far set is different', () => {
    const same = judge(gaussian(20, 20, 50, 0, 1), policy, 1);
    expect(same).toMatchObject({ outcome: 'equivalent', wouldSettle: undefined });
    expect(same.failed).toBeUndefined();
    const far = judge(gaussian(20, 20, 50, 20, 1), policy, 1);
    expect(far).toMatchObject({ outcome: 'different', failed: 'necessity violated', wouldSettle: undefined });
    expect(far.energy.p).toBe(1 / 400);
    expect(why(far)).toMatch(/within-model distance of the first set \(.*\), beyond the tolerance of 25 %/);
  });

  test('every reported field is finite and survives JSON, at any size', () => {
    fc.assert(
      fc.property(anyBlocks(2, 6), (b) => {
        const j = judge(b, policy, 1);
        expect(JSON.parse(JSON.stringify(j))).toEqual(
          JSON.parse(
            JSON.stringify(j, (_, v) => (typeof v === 'number' && !Number.isFinite(v) ? `not finite: ${v}` : v)),
          ),
        );
        expect(j.reasons.length).toBeGreaterThan(0);
        expect(j.reasons.every((r) => /^[A-Z0-9].*\.$/.test(r))).toBe(true);
        expect(typeof j.wouldSettle).toBe(j.outcome === 'undecided' ? 'string' : 'undefined');
      }),
      { numRuns: 60 },
    );
  });

  test('exact copies of the same members are equivalent, with T near one half and congruity near 1', () => {
    const { within1, m1 } = gaussian(20, 20, 50, 0, 3);
    const j = judge({ m1, m2: m1, within1, within2: within1, across: within1 }, policy, 1);
    expect(j.outcome).toBe('equivalent');
    expect(j.congruity.estimate).toBeGreaterThan(0.85);
    expect(j.energy.p).toBeGreaterThan(0.5);
  });

  test('copies throughout: every distance zero', () => {
    const zeros = blocksOf(
      Array.from({ length: 8 }, () => [0]),
      Array.from({ length: 8 }, () => [0]),
    );
    const j = judge(zeros, policy, 1);
    expect(j).toMatchObject({ outcome: 'equivalent', energy: { p: 1, distance: 0 }, congruity: { estimate: 1 } });
    expect(j.sides.map((s) => [s.T.estimate, s.excess.estimate, s.checks.varied])).toEqual([
      [0.5, -1, false],
      [0.5, -1, false],
    ]);
  });

  test('rounding noise far below the resolution is a tie, not evidence', () => {
    const noise = mapped(
      gaussian(8, 8, 5, 0, 1),
      (d) => 1e-9 * d,
      (d) => 2e-9 * d,
    );
    expect(judge(noise, policy, 1).sides.map((s) => s.T.estimate)).toEqual([0.5, 0.5]);
  });

  test('mere copies on both sides make nothing different, however far apart', () => {
    const apart = blocksOf(
      Array.from({ length: 8 }, () => [0]),
      Array.from({ length: 8 }, () => [7]),
    );
    const j = judge(apart, policy, 1);
    expect(j).toMatchObject({ outcome: 'undecided', failed: 'sufficiency not established' });
    expect(why(j)).toMatch(/copies of each other/);
    expect(j.wouldSettle).toMatch(/more varied implementations/i);
  });

  test.each([0.5, 0.2])(
    'a set with %p of the spread inside a broad one is undecided, although congruity is high',
    (scale) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const j = judge(gaussian(20, 20, 10, 0, seed, scale), policy, seed);
        expect(j).toMatchObject({ outcome: 'undecided', failed: 'sufficiency not established' });
        expect(j.congruity.estimate).toBeGreaterThan(0.7);
        expect(j.strictScore.estimate).toBeLessThan(0.6);
        expect(why(j)).toMatch(/the sides disagree/i);
        expect(j.wouldSettle).toMatch(/breadth/);
      }
    },
  );

  test.each([0.5, 0.2])(
    'of models of their own, the tight set with %p of the spread shows the difference by itself, whichever side it is',
    (scale) => {
      for (const seed of [1, 2, 3]) {
        const b = gaussian(20, 20, 10, 0, seed, scale);
        const j = judge(b, policy, seed, undefined, true);
        expect(j).toMatchObject({ outcome: 'different', failed: 'necessity violated', oneSideSuffices: true });
        expect(why(j)).toMatch(
          /of the second set \(.*\), beyond the tolerance of 25 %\..* the second set is the tighter set/,
        );
        const other = judge(swapped(b), policy, seed, undefined, true);
        expect(other.outcome).toBe('different');
        expect(why(other)).toMatch(
          /of the first set \(.*\), beyond the tolerance of 25 %\..* the first set is the tighter set/,
        );
        // half of alpha for each set, beta untouched
        const halved = judge(b, { ...policy, alpha: policy.alpha / 2 }, seed);
        expect(j.sides.map(({ excess }) => excess)).toEqual(halved.sides.map(({ excess }) => excess));
      }
    },
  );

  test('of models of their own, copies beside each other still show nothing, and two draws of one set are equivalent', () => {
    const copies = blocksOf(
      Array.from({ length: 8 }, () => [0]),
      Array.from({ length: 8 }, () => [7]),
    );
    expect(judge(copies, policy, 1, undefined, true)).toMatchObject({ outcome: 'undecided' });
    expect(why(judge(copies, policy, 1, undefined, true))).toMatch(/copies of each other/);
    expect(judge(gaussian(20, 20, 50, 0, 1), policy, 1, undefined, true).outcome).toBe('equivalent');
    expect(judge(gaussian(20, 20, 50, 20, 1), policy, 1, undefined, true).findings).toMatchObject([
      { code: 'beyond-tolerance', side: 'baseline' },
      { code: 'beyond-tolerance', side: 'candidate' },
      { code: 'not-exchangeable' },
    ]);
  });

  test('an excess about the margin is undecided', () => {
    // 50 dimensions, siblings at 10: a shift of 7.6 puts strangers 25 % farther
    const j = judge(gaussian(10, 10, 50, 7.6, 1), policy, 1);
    expect(j.outcome).toBe('undecided');
    expect(why(j)).toMatch(/neither surely within nor surely beyond the tolerance/);
  });

  test('too uncertain names how many would do, and that many mostly do', () => {
    let j: Judgement;
    let seed = 0;
    do j = judge(gaussian(8, 8, 10, 0, seed++), policy, 1);
    while (!/neither surely/.test(why(j)) && seed < 40);
    const many = Number(/about (\d+) implementations a side/i.exec(j.wouldSettle!)![1]);
    expect(many).toBeGreaterThan(8);
    expect(many).toBeLessThan(60);
    const settled = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter(
      (seed) => judge(gaussian(2 * many, 2 * many, 10, 0, seed), policy, 1).outcome === 'equivalent',
    );
    expect(settled.length).toBeGreaterThanOrEqual(8);
  });
});

describe('judge: few implementations', () => {
  test.each([
    [2, 2],
    [3, 3],
    [2, 40],
    [3, 20],
  ])('%i + %i decide nothing', (m1, m2) => {
    for (const shift of [0, 1, 100, 1e6]) {
      for (const seed of [1, 2, 3]) {
        const j = judge(gaussian(m1, m2, 200, shift, seed), policy, seed);
        expect(j).toMatchObject({ outcome: 'undecided', failed: 'sufficiency not established' });
        expect(why(j)).toMatch(/too few/);
      }
    }
  });

  test.each([4, 5, 6, 7])('%i a side are never equivalent, however alike; far ones can be different', (m) => {
    for (const seed of [1, 2, 3]) {
      expect(judge(gaussian(m, m, 200, 0, seed), policy, seed).outcome).toBe('undecided');
    }
    expect(judge(gaussian(m, m, 200, 200, 1), policy, 1).outcome).toBe('different');
  });

  test('four a side cannot reach an alpha of 0.01', () => {
    expect(judge(gaussian(4, 4, 200, 2000, 1), { ...policy, alpha: 0.01 }, 1).outcome).toBe('undecided');
  });
});

describe('judge: checks', () => {
  test('controls no farther than siblings take the power to say equivalent, far ones give it', () => {
    const b = gaussian(20, 20, 50, 0, 1);
    expect(judge(controlled(b, 40), policy, 1)).toMatchObject({
      outcome: 'equivalent',
      sides: [{ checks: { powered: true } }, { checks: { powered: true } }],
    });
    const weak = judge(controlled(b, 10), policy, 1);
    expect(weak).toMatchObject({
      outcome: 'undecided',
      sides: [{ checks: { powered: false } }, { checks: { powered: false } }],
    });
    expect(weak.findings).toMatchObject([
      { code: 'control-not-beyond', side: 'baseline' },
      { code: 'control-not-beyond', side: 'candidate' },
    ]);
  });

  test('without controls "equivalent" says that power was not checked', () => {
    expect(why(judge(gaussian(20, 20, 50, 0, 1), policy, 1))).toMatch(/No unrelated control was given/);
  });

  test('a set that does not agree with itself is not equivalent to anything', () => {
    // one outlier: whichever half it falls in looks far from the other
    const points = (offset: number): number[][] =>
      Array.from({ length: 10 }, (_, i) => [i === 0 ? 60 : Math.sin(i + offset), Math.cos(3 * i + offset)]);
    const j = judge(blocksOf(points(0), points(0.3)), policy, 1);
    expect(j.sides.map((s) => s.checks.selfCongruent)).toEqual([false, false]);
    expect(j.outcome).toBe('undecided');
  });
});

describe('judge: properties', () => {
  test('same input, same bits; the seed moves only what is random', () => {
    const b = gaussian(12, 12, 5, 1, 1);
    expect(judge(b, policy, 7)).toEqual(judge(b, policy, 7));
    const [one, other] = [judge(b, policy, 7), judge(b, policy, 8)];
    expect(one.sides.map((s) => [s.excess, s.siblings])).toEqual(other.sides.map((s) => [s.excess, s.siblings]));
    expect(one.congruity.low).not.toBe(other.congruity.low);
  });

  test('the blocks are not touched', () => {
    const b = gaussian(6, 6, 5, 1, 1);
    const before = structuredClone(b);
    judge(b, policy, 1);
    expect(JSON.stringify(b)).toBe(JSON.stringify(before));
  });

  test('swapping the sides swaps the judgement', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0, 1, 3, 10), fc.constantFrom(1, 0.4), (seed, shift, scale) => {
        const b = gaussian(6, 5, 8, shift, seed, scale);
        const exact = { ...policy, permutations: 1999 }; // all 462 assignments
        const [one, other] = [judge(b, exact, 1), judge(swapped(b), exact, 1)];
        expect(other.outcome).toBe(one.outcome);
        expect(other.energy.p).toBeCloseTo(one.energy.p, 12);
        one.sides.forEach((side, a) => {
          const mirror = other.sides[1 - a]!;
          expect(mirror.T.estimate).toBeCloseTo(side.T.estimate, 12);
          expect(mirror.self).toEqual(side.self);
          for (const key of ['low', 'estimate', 'high'] as const)
            expect(mirror.excess[key]).toBeCloseTo(side.excess[key], 9);
        });
      }),
      { numRuns: 20 },
    );
  });

  test('the unit of distance does not matter, if the resolution has the same unit', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0, 3, 10), fc.integer({ min: -10, max: 10 }), (seed, shift, e) => {
        const b = gaussian(9, 9, 20, shift, seed);
        const one = judge(b, policy, 1);
        const other = judge(
          mapped(b, (d) => d * 2 ** e),
          { ...policy, resolution: policy.resolution * 2 ** e },
          1,
        );
        expect(other.outcome).toBe(one.outcome);
        expect(other.sides.map((s) => s.T)).toEqual(one.sides.map((s) => s.T));
        one.sides.forEach((s, a) => expect(other.sides[a]!.excess.high).toBeCloseTo(s.excess.high, 9));
      }),
      { numRuns: 20 },
    );
  });

  test('moving strangers farther away never turns different into anything else, nor anything into equivalent', () => {
    const rank = { equivalent: 0, undecided: 1, different: 2 };
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(0, 4, 7, 12),
        fc.double({ min: 1, max: 5, noNaN: true }),
        (seed, shift, factor) => {
          const b = gaussian(10, 10, 40, shift, seed);
          const [near, far] = [
            judge(b, policy, 1),
            judge(
              mapped(
                b,
                (d) => d,
                (d) => d * factor,
              ),
              policy,
              1,
            ),
          ];
          expect(rank[far.outcome]).toBeGreaterThanOrEqual(rank[near.outcome]);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('a larger margin never turns equivalent into anything else', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0, 4, 7), (seed, shift) => {
        const b = gaussian(12, 12, 40, shift, seed);
        const outcomes = [0.05, 0.1, 0.2, 0.4, 0.8].map((margin) => judge(b, { ...policy, margin }, 1).outcome);
        const first = outcomes.indexOf('equivalent');
        fc.pre(first >= 0);
        expect(outcomes.slice(first)).toEqual(outcomes.slice(first).map(() => 'equivalent'));
      }),
      { numRuns: 12 },
    );
  });
});

describe('judge: bad input gives no verdict', () => {
  const good = gaussian(5, 5, 3, 0, 1);
  const broken = (key: 'within1' | 'within2' | 'across', at: number, value: number): Blocks => {
    const data = good[key].slice();
    data[at] = value;
    return { ...good, [key]: data };
  };

  test.each([Number.NaN, Infinity, -1])('%p among the distances, in any block', (value) => {
    for (const key of ['within1', 'within2', 'across'] as const) {
      expect(() => judge(broken(key, 7, value), policy, 1)).toThrow(
        errorOf(RepresentationError, `${key}, row 1, column 2`),
      );
    }
    const control = { columns: 1, data: Float64Array.of(1, 1, value, 1, 1) };
    expect(() => judge({ ...good, control2: control }, policy, 1)).toThrow(RepresentationError);
  });

  test('asymmetric siblings, a diagonal that is not zero, blocks of the wrong size', () => {
    expect(() => judge(broken('within2', 7, 9), policy, 1)).toThrow(errorOf(RepresentationError, /not symmetric/));
    expect(() => judge(broken('within1', 0, 1), policy, 1)).toThrow(errorOf(RepresentationError, /not symmetric/));
    expect(() => judge({ ...good, across: good.across.slice(1) }, policy, 1)).toThrow(RepresentationError);
    expect(() => judge({ ...good, control1: { columns: 0, data: new Float64Array(0) } }, policy, 1)).toThrow(
      RepresentationError,
    );
  });

  test('fewer than two implementations', () => {
    expect(() => judge(blocksOf([[0]], [[1], [2]]), policy, 1)).toThrow(ImplementationError);
    expect(() => judge(blocksOf([[0], [1]], []), policy, 1)).toThrow(ImplementationError);
  });

  test('a policy or seed out of range', () => {
    expect(() => judge(good, { ...defaultPolicy, margin: -1 }, 1)).toThrow(OptionError);
    expect(() => judge(good, policy, 0.5)).toThrow(OptionError);
  });

  test('typed arrays of another realm are accepted', () => {
    const cloned = structuredClone({ ...good });
    expect(judge(cloned, policy, 1)).toEqual(judge(good, policy, 1));
  });
});
