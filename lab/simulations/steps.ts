/** What `untilCertain` asks for, of distances that are all there. */
import { excessInterval, meanDistances, views } from '../../src/statistics/intervals.js';
import type { Blocks } from '../../src/statistics/judgement.js';
import type { Outcome } from '../../src/verdict/rule/outcome.js';
import { defaultPolicy as policy } from '../../src/verdict/rule/policy.js';
import type { Levels } from '../../src/verdict/sequential/evidence.js';
import { beyond, within, type RuleLimits } from '../../src/verdict/sequential/margins.js';
import type { SampleBlock } from '../../src/verdict/sequential/running-test.js';

/** Distances, and on groups of the inputs as well where these are a sample. */
export interface Measured extends Blocks {
  readonly onGroups?: { readonly groups: readonly Blocks[]; readonly left: number } | undefined;
}

/** The first so many of each side. */
export function first(b: Measured, count: number): Blocks {
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
    ...(b.onGroups && {
      inputs: { left: b.onGroups.left, groups: b.onGroups.groups.map((on) => meanDistances(first(on, count))) },
    }),
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

/** What the limits of the rule say by themselves. The rule has further checks, which only make either verdict rarer; they are left out for speed, and the noise of the sets is taken for zero. */
function limitsOf(blocks: Blocks, { alpha, beta }: Levels): RuleLimits {
  const sides = views(blocks).map((view) => ({
    excess: excessInterval(view, policy.resolution, { low: alpha, high: beta }),
    self: { noise: 0 },
  }));
  return { sides };
}

export interface Said {
  readonly outcome: Outcome;
}

export function byLimits(blocks: Blocks, levels: Levels, margin = policy.margin): Said {
  const limits = [limitsOf(blocks, levels)];
  return { outcome: within(limits, [margin]) ? 'equivalent' : beyond(limits, [margin]) ? 'different' : 'undecided' };
}

/** @param judged what stands for the rule: given what takes the draws so far of a set of distances, the levels of the look, and those of a further test */
export function stepsOf(
  all: Measured,
  budget: number,
  judged = (drawn: (of: Measured) => Blocks, at: Levels, _further: Levels): Said => byLimits(drawn(all), at),
) {
  let drawn = 1;
  const cut = (of: Measured): Blocks => first(of, drawn);
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
      judge: async (at: Levels, further: Levels, margin?: number): Promise<Said> =>
        margin === undefined ? judged(cut, at, further) : byLimits(cut(all), at, margin),
      limits: async (at: Levels) => [limitsOf(cut(all), at)],
      why: () => '',
      late: () => false,
    },
  };
}
