/** What a search for a counterexample comes to: the same for every claim. */
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import type { ClaimFinding } from '../../src/claims/findings.js';

export interface Searched {
  /** what was found, if there is a counterexample */
  readonly found: ClaimFinding | undefined;
  /** what a search that went to its end and found none comes to */
  readonly nothing: ClaimFinding;
  /** the limit that was reached */
  readonly stopped: string | undefined;
  /** what was tried */
  readonly what: 'intervention' | 'input' | 'change';
  readonly details: { readonly numRuns: number; readonly runConfiguration: { readonly numRuns?: number | undefined } };
  /** of a counterexample that was shrunk to the end */
  readonly more?: readonly ClaimFinding[] | undefined;
}

export function outcomeOf({
  found,
  nothing,
  stopped,
  what,
  details,
  more = [],
}: Searched): Pick<ClaimEvidence, 'outcome' | 'findings' | 'received' | 'reasons' | 'wouldSettle'> {
  if (found !== undefined)
    return concluded('fails', [
      found,
      ...(stopped === undefined ? more : [{ code: 'not-shrunk', stopped, numbers: {} } as const]),
    ]);
  if (stopped === undefined) return concluded('holds', [nothing]);
  const { numRuns: tried, runConfiguration } = details;
  const of = runConfiguration.numRuns;
  return concluded('undecided', [
    { code: 'search-stopped', what, stopped, numbers: { tried, ...(of !== undefined && { of }) } },
  ]);
}
