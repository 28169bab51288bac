/** What limits say of a condition at a tolerance. Three outcomes, as everywhere. */
import type { CoreBounds } from '../bounds/core-bounds.js';
import type { BoundEvidence, BoundSide, Condition } from '../bounds/evidence.js';
import { number, percent } from '../format.js';
import type { ClaimEvidence } from './claim.js';
import type { ClaimFinding } from './findings.js';

export interface BoundDecision {
  readonly outcome: ClaimEvidence['outcome'];
  readonly finding: ClaimFinding;
}

/** What it takes to have an upper limit. */
export interface Drawing {
  /** draws a side */
  readonly needed: number;
  /** true: some trained run of a set has not turned up */
  readonly runMissing: boolean;
}

/** The rule: what the limits say of a condition at a tolerance. Pure. */
export function decideBound(
  condition: Condition,
  { distance, necessary }: Pick<CoreBounds, 'distance' | 'necessary'>,
  unrelated: { readonly distance: number; readonly necessary: number },
  tolerance: number,
  { needed, runMissing }: Drawing,
): BoundDecision {
  const { low, high } = condition === 'sufficiency' ? distance : necessary;
  const control = condition === 'sufficiency' ? unrelated.distance : unrelated.necessary;
  if (low > tolerance)
    return {
      outcome: 'fails',
      finding: { code: 'limit-beyond-tolerance', condition, numbers: { tolerance, limit: low } },
    };
  if (high === undefined)
    return {
      outcome: 'undecided',
      finding: runMissing
        ? { code: 'run-not-drawn', condition, numbers: { low } }
        : { code: 'too-few-random-draws', condition, numbers: { low, needed } },
    };
  if (high > tolerance)
    return {
      outcome: 'undecided',
      finding: { code: 'tolerance-between-limits', condition, numbers: { tolerance, low, high } },
    };
  // nothing is shown by being within what something unrelated would be within
  if (control <= tolerance)
    return {
      outcome: 'undecided',
      finding: { code: 'control-within-tolerance', condition, numbers: { tolerance, control } },
    };
  return {
    outcome: 'holds',
    finding: { code: 'limit-within-tolerance', condition, numbers: { tolerance, limit: high } },
  };
}

/** Which sets have implementations of their own that are surely farther apart than the two sets may be: there the tolerance is finer than the interpretation. */
export function widerThanTolerance(
  sides: readonly Pick<BoundSide, 'name' | 'diameter'>[],
  tolerance: number,
): ClaimFinding | undefined {
  const wide = sides.filter(({ diameter }) => diameter.low > tolerance);
  if (wide.length === 0) return undefined;
  return {
    code: 'wider-than-tolerance',
    sets: [...new Set(wide.map(({ name }) => name))],
    numbers: { tolerance, diameter: Math.min(...wide.map(({ diameter }) => diameter.low)) },
  };
}

/** How the statement that is claimed reads. */
export function boundClaimInWords(
  condition: Condition,
  { tolerance, share, alpha }: Pick<BoundEvidence, 'tolerance' | 'share' | 'alpha'>,
): string {
  const at = `for ${percent(share)} of each set, at ${percent(1 - alpha)} confidence`;
  return condition === 'sufficiency'
    ? `every implementation of either set has one of the other within ${number(tolerance)}, ${at}`
    : `the two sets are at most ${number(tolerance)} farther apart than they are wide, ${at}`;
}
