/** Draws implementations of both sides until the verdict is certain, or the budget is spent. Knows nothing of models: what draws, measures and judges is given to it. */
import type { Policy } from '../../statistics/judgement.js';
import type { Outcome } from '../rule/outcome.js';
import type { Budget, Levels, MarginEvidence, SequentialEvidence } from './evidence.js';
import { earlyLevels, earlyLooks, fewestBlocks, furtherLevels, LAST, lastLevels, worthwhile } from './levels.js';
import { beyond, largestMargin, smallestMargin, within, type Margins, type RuleLimits } from './margins.js';
import { BLOCK, RunningTest, type SampleBlock } from './running-test.js';

export interface Steps<J extends { readonly outcome: Outcome }> {
  readonly levels: Levels;
  readonly budget: Budget;
  /** per measure that decides: the policy it is judged by, at the levels of the whole comparison */
  readonly tests: readonly {
    readonly measure: string;
    readonly policy: Pick<Policy, 'alpha' | 'beta' | 'margin' | 'resolution'>;
  }[];
  /** false where implementations are not independent draws (several trained runs a side): everything is then drawn before the only look */
  readonly independent: () => boolean;
  /** draws until each side has so many implementations, the model itself the first; false where a side has no more */
  readonly fill: (count: number) => Promise<boolean>;
  /** distances within blocks that are drawn, per measure: for each count implementations count - 2 and count - 1 of each side. First asked for as many blocks as a verdict needs at least */
  readonly blocks: (counts: readonly number[]) => Promise<readonly (readonly SampleBlock[])[]>;
  /**
   * the rule, on all that is drawn, at these levels
   * @param further levels of any further test that the outcome is to depend on, and that no running test speaks of: over all looks they add up to the whole levels
   * @param margin another one than the policy's, to learn what would have come out: what is reported beside the outcome does not matter then
   */
  readonly judge: (levels: Levels, further: Levels, margin?: number) => Promise<J>;
  /** the rule's limits on the same draws, at these levels, per measure that decides */
  readonly limits: (levels: Levels) => Promise<readonly RuleLimits[]>;
  /** why an outcome is not another, in one sentence */
  readonly why: (judged: J) => string;
  /** the same at single sites, at alpha for all of them together, for a last look that left it undecided: a site at which the sets are different, undefined where there is none. Gives no look where there are no sites to look at: nothing is set aside for it then */
  readonly singleSite?:
    | ((alpha: number) => Promise<((undecided: J) => Promise<J | undefined>) | undefined>)
    | undefined;
  /** true where something else than distances has settled what the verdict is, if the rule on distances says this: asked after each block */
  readonly settled?: ((distances: Outcome) => Promise<boolean>) | undefined;
  /** true once `budget.seconds` are over */
  readonly late: () => boolean;
  /** called with the share of the draws done */
  readonly progress?: ((done: number) => void) | undefined;
}

/** Of the last look's alpha, the share that is for single sites, where there are any to look at. */
const ALONE = 0.5;
/** How many times as many implementations there must be before the rule, having disagreed with a running test that is certain, is asked again. */
const AGAIN = 1.25;

/** Certain of "different" where one measure is, of "equivalent" where all are. */
function certainOf(tests: readonly RunningTest[]): Outcome | undefined {
  if (tests.some(({ certain }) => certain === 'different')) return 'different';
  return tests.every(({ certain }) => certain === 'equivalent') ? 'equivalent' : undefined;
}

/**
 * Draws two implementations a side at a time. Each block of four is used once by the running test; when that is certain, the rule is asked of everything drawn so far, and where it agrees, and would at the level of an early
 * look, drawing stops. It stops as well where something else, which may be looked at at any time, has settled the verdict; the rule is then asked at the levels of an early look.
 * Otherwise the rule has the last look, and where that leaves it undecided each site has one by itself. How the levels are spent, and why an error of either kind stays within its own, is in `levels.ts`.
 * @throws whatever the steps throw
 */
export async function untilCertain<J extends { readonly outcome: Outcome }>(
  steps: Steps<J>,
): Promise<{
  judged: J;
  sequential: SequentialEvidence;
  smallestMargin: MarginEvidence;
  largestMargin: MarginEvidence | undefined;
}> {
  const { levels, budget, independent, fill, judge, limits, late, progress } = steps;
  const most = budget.draws + 1;
  const policies = steps.tests.map(({ policy }) => policy);
  const tests =
    independent() && worthwhile(policies, budget.draws)
      ? steps.tests.map(({ measure, policy: { alpha, beta, margin, resolution } }) => ({
          measure,
          test: new RunningTest({ alpha, beta }, margin, resolution),
        }))
      : [];
  const looks = tests.length > 0 ? earlyLooks(policies, budget.draws) : 0;
  const end = async (
    judged: J,
    stopped: SequentialEvidence['stopped'],
    found: readonly RuleLimits[],
    again: (margin: number) => Promise<J>,
  ) => {
    const given: Margins = {
      limits: found,
      look: stopped === 'certain' || stopped === 'settled' ? 'early look' : 'last look',
      ...(stopped === 'certain' && { running: tests.map(({ test }) => test) }),
      judge: async (margin) => {
        const at = await again(margin);
        return { outcome: at.outcome, why: steps.why(at) };
      },
    };
    return {
      judged,
      sequential: {
        budget,
        levels,
        stopped,
        last: looks > 0 ? LAST : 1,
        earlyLooks: looks,
        running: tests.map(({ measure, test }) => ({ measure, trajectory: test.trajectory })),
      },
      smallestMargin: await smallestMargin(given, levels.beta),
      largestMargin: await largestMargin(given, levels.alpha),
    };
  };

  // no test can be certain before: until then blocks wait, to be measured together
  const fewest = fewestBlocks(policies);
  let waiting: number[] = [];
  const observe = async (): Promise<void> => {
    if (waiting.length > 0)
      for (const block of await steps.blocks(waiting))
        for (const [i, one] of block.entries()) tests[i]!.test.observe(one);
    waiting = [];
  };
  const margins = policies.map(({ margin }) => margin);
  let stopped: SequentialEvidence['stopped'] = 'draws';
  let askedAt = 0;
  let times = 0;
  // the model itself is the first of its set, and no random draw
  for (let count = 1 + BLOCK; count <= most && stopped === 'draws'; count += BLOCK) {
    if (late()) stopped = 'time';
    else if (!(await fill(count))) stopped = 'exhausted';
    else {
      progress?.((count - 1) / budget.draws);
      if (looks === 0) continue;
      waiting.push(count);
      if ((count - 1) / BLOCK < fewest) continue;
      await observe();
      const certain = certainOf(tests.map(({ test }) => test));
      // at the end the last look, at more of the levels, has the word
      if (count === most || !independent()) continue;
      const early = earlyLevels(levels, looks);
      if (certain && count >= AGAIN * askedAt) {
        askedAt = count;
        const found = await limits(early);
        if ((certain === 'equivalent' ? within : beyond)(found, margins)) {
          const further = furtherLevels(levels, ++times);
          const judged = await judge(levels, further);
          if (judged.outcome === certain)
            return await end(judged, 'certain', found, (margin) => judge(levels, further, margin));
        }
      }
      if (await steps.settled?.('undecided')) {
        const further = furtherLevels(levels, ++times);
        const judged = await judge(early, further);
        if (await steps.settled?.(judged.outcome))
          return await end(judged, 'settled', await limits(early), (margin) => judge(early, further, margin));
      }
    }
  }
  if (stopped === 'draws' && !(await fill(most))) stopped = 'exhausted';
  await observe();
  const last = looks > 0 ? lastLevels(levels) : levels;
  const alone = await steps.singleSite?.(ALONE * last.alpha);
  const whole = alone ? { ...last, alpha: (1 - ALONE) * last.alpha } : last;
  let judged = await judge(whole, whole);
  const found = await limits(whole);
  if (alone && judged.outcome === 'undecided') judged = (await alone(judged)) ?? judged;
  return await end(judged, stopped, found, (margin) => judge(whole, whole, margin));
}
