/** Draws implementations of both sides until the verdict is certain, or the budget is spent. Knows nothing of models: what draws, measures and judges is given to it. */
import { fewestFor } from '../../statistics/e-process.js';
import type { Policy } from '../../statistics/judgement.js';
import type { Outcome } from '../rule/outcome.js';
import type { Budget, Levels, SequentialEvidence } from './evidence.js';
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
   */
  readonly judge: (levels: Levels, further: Levels) => Promise<J>;
  /** the same at single sites, at alpha for all of them together, for a last look that left it undecided: a site at which the sets are different, undefined where there is none. Gives no look where there are no sites to look at: nothing is set aside for it then */
  readonly singleSite?:
    | ((alpha: number) => Promise<((undecided: J) => Promise<J | undefined>) | undefined>)
    | undefined;
  /** true once `budget.seconds` are over */
  readonly late: () => boolean;
  /** called with the share of the draws done */
  readonly progress?: ((done: number) => void) | undefined;
}

/** The running test's share of each level. */
const RUNNING = 0.9;
/** Of the last look's alpha, the share that is for single sites, where there are any to look at. */
const ALONE = 0.5;
/** How many times as many implementations there must be before the rule, having disagreed with a running test that is certain, is asked again. */
const AGAIN = 1.25;

/** A running test costs the last look nine tenths of its level: it is worth that where it can end in half of the draws. */
const worthwhile = (levels: readonly Levels[], draws: number): boolean =>
  levels.every(({ alpha, beta }) => 2 * BLOCK * fewestFor(RUNNING * Math.min(alpha, beta)) <= draws);

/** Certain of "different" where one measure is, of "equivalent" where all are. */
function certainOf(tests: readonly RunningTest[]): Outcome | undefined {
  if (tests.some(({ certain }) => certain === 'different')) return 'different';
  return tests.every(({ certain }) => certain === 'equivalent') ? 'equivalent' : undefined;
}

/**
 * Draws two implementations a side at a time. Each block of four is used once by the running test; when that is certain, the rule is asked of everything drawn so far, and where it agrees, drawing
 * stops. Otherwise the rule has the last look, and where that leaves it undecided each site has one by itself. An error of either kind is at most the running test's share of its level plus the last look's.
 * @throws whatever the steps throw
 */
export async function untilCertain<J extends { readonly outcome: Outcome }>(
  steps: Steps<J>,
): Promise<{ judged: J; sequential: SequentialEvidence }> {
  const { levels, budget, independent, fill, judge, late, progress } = steps;
  const most = budget.draws + 1;
  const share =
    independent() &&
    worthwhile(
      steps.tests.map(({ policy }) => policy),
      budget.draws,
    )
      ? RUNNING
      : 0;
  const tests =
    share === 0
      ? []
      : steps.tests.map(({ measure, policy: { alpha, beta, margin, resolution } }) => ({
          measure,
          test: new RunningTest({ alpha: share * alpha, beta: share * beta }, margin, resolution),
        }));
  const evidence = (stopped: SequentialEvidence['stopped']): SequentialEvidence => ({
    budget,
    levels,
    stopped,
    share,
    running: tests.map(({ measure, test }) => ({ measure, trajectory: test.trajectory })),
  });

  // no test can be certain before: until then blocks wait, to be measured together
  const fewest = Math.min(...tests.map(({ test: { levels: at } }) => fewestFor(Math.max(at.alpha, at.beta))));
  let waiting: number[] = [];
  const observe = async (): Promise<void> => {
    if (waiting.length > 0)
      for (const block of await steps.blocks(waiting))
        for (const [i, one] of block.entries()) tests[i]!.test.observe(one);
    waiting = [];
  };
  let stopped: SequentialEvidence['stopped'] = 'draws';
  let askedAt = 0;
  let times = 0;
  // the model itself is the first of its set, and no random draw
  for (let count = 1 + BLOCK; count <= most && stopped === 'draws'; count += BLOCK) {
    if (late()) stopped = 'time';
    else if (!(await fill(count))) stopped = 'exhausted';
    else {
      progress?.((count - 1) / budget.draws);
      if (share === 0) continue;
      waiting.push(count);
      if ((count - 1) / BLOCK < fewest) continue;
      await observe();
      const certain = certainOf(tests.map(({ test }) => test));
      if (!certain || count < AGAIN * askedAt || !independent()) continue;
      askedAt = count;
      const part = share * 2 ** -++times;
      const judged = await judge(levels, { alpha: part * levels.alpha, beta: part * levels.beta });
      if (judged.outcome === certain) return { judged, sequential: evidence('certain') };
    }
  }
  if (stopped === 'draws' && !(await fill(most))) stopped = 'exhausted';
  await observe();
  const last = { alpha: (1 - share) * levels.alpha, beta: (1 - share) * levels.beta };
  const alone = await steps.singleSite?.(ALONE * last.alpha);
  const whole = alone ? { ...last, alpha: (1 - ALONE) * last.alpha } : last;
  let judged = await judge(whole, whole);
  if (alone && judged.outcome === 'undecided') judged = (await alone(judged)) ?? judged;
  return { judged, sequential: evidence(stopped) };
}
