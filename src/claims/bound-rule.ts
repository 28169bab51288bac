/** What limits say of a condition at a tolerance. Three outcomes, as everywhere. */
import { number, percent } from '../format.js';
import type { BoundEvidence, Condition } from '../bounds/evidence.js';
import type { ClaimEvidence } from './claim.js';
import type { CoreBounds } from '../bounds/core-bounds.js';

export interface BoundVerdict {
  readonly outcome: ClaimEvidence['outcome'];
  readonly received: string;
  readonly reasons: readonly string[];
  /** undefined where it takes more draws: the caller knows how many */
  readonly wouldSettle?: string;
}

/** The rule: what the limits say of a condition at a tolerance. Pure. */
export function decideBound(
  condition: Condition,
  { distance, necessary }: Pick<CoreBounds, 'distance' | 'necessary'>,
  control: { readonly distance: number; readonly necessary: number },
  tolerance: number,
): BoundVerdict {
  const t = number(tolerance);
  const { low, high } = condition === 'sufficiency' ? distance : necessary;
  const powered = condition === 'sufficiency' ? control.distance > tolerance : control.necessary > tolerance;
  if (low > tolerance) {
    return condition === 'sufficiency'
      ? {
          outcome: 'fails',
          received: `at least ${number(low)} apart`,
          reasons: ['The lower limit of the distance between the two sets is beyond the tolerance.'],
        }
      : {
          outcome: 'fails',
          received: `necessity violated: at least ${number(low)} apart`,
          reasons: [
            'Strangers are farther apart than the tolerance and the size of the smaller set together can explain.',
          ],
        };
  }
  if (high === undefined) {
    return {
      outcome: 'undecided',
      received: 'undecided: too few random draws for an upper limit',
      reasons: [`Nothing more than a lower limit, ${number(low)}, can be said.`],
    };
  }
  if (high > tolerance) {
    const ends = `a tolerance of ${number(high)} would be established${low > 0 ? `, one below ${number(low)} refuted` : ''}`;
    const name =
      condition === 'sufficiency' ? 'sufficiency not established' : 'necessity neither violated nor established';
    return {
      outcome: 'undecided',
      received: `undecided: ${name}, ${number(low)} to ${number(high)} apart`,
      reasons: [`The tolerance, ${t}, lies between the limits.`],
      wouldSettle:
        condition === 'sufficiency'
          ? `${ends}; implementations that vary less (\`set\`), or more \`draws\` bring the limits together`
          : `${ends}; more \`draws\` bring the limits together`,
    };
  }
  if (!powered) {
    return {
      outcome: 'undecided',
      received: 'undecided: nothing could have exceeded this tolerance',
      reasons: [
        condition === 'sufficiency'
          ? `A representation that is unrelated by construction (inputs shuffled) is ${number(control.distance)} away, within the tolerance of ${t} as well.`
          : `With a representation in the other side's place that is unrelated by construction (inputs shuffled) the lower limit would be ${number(control.necessary)}, within the tolerance of ${t} as well: the sets are too wide to tell.`,
      ],
      wouldSettle: 'a smaller tolerance, or implementations that vary less (`set`)',
    };
  }
  return condition === 'sufficiency'
    ? { outcome: 'holds', received: `at most ${number(high)} apart`, reasons: [] }
    : {
        outcome: 'holds',
        received: `strangers at most ${number(high)} farther apart than the sets are wide`,
        reasons: [],
      };
}

/** How the statement that is claimed reads. */
export function boundClaimInWords(
  condition: Condition,
  { tolerance, share, alpha }: Pick<BoundEvidence, 'tolerance' | 'share' | 'alpha'>,
): string {
  const at = `for ${percent(share)} of each set, at ${percent(1 - alpha)} confidence`;
  return condition === 'sufficiency'
    ? `every implementation of either has one of the other within ${number(tolerance)}, ${at}`
    : `strangers are at most ${number(tolerance)} farther apart than the sets are wide, ${at}`;
}
