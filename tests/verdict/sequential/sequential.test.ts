import { describe, expect, test } from '@jest/globals';
import type { Levels } from '../../../src/verdict/sequential/evidence';
import { earlyLevels, earlyLooks, fewestBlocks, LAST, lastLevels } from '../../../src/verdict/sequential/levels';
import type { RuleLimits } from '../../../src/verdict/sequential/margins';
import { BLOCK, type SampleBlock } from '../../../src/verdict/sequential/running-test';
import type { Outcome } from '../../../src/verdict/rule/outcome';
import { untilCertain, type Steps } from '../../../src/verdict/sequential/sequential';

const near: SampleBlock = { siblings: [1, 1], strangers: [1, 1, 1, 1] };
const far: SampleBlock = { siblings: [1, 1], strangers: [2, 2, 2, 2] };
const levels: Levels = { alpha: 0.05, beta: 0.05 };
const policy = { ...levels, margin: 0.25, resolution: 1e-3 };

const at = (excess: number, noise = 0): RuleLimits[] => {
  const side = { excess: { low: excess, high: excess }, self: { noise } };
  return [{ sides: [side, side] }];
};

/** Steps that record what was asked of them. */
function steps(
  rest: Partial<Steps<{ outcome: Outcome }>> & {
    readonly says?: (drawn: number, levels: Levels) => Outcome;
    readonly gives?: (count: number) => SampleBlock;
    /** excess, with limits as narrow as can be */
    readonly excess?: number;
  } = {},
) {
  const asked: { drawn: number; levels: Levels }[] = [];
  const measured: number[][] = [];
  let drawn = 0;
  const limited: { drawn: number; levels: Levels }[] = [];
  const other: number[] = [];
  const { says = () => 'equivalent' as const, gives = () => near, excess, ...over } = rest;
  const all: Steps<{ outcome: Outcome }> = {
    levels,
    budget: { draws: 40 },
    tests: [{ measure: 'ridge', policy }],
    independent: () => true,
    fill: async (count) => {
      drawn = count;
      return true;
    },
    blocks: async (counts) => {
      measured.push([...counts]);
      return counts.map((count) => [gives(count)]);
    },
    judge: async (levelsOf, _, margin) => {
      if (margin === undefined) asked.push({ drawn, levels: levelsOf });
      else other.push(margin);
      return { outcome: says(drawn, levelsOf) };
    },
    limits: async (levelsOf) => {
      limited.push({ drawn, levels: levelsOf });
      return at(excess ?? (gives(drawn) === far ? 1 : 0));
    },
    why: ({ outcome }) => `it is ${outcome}`,
    late: () => false,
    ...over,
  };
  return { all, asked, measured, limited, other };
}

describe('drawing until certain', () => {
  test.each([
    ['equivalent', near],
    ['different', far],
  ] as const)('%s after ten draws a side where every block says so, at the whole levels', async (outcome, block) => {
    const { all, asked, limited } = steps({ gives: () => block, says: () => outcome });
    const { judged, sequential } = await untilCertain(all);
    expect(judged.outcome).toBe(outcome);
    expect(asked).toEqual([{ drawn: 11, levels }]);
    // sample sizes of 10, 12, ..., 38 draws
    expect(limited).toEqual([{ drawn: 11, levels: earlyLevels(levels, 15) }]);
    expect(sequential).toMatchObject({
      stopped: 'certain',
      last: LAST,
      earlyLooks: 15,
      running: [{ measure: 'ridge', trajectory: { blocks: 5, certain: outcome } }],
    });
  });

  describe('where something else settles the verdict', () => {
    const wandering = (count: number): SampleBlock => (count % 4 === 1 ? near : far);

    test('drawing stops, and the rule is asked at the levels of an early look', async () => {
      const said: [number, Outcome][] = [];
      const { all, asked, limited } = steps({ gives: wandering, says: () => 'undecided' });
      const { judged, sequential, smallestMargin } = await untilCertain({
        ...all,
        settled: async (distances) => {
          said.push([asked.length, distances]);
          return limited.length > 0 || said.length > 3;
        },
      });
      // not after 10, 12 and 14 draws, but after 16: asked once more, with what the rule says
      expect(said).toEqual([
        [0, 'undecided'],
        [0, 'undecided'],
        [0, 'undecided'],
        [0, 'undecided'],
        [1, 'undecided'],
      ]);
      expect(asked).toEqual([{ drawn: 17, levels: earlyLevels(levels, 15) }]);
      expect(limited).toEqual([{ drawn: 17, levels: earlyLevels(levels, 15) }]);
      expect(judged.outcome).toBe('undecided');
      expect(sequential.stopped).toBe('settled');
      expect(smallestMargin).toMatchObject({ by: 'early look', why: 'it is undecided' });
    });

    test('it goes on where the rule says what is not settled', async () => {
      const { all, asked } = steps({ gives: wandering, says: () => 'different' });
      const { sequential } = await untilCertain({ ...all, settled: async (distances) => distances !== 'different' });
      expect(sequential.stopped).toBe('draws');
      expect(asked.slice(0, -1).every(({ levels: at }) => at.alpha === earlyLevels(levels, 15).alpha)).toBe(true);
      expect(asked.at(-1)!.levels).toEqual(lastLevels(levels));
    });

    test('a running test that is certain goes first', async () => {
      const { all, asked } = steps();
      const { sequential } = await untilCertain({ ...all, settled: async () => true });
      expect(sequential.stopped).toBe('certain');
      expect(asked).toEqual([{ drawn: 11, levels }]);
    });
  });

  test('further tests of the rule have levels that add up to the whole, however often it is asked', async () => {
    const asked: { at: number; further: number; beta: number }[] = [];
    const { all } = steps({
      gives: () => far,
      judge: async (whole, further, margin) => {
        if (margin === undefined) asked.push({ at: whole.alpha, further: further.alpha, beta: further.beta });
        return { outcome: 'undecided' };
      },
    });
    await untilCertain(all);
    // the running test is certain from the fifth block on, and the rule is asked again and again
    const early = asked.slice(0, -1);
    expect(early.length).toBeGreaterThan(3);
    early.forEach(({ at, further, beta }, k) => {
      expect(at).toBe(levels.alpha);
      expect(further).toBeCloseTo((1 - LAST) * levels.alpha * 2 ** -(k + 1), 12);
      expect(beta).toBeCloseTo((1 - LAST) * levels.beta * 2 ** -(k + 1), 12);
    });
    expect(asked.at(-1)!.further).toBe(asked.at(-1)!.at);
    expect(asked.reduce((sum, { further }) => sum + further, 0)).toBeLessThanOrEqual(levels.alpha);
  });

  test('blocks wait until a verdict is possible, then come one by one; an end before that still looks at them', async () => {
    const wandering = steps({
      gives: (count) => (count % 4 === 1 ? near : far),
      says: () => 'undecided',
      budget: { draws: 20 },
    });
    await untilCertain(wandering.all);
    expect(wandering.measured).toEqual([[3, 5, 7, 9, 11], [13], [15], [17], [19], [21]]);
    const short = steps({ fill: async (count) => count <= 5, says: () => 'undecided' });
    expect((await untilCertain(short.all)).sequential).toMatchObject({
      stopped: 'exhausted',
      running: [{ trajectory: { blocks: 2 } }],
    });
    expect(short.measured).toEqual([[3, 5]]);
  });

  test('never certain: the whole budget, and one last look at three quarters of the levels', async () => {
    const { all, asked } = steps({ gives: (count) => (count % 4 === 1 ? near : far), says: () => 'undecided' });
    const { judged, sequential } = await untilCertain(all);
    expect(judged.outcome).toBe('undecided');
    expect(asked).toHaveLength(1);
    expect(asked[0]!.drawn).toBe(41);
    expect(asked[0]!.levels.alpha).toBeCloseTo(LAST * 0.05, 12);
    expect(asked[0]!.levels.beta).toBeCloseTo(LAST * 0.05, 12);
    expect(sequential).toMatchObject({ stopped: 'draws', running: [{ trajectory: { blocks: 20 } }] });
  });

  test('a rule that disagrees with a test that is certain is asked again later, and not at every block', async () => {
    const { all, asked } = steps({ says: (drawn) => (drawn >= 20 ? 'equivalent' : 'undecided') });
    const { sequential } = await untilCertain(all);
    expect(asked.map(({ drawn }) => drawn)).toEqual([11, 15, 19, 25]);
    expect(sequential.stopped).toBe('certain');
  });

  test('limits that do not hold at the level of an early look do not stop it, whatever the rule says at the whole level', async () => {
    const { all, asked, limited } = steps({ excess: 0.3 });
    const { sequential } = await untilCertain(all);
    expect(sequential.stopped).toBe('draws');
    expect(asked.map(({ drawn }) => drawn)).toEqual([41]);
    expect(limited.map(({ drawn }) => drawn)).toEqual([11, 15, 19, 25, 33, 41]);
  });

  test('levels of all looks add up to the whole, at any budget', () => {
    for (const draws of [20, 21, 40, 41, 200])
      for (const level of [0.05, 0.01]) {
        const whole = { alpha: level, beta: level };
        const looks = earlyLooks([whole], draws);
        // as many as the loop has: from the first block at which a test can be certain, to before the last draw
        let counted = 0;
        for (let count = 1 + BLOCK * fewestBlocks([whole]); count < draws + 1; count += BLOCK) counted++;
        expect(looks).toBe(Math.max(1, counted));
        expect(looks * earlyLevels(whole, looks).beta + lastLevels(whole).beta).toBeCloseTo(level, 12);
      }
  });

  test('a rule that says the opposite of what is certain does not stop it', async () => {
    const { all } = steps({ gives: () => near, says: () => 'different' });
    expect((await untilCertain(all)).sequential.stopped).toBe('draws');
  });

  test('time: what is there is judged, at the last look', async () => {
    let looks = 0;
    const { all, asked } = steps({
      gives: (count) => (count % 4 === 1 ? near : far),
      late: () => ++looks > 3,
      says: () => 'undecided',
      budget: { draws: 40, seconds: 1 },
    });
    expect((await untilCertain(all)).sequential).toMatchObject({ stopped: 'time', budget: { draws: 40, seconds: 1 } });
    expect(asked.map(({ drawn }) => drawn)).toEqual([7]);
  });

  test('a side that has no more', async () => {
    const { all } = steps({ fill: async (count) => count <= 5, says: () => 'undecided' });
    expect((await untilCertain(all)).sequential.stopped).toBe('exhausted');
  });

  test.each([
    ['several trained runs', { independent: () => false }],
    ['a budget too small for a running test to pay', { budget: { draws: 10 } }],
  ])('%s: one look, at the whole levels', async (_, rest) => {
    const { all, asked } = steps(rest);
    const { sequential } = await untilCertain(all);
    expect(asked).toEqual([{ drawn: all.budget.draws + 1, levels }]);
    expect(sequential).toMatchObject({ last: 1, earlyLooks: 0, running: [], stopped: 'draws' });
  });

  describe('single sites', () => {
    const wandering = { gives: (count: number) => (count % 4 === 1 ? near : far) };
    const looks = (found: Outcome | undefined) => {
      const alphas: number[] = [];
      const alone = async (alpha: number) => async () => {
        alphas.push(alpha);
        return found && { outcome: found };
      };
      return { alphas, alone };
    };

    test('have a look where the last one leaves it undecided, with half of its alpha', async () => {
      const { alphas, alone } = looks('different');
      const { all, asked } = steps({ ...wandering, says: () => 'undecided', singleSite: alone });
      expect((await untilCertain(all)).judged.outcome).toBe('different');
      expect(alphas).toEqual([expect.closeTo((LAST * 0.05) / 2, 12)]);
      expect(asked).toEqual([
        { drawn: 41, levels: { alpha: expect.closeTo((LAST * 0.05) / 2, 12), beta: expect.closeTo(LAST * 0.05, 12) } },
      ]);
    });

    test('that show nothing leave it undecided', async () => {
      const { all } = steps({ ...wandering, says: () => 'undecided', singleSite: looks(undefined).alone });
      expect((await untilCertain(all)).judged.outcome).toBe('undecided');
    });

    test.each(['equivalent', 'different'] as const)(
      'are not looked at where the last look says %s',
      async (outcome) => {
        const { alphas, alone } = looks('different');
        const { all } = steps({
          ...wandering,
          says: (drawn) => (drawn === 41 ? outcome : 'undecided'),
          singleSite: alone,
        });
        expect((await untilCertain(all)).judged.outcome).toBe(outcome);
        expect(alphas).toEqual([]);
      },
    );

    test('cost nothing where a comparison has none', async () => {
      const { all, asked } = steps({ ...wandering, says: () => 'undecided', singleSite: async () => undefined });
      await untilCertain(all);
      expect(asked[0]!.levels.alpha).toBeCloseTo(LAST * 0.05, 12);
    });
  });

  test('several measures: all for equivalent, one for different', async () => {
    const tests = ['ridge', 'cka'].map((measure) => ({ measure, policy }));
    const mixed = (one: SampleBlock) =>
      steps({
        tests,
        blocks: async (counts) => counts.map(() => [one, one === far ? near : far]),
        limits: async () => [...at(one === far ? 1 : 0), ...at(one === far ? 0 : 1)],
        says: (_, { alpha }) => (alpha === 0.05 ? 'different' : 'undecided'),
      });
    const { sequential } = await untilCertain(mixed(far).all);
    expect(sequential).toMatchObject({
      stopped: 'certain',
      running: [{ trajectory: { certain: 'different' } }, { trajectory: { certain: 'equivalent' } }],
    });
    const both = steps({
      tests,
      blocks: async (counts) => counts.map(() => [near, near]),
      limits: async () => [...at(0), ...at(0)],
    });
    expect((await untilCertain(both.all)).judged.outcome).toBe('equivalent');
  });
});
