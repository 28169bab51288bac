/** The rule about twins: from two numbers with their limits to one of three outcomes. docs/derived.md states it. */
import type { Interval } from '../../interval.js';
import type { TwinFinding } from './findings.js';

export type TwinOutcome = 'derived' | 'not derived' | 'open';

/** At this ratio twins are as far apart as implementations of one model are. */
export const RATIO = 1;
/** At this cosine half of what an intervention does to one model it does to the other. */
export const COSINE = 0.5;

/** At this pairing ratio twins respond half as unlike as with components paired at random. */
export const PAIRING = 0.5;

export interface TwinGrounds {
  /** pairs of twins */
  readonly pairs: number;
  readonly ratio: Interval;
  readonly meanRatio: Interval;
  /** undefined where no pair responds */
  readonly cosine: Interval | undefined;
}

export interface TwinDecision {
  readonly outcome: TwinOutcome;
  /** the deciding one first */
  readonly findings: readonly TwinFinding[];
}

/**
 * Applies the rule: the limits' levels are its error rates.
 * @returns "derived" if all is so but that the pairing of components matters, which `withControl` asks
 */
export function decideTwins({ pairs, ratio, meanRatio, cosine }: TwinGrounds): TwinDecision {
  const near = ratio.high < RATIO;
  const far = ratio.low > RATIO;
  const onRatio: TwinFinding = {
    code: near ? 'twins-nearer' : far ? 'twins-farther' : 'twins-open',
    numbers: { ratio },
  };
  // copies are as near as can be, and nothing that was done to them shows whether they are made of the same parts
  if (cosine === undefined)
    return { outcome: 'open', findings: [{ code: 'nothing-responds', numbers: { pairs } }, onRatio] };
  const alike = cosine.low > COSINE;
  const unlike = cosine.high < COSINE;
  const onCosine: TwinFinding = {
    code: alike ? 'responses-alike' : unlike ? 'responses-unlike' : 'responses-open',
    numbers: { cosine },
  };
  if (far || unlike)
    return {
      outcome: 'not derived',
      findings: [
        ...(unlike ? [onCosine, onRatio] : [onRatio, onCosine]),
        { code: 'not-another-mechanism', numbers: {} },
      ],
    };
  const average = meanRatio.high < RATIO;
  if (near && alike && average) return { outcome: 'derived', findings: [onRatio, onCosine] };
  return {
    outcome: 'open',
    findings: [
      ...(near ? [] : [onRatio]),
      ...(near && !average ? [{ code: 'mean-ratio-open', numbers: { ratio: meanRatio } } as const] : []),
      ...(alike ? [] : [onCosine]),
      ...(near && average ? [onRatio] : []),
      ...(alike ? [onCosine] : []),
    ],
  };
}

/** What the control says. */
export interface ControlGrounds {
  /** draws that say something, and those that do not */
  readonly pairs: number;
  readonly skipped: number;
  readonly ratio: Interval;
  /** the median response cosine, as the components correspond and at random */
  readonly cosine: number;
  readonly atRandom: number;
}

/** Two models that are derived, if it matters which component of one is which of the other. */
export function withControl(
  { outcome, findings }: TwinDecision,
  control: ControlGrounds | { readonly why: string },
): TwinDecision {
  if (outcome !== 'derived') return { outcome, findings };
  if ('why' in control)
    return { outcome: 'open', findings: [{ code: 'no-control', why: control.why, numbers: {} }, ...findings] };
  const { ratio, cosine, atRandom } = control;
  const numbers = { ratio, cosine, atRandom };
  if (ratio.high < PAIRING) return { outcome, findings: [...findings, { code: 'pairing-matters', numbers }] };
  const code = ratio.low > PAIRING ? 'any-pairing' : 'pairing-open';
  return { outcome: 'open', findings: [{ code, numbers }, ...findings] };
}
