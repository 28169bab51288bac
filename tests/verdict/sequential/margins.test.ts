import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { random } from '../../../src/random';
import { differentUpTo, equivalentFrom, largestMargin, smallestMargin } from '../../../src/verdict/sequential/margins';
import { RunningTest, type SampleBlock } from '../../../src/verdict/sequential/running-test';

const levels = { alpha: 0.05, beta: 0.05 };
const STEP = 1e-3;

const testOf = (blocks: readonly SampleBlock[], margin = 0.25): RunningTest => {
  const running = new RunningTest(levels, margin, 1e-3);
  for (const block of blocks) running.observe(block);
  return running;
};

/** Siblings 1 apart, strangers by a log-normal ratio. */
const blockOf = (r: ReturnType<typeof random>, at: number, spread: number, strangers: 2 | 4): SampleBlock => ({
  siblings: [1, 1],
  strangers: Array.from({ length: strangers }, () => Math.exp(at + spread * r.normal())),
});

describe('tolerances at which the running test would be certain', () => {
  test('are what asking it at every tolerance gives', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 5, max: 14 }), fc.constantFrom(2, 4), (seed, count, strangers) => {
        const r = random(seed, 'margins');
        const running = testOf(Array.from({ length: count }, () => blockOf(r, 0.3, 0.1, strangers as 2 | 4)));
        const asked = Array.from({ length: 1200 }, (_, i) => running.at(Number(((i + 1) * STEP).toFixed(3))).certain);
        const from = asked.indexOf('equivalent');
        const upTo = asked.lastIndexOf('different');
        // monotone: once it is certain it stays so
        if (from >= 0) expect(new Set(asked.slice(from))).toEqual(new Set(['equivalent']));
        expect(equivalentFrom(running)).toBe(from < 0 ? undefined : Number(((from + 1) * STEP).toFixed(3)));
        expect(differentUpTo(running)).toBe(upTo < 0 ? undefined : Number(((upTo + 1) * STEP).toFixed(3)));
      }),
      { numRuns: 5 },
    );
  });

  test('are none while there are too few blocks', () => {
    const few = testOf(Array.from({ length: 4 }, (_, i) => blockOf(random(i, 'few'), 0, 0.1, 4)));
    expect(equivalentFrom(few)).toBeUndefined();
    expect(differentUpTo(few)).toBeUndefined();
  });

  test('contradict the truth no more often than the level, at the worst moment to look', () => {
    // half of all ratios are below exp(0.3): the true tolerance. Looking after each block and keeping the extreme is the worst that stopping can do
    const truth = Math.exp(0.3) - 1;
    const repeats = 400;
    let [low, high] = [0, 0];
    for (let n = 0; n < repeats; n++) {
      const r = random(n, 'coverage');
      const [under, over] = [testOf([], truth - 1e-6), testOf([], truth + 1e-6)];
      let [below, above] = [false, false];
      for (let b = 0; b < 30; b++) {
        const block = blockOf(r, 0.3, 0.2, 2);
        under.observe(block);
        over.observe(block);
        below ||= under.certain === 'equivalent';
        above ||= over.certain === 'different';
      }
      if (below) low++;
      if (above) high++;
    }
    const most = repeats * 0.05 + 5 * Math.sqrt(repeats * 0.05 * 0.95);
    expect(low).toBeLessThanOrEqual(most);
    expect(high).toBeLessThanOrEqual(most);
  });
});

describe('tolerances of a verdict', () => {
  const look = 'last look';
  const side = (low: number, high: number, noise = 0) => ({ excess: { low, high }, self: { noise } });
  const judge = async () => ({ outcome: 'equivalent', why: '' }) as const;
  const different = async () => ({ outcome: 'different', why: '' }) as const;

  test('at the last look: the largest of all limits and of the noise, rounded up', async () => {
    const limits = [{ sides: [side(0, 0.1234), side(0, 0.05)] }, { sides: [side(0, 0.02), side(0, 0.03, 0.2)] }];
    expect(await smallestMargin({ look, limits: limits.slice(0, 1), judge }, 0.05)).toEqual({
      level: 0.05,
      by: 'last look',
      margin: 0.124,
    });
    expect((await smallestMargin({ look, limits, judge }, 0.05)).margin).toBe(0.2);
    expect(
      (await smallestMargin({ look, limits: [{ sides: [side(-1, -0.2), side(-1, -0.3)] }], judge }, 0.05)).margin,
    ).toBe(STEP);
  });

  test('before: what the running test needs as well', async () => {
    const running = [testOf(Array.from({ length: 8 }, (_, i) => blockOf(random(i, 'y'), 0.1, 0.05, 4)))];
    const from = equivalentFrom(running[0]!)!;
    const limits = [{ sides: [side(0, 0.01), side(0, 0.01)] }];
    expect(await smallestMargin({ look, limits, running, judge }, 0.05)).toEqual({
      level: 0.05,
      by: 'running test and rule',
      margin: from,
    });
    const upTo = differentUpTo(running[0]!);
    const beyondAll = [{ sides: [side(1, 2), side(1, 2)] }];
    expect((await largestMargin({ look, limits: beyondAll, running, judge: different }, 0.05))?.margin).toBe(upTo);
  });

  test('none where the rule says something else there, or knows no limit', async () => {
    const limits = [{ sides: [side(0, 0.1), side(0, 0.1)] }];
    const undecided = async () => ({ outcome: 'undecided', why: 'the controls are as near' }) as const;
    expect(await smallestMargin({ look, limits, judge: undecided }, 0.05)).toMatchObject({
      why: 'the controls are as near',
    });
    const unknown = await smallestMargin({ look, limits: [{ sides: [side(-1, 1e6), side(-1, 0.1)] }], judge }, 0.05);
    expect(unknown.margin).toBeUndefined();
    expect(unknown.why).toMatch(/too few draws/);
    expect(await largestMargin({ look, limits, judge: undecided }, 0.05)).toBeUndefined();
  });

  test('the largest at which it is different is strictly below the limits of one measure', async () => {
    const limits = [{ sides: [side(0.5, 1), side(0.8, 1)] }, { sides: [side(0.7, 1), side(0.6, 1)] }];
    expect((await largestMargin({ look, limits, judge: different }, 0.01))!).toEqual({
      level: 0.01,
      by: 'last look',
      margin: 0.599,
    });
    const one = [{ ...limits[0]!, oneSideSuffices: true }];
    expect((await largestMargin({ look, limits: one, judge: different }, 0.01))!.margin).toBe(0.799);
  });
});
