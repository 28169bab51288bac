/** What `untilCertain` asks for, of distances that are all there. */
import { random } from '../../src/random.js';
import { atOnce } from '../../src/signal.js';
import { excessInterval, views } from '../../src/statistics/intervals.js';
import type { Blocks, Policy } from '../../src/statistics/judgement.js';
import { selfCongruity } from '../../src/statistics/self-congruity.js';
import type { Judgement } from '../../src/verdict/rule/judgement.js';
import { judge } from '../../src/verdict/rule/judge.js';
import type { Outcome } from '../../src/verdict/rule/outcome.js';
import { atLevels, resolvePolicy } from '../../src/verdict/rule/policy.js';
import type { Levels } from '../../src/verdict/sequential/evidence.js';
import { beyond, within, type RuleLimits } from '../../src/verdict/sequential/margins.js';
import type { SampleBlock } from '../../src/verdict/sequential/running-test.js';

// the scores' bootstrap decides nothing, and beyond the tolerance the permutation test always agrees: both kept small for speed
export const policy = resolvePolicy({ bootstrap: 100, permutations: 199 });

/** The first so many of each side. */
export function first(b: Blocks, count: number): Blocks {
  const cut = (data: Float64Array, columns: number): Float64Array => {
    const out = new Float64Array(count * count);
    for (let i = 0; i < count; i++) out.set(data.subarray(i * columns, i * columns + count), i * count);
    return out;
  };
  return {
    m1: count,
    m2: count,
    within1: cut(b.within1, b.m1),
    within2: cut(b.within2, b.m2),
    across: cut(b.across, b.m2),
    ...(b.paired && { paired: true }),
  };
}

export function blockOf({ m1, m2, within1, within2, across, paired }: Blocks, count: number): SampleBlock {
  const [i, j] = [count - 2, count - 1];
  const apart = [across[i * m2 + j]!, across[j * m2 + i]!];
  return {
    siblings: [within1[i * m1 + j]!, within2[i * m2 + j]!],
    strangers: paired ? apart : [across[i * m2 + i]!, ...apart, across[j * m2 + j]!],
  };
}

function limitsOf(blocks: Blocks, { alpha, beta }: Levels, seed: number): RuleLimits {
  return {
    sides: views(blocks).map((view) => ({
      excess: excessInterval(view, policy.resolution, { low: alpha, high: beta }),
      // costly, and seldom asked for
      get self() {
        const square = { size: view.m, data: view.within };
        return atOnce(selfCongruity(square, policy.resolution, 0, random(seed, 'halves')));
      },
    })),
  };
}

type Judge<J> = (blocks: (of: Blocks) => Blocks, at: Policy, further: Policy) => J;

/**
 * @param judged the rule, or what is to stand for it
 * @param limitsOnly a verdict is what the limits say: the rule has further checks, which only make it rarer. The noise of the sets is taken for zero
 */
export function stepsOf<J extends { readonly outcome: Outcome } = Judgement>(
  all: Blocks,
  budget: number,
  n: number,
  judged: Judge<J> = (blocks, at) => judge(blocks(all), at, n) as unknown as J,
  limitsOnly = false,
) {
  let drawn = 1;
  const limits = (at: Levels): RuleLimits => {
    const { sides } = limitsOf(first(all, drawn), at, n);
    return limitsOnly ? { sides: sides.map(({ excess }) => ({ excess, self: { noise: 0 } })) } : { sides };
  };
  return {
    drawn: () => drawn,
    steps: {
      levels: { alpha: policy.alpha, beta: policy.beta },
      budget: { draws: budget },
      tests: [{ measure: 'distance', policy }],
      independent: () => true,
      fill: async (count: number) => {
        drawn = count;
        return true;
      },
      blocks: async (counts: readonly number[]) => counts.map((count) => [blockOf(all, count)]),
      judge: async (at: Levels, further: Levels, margin?: number): Promise<J> => {
        if (margin === undefined)
          return judged((of) => first(of, drawn), atLevels(policy, at), atLevels(policy, further));
        // at another tolerance only the outcome counts, and it follows from the limits
        return { outcome: outcomeOf(limits(at), margin) } as J;
      },
      limits: async (at: Levels) => [limits(at)],
      why: () => '',
      late: () => false,
    },
  };
}

export const outcomeOf = (limits: RuleLimits, margin: number): Outcome =>
  within([limits], [margin]) ? 'equivalent' : beyond([limits], [margin]) ? 'different' : 'undecided';

/** The rule without what it checks besides its limits. */
export const byLimits =
  (all: Blocks): Judge<{ readonly outcome: Outcome }> =>
  (blocks, { alpha, beta, margin }) => ({ outcome: outcomeOf(limitsOf(blocks(all), { alpha, beta }, 0), margin) });
