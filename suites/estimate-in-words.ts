/** How right an estimate was. */
import { duration } from '../src/format.js';
import type { SuiteEstimate } from './suite.js';

/** In a sentence, without a full stop. */
export function estimateInWords({
  estimate,
  seconds,
  rows,
  complete,
}: SuiteEstimate & { readonly estimate: SuiteEstimate; readonly complete: boolean }): string {
  const said = `estimated ${duration(estimate.seconds)} and ${estimate.rows} rows`;
  return complete ? `${said}; it took ${duration(seconds)} and ${rows} rows` : said;
}
