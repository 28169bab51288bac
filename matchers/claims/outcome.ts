/** What a search for a counterexample comes to: the same words for every claim. */
import type { ClaimEvidence } from '../../src/claims/claim.js';

export interface Searched {
  /** what came out, where there is a counterexample */
  readonly found: string | undefined;
  /** what came out of a search that went to its end and found none */
  readonly nothing: string;
  /** the limit that was reached */
  readonly stopped: string | undefined;
  /** how far it was when it was stopped without a counterexample, a sentence */
  readonly tried: string;
  /** what there could be less of, for a search that was stopped */
  readonly less: string;
}

/** More time settles what a search was stopped in. */
export const MORE = 'more time or forward passes (maxSeconds, maxPasses)';

export function outcomeOf({
  found,
  nothing,
  stopped,
  tried,
  less,
}: Searched): Pick<ClaimEvidence, 'outcome' | 'received' | 'reasons' | 'wouldSettle'> {
  if (found !== undefined)
    return {
      outcome: 'fails',
      received: found,
      reasons: stopped === undefined ? [] : [`Not shrunk to the end: ${stopped}.`],
    };
  if (stopped === undefined) return { outcome: 'holds', received: nothing, reasons: [] };
  return {
    outcome: 'undecided',
    received: `undecided: the search was stopped, ${stopped}`,
    reasons: [tried],
    wouldSettle: `${MORE}, or ${less}`,
  };
}
