/** A verdict where there is no matcher: in node:test, and in scripts. */
import { OptionError, OutcomeError } from '../errors.js';
import { oneLine } from '../plain.js';
import type { Evidence } from '../verdict/evidence.js';
import { keyLines, verdictInWords } from '../verdict/words.js';
import type { ClaimEvidence } from './claim.js';
import { claimKeyLines, claimVerdictInWords } from './words.js';

const isClaim = (evidence: Evidence | ClaimEvidence): evidence is ClaimEvidence => 'claim' in evidence;

/** What may be expected of each, as the matchers do without and with `.not`. */
const comparisons = ['equivalent', 'different'] as const;
const claims = ['holds', 'fails'] as const;

/**
 * Throws unless the outcome is the one expected: what `expect` does for the matchers. An undecided one throws whatever is expected.
 *
 *     assertOutcome(await compare(released, candidate, { on: addition }), 'equivalent');
 *
 * @param evidence of `compare`, or of a claim
 * @param expected `equivalent` or `different` of a comparison, `holds` or `fails` of a claim
 * @returns the evidence
 * @throws OutcomeError with the verdict, the numbers that carry it, and what would settle it
 * @throws OptionError for an outcome that this kind of evidence never has
 */
export function assertOutcome<E extends Evidence | ClaimEvidence>(
  evidence: E,
  expected: E extends ClaimEvidence ? (typeof claims)[number] : (typeof comparisons)[number],
): E {
  const known: readonly string[] = isClaim(evidence) ? claims : comparisons;
  if (!known.includes(expected))
    throw new OptionError({
      what: `the outcome "${String(expected)}" is none that is expected of ${isClaim(evidence) ? 'a claim' : 'a comparison'}`,
      where: 'assertOutcome',
      hint: `expect '${known.join("' or '")}'`,
    });
  if (evidence.outcome === expected) return evidence;
  const claim = isClaim(evidence);
  const verdict = claim ? claimVerdictInWords(evidence) : verdictInWords(evidence);
  const lines = claim ? claimKeyLines(evidence) : keyLines(evidence);
  const settles = claim ? evidence.wouldSettle : evidence.judgement.wouldSettle;
  throw new OutcomeError({
    what: [verdict, ...lines.map(([label, value]) => oneLine(`  ${label}: ${value}`))].join('\n'),
    where: `expected: ${expected}`,
    hint: settles,
  });
}
