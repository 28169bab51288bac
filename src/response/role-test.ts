/** The running test of one role: is the mean discrepancy below the tolerance, and does replacing the role do anything? */
import type { Interval } from '../interval.js';
import { BoundedMean } from '../statistics/bounded-mean.js';
import type { RoleEvidence } from './evidence.js';
import type { PairPlaces } from './pairs.js';
import type { Place, Role } from './roles.js';
import type { ReplacedBy, Response } from './runner.js';

/** Rates of error: of "unlike" over all roles together, of "alike" for each of them. */
export interface Levels {
  readonly alpha: number;
  readonly beta: number;
}

/** One-sided: each decides by itself. */
export const deciding = ({ alpha, beta }: Levels, tests: number): { readonly low: number; readonly high: number } => ({
  low: alpha / tests,
  high: beta,
});

/** On which side of the tolerance a mean discrepancy is. */
export function sideOf(mean: BoundedMean, levels: Levels, tests: number): RoleEvidence['is'] {
  const { low, high } = deciding(levels, tests);
  if (mean.is('above', low)) return 'unlike';
  return mean.is('below', high) ? 'alike' : 'open';
}

const siteInWords = ({ site, at }: Place): string =>
  at === undefined
    ? site
    : `${site} at ${Object.entries(at)
        .map(([axis, indices]) => `${axis} ${indices.join(', ')}`)
        .join('; ')}`;

export class RoleTest {
  private readonly discrepancy: BoundedMean;
  private readonly effect: BoundedMean;
  private readonly kept: BoundedMean | undefined;
  private readonly sums: [number, number] = [0, 0];
  /** what was drawn, with its discrepancy */
  readonly seen: { readonly places: PairPlaces; readonly discrepancy: number }[] = [];

  /**
   * @param tests roles and ways of replacing there are, and what is asked without any
   */
  constructor(
    readonly role: Role,
    readonly by: ReplacedBy,
    margin: number,
    private readonly levels: Levels,
    private readonly tests: number,
  ) {
    this.discrepancy = new BoundedMean(margin);
    // by the triangle inequality a discrepancy is at most that of the untouched answers and both models' effects together
    this.effect = new BoundedMean(margin / 2);
    this.kept = by === 'mean' ? undefined : new BoundedMean(margin / 2);
  }

  observe(places: PairPlaces, { discrepancy, effects, kept }: Response): void {
    this.discrepancy.observe(discrepancy);
    this.effect.observe((effects[0] + effects[1]) / 2);
    if (kept) this.kept!.observe((kept[0] + kept[1]) / 2);
    effects.forEach((effect, side) => (this.sums[side]! += effect));
    this.seen.push({ places, discrepancy });
  }

  get is(): RoleEvidence['is'] {
    return sideOf(this.discrepancy, this.levels, this.tests);
  }

  /** Whether the role could have told two models apart. */
  get tested(): RoleEvidence['tested'] {
    const { beta } = this.levels;
    const both = this.kept ? [this.effect, this.kept] : [this.effect];
    // one role that was tested is enough for a verdict: the level is for all of them together
    if (both.every((mean) => mean.is('above', beta / this.tests))) return 'yes';
    return both.some((mean) => mean.is('below', beta)) ? 'no' : 'open';
  }

  evidence(): RoleEvidence {
    const { role, by, discrepancy, effect, kept, levels, tests, sums } = this;
    const besides = { low: levels.beta / tests, high: levels.beta };
    const limits: Interval = discrepancy.limits(deciding(levels, tests));
    return {
      role: role.name,
      by,
      sites: [siteInWords(role.places[0]), siteInWords(role.places[1])],
      draws: discrepancy.count,
      discrepancy: limits,
      is: this.is,
      effect: effect.limits(besides),
      effects: [sums[0] / Math.max(1, effect.count), sums[1] / Math.max(1, effect.count)],
      ...(kept && { kept: kept.limits(besides) }),
      tested: this.tested,
    };
  }
}
