/** The time that a gate may take: what never answers must not keep the others, or the job, for ever. */
import { CancelledError } from '../src/errors.js';
import { duration } from '../src/format.js';
import { MOST_INPUTS } from '../src/implementations/inputs.js';
import { BUDGET, RANK_ON } from '../src/circuit/rank.js';
import { checkOptions } from '../src/options.js';
import { LONGEST_TIMER } from '../src/signal.js';
import { powerOf } from '../src/power/options.js';
import { gateOptionsSchema, gatePower, type GateOptions } from './options.js';

/** The longest that a timer can wait, in seconds. */
export const LONGEST = Math.floor(LONGEST_TIMER / 1000);

const HOUR = 3600;
/** Seconds for a row, where a gate says nothing: a slow model on one slow core. */
const PER_ROW = 0.05;

/** The most rows that a gate can come to compute, with its planted changes. */
export function mostRows(options: GateOptions = {}): number {
  const { inputs = MOST_INPUTS, budget, minAcceptance, set } = checkOptions(gateOptionsSchema, options, 'options');
  const draws = (budget.draws + 1) / minAcceptance;
  // growing an implementation runs the inputs eight times at most, as a rule; the search before it patches no more groups than its budget allows
  const rows = 2 * (draws * inputs * 8 + (set?.search.budget ?? BUDGET) * (set?.search.rankOn ?? RANK_ON));
  const planted = powerOf(gatePower(options));
  // at most nine kinds and sizes, each judged like a candidate
  return rows * (1 + (planted ? Math.min(planted.atOnce ?? Infinity, 9 * planted.changes) : 0));
}

/** Where a gate sets no limit: an hour, and a twentieth of a second for each row. A guard against what never ends, no estimate: most gates take a thousandth of it. */
export function defaultSeconds(options: GateOptions = {}): number {
  const { budget } = checkOptions(gateOptionsSchema, options, 'options');
  return Math.min(LONGEST, Math.round(HOUR + PER_ROW * mostRows(options) + (budget.seconds ?? 0)));
}

export const lateError = (seconds: number): CancelledError =>
  new CancelledError({
    what: `the gate was not finished after ${duration(seconds)}, its limit`,
    where: 'seconds',
    hint: 'give it more time (`seconds` of the gate or of the config), less to do (`options.budget`, `options.inputs`), or see whether its models answer at all',
  });

/** Seconds that what was told to stop has to do so by itself. */
const graceOf = (seconds: number): number => Math.min(5, seconds / 2);

/** Seconds from its start after which a gate has not ended by itself and never will: it computes, and looks at no clock. */
export const overdue = (seconds: number): number => Math.min(LONGEST, seconds + Math.min(15, seconds));

/**
 * Does work that is told to stop when its time is over, and waits for it no longer than a little beyond that.
 * @param work given a signal whose reason is the error
 * @throws CancelledError where the work does not end in time; whatever the work throws
 */
export async function withinSeconds<T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const error = lateError(seconds);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        controller.abort(error);
        timer = setTimeout(() => reject(error), graceOf(seconds) * 1000);
      },
      Math.min(seconds, LONGEST) * 1000,
    );
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
