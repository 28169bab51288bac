/** The rule about twins: from two numbers with their limits to one of three outcomes. docs/derived.md states it. */
import type { Interval } from '../../interval.js';
import type { TwinFinding } from './findings.js';

export type TwinOutcome = 'derived' | 'not derived' | 'open';

/** At this ratio twins are as far apart as implementations of one model are. */
export const RATIO = 1;
/** At this cosine half of what an intervention does to one model it does to the other. */
export const COSINE = 0.5;

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

/** Applies the rule: the limits' levels are its error rates. */
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
