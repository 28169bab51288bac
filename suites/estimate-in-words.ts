/** How right an estimate was. */
import { duration, percent } from '../src/format.js';
import type { SuiteEstimate } from './suite.js';

const share = (of: number, was: number): string => percent(of / Math.max(was, Number.EPSILON));

/** In a sentence, without a full stop. */
export function estimateInWords({
  estimate,
  cpuSeconds,
  rows,
  complete,
}: {
  readonly estimate: SuiteEstimate;
  readonly cpuSeconds: number;
  readonly rows: number;
  readonly complete: boolean;
}): string {
  const said = `estimated ${duration(estimate.seconds)} of processor time and ${estimate.rows} rows`;
  if (!complete) return said;
  return `${said}; it took ${duration(cpuSeconds)} (the estimate was ${share(estimate.seconds, cpuSeconds)} of that) and ${rows} rows (${share(estimate.rows, rows)})`;
}
