/** The words every report uses for a check, so that terminal, page, summary and JUnit say the same. */
import type { Check, Report } from './schema.js';

export type Status = Check['status'];

/** one mark per status, readable without colour */
export const mark: Record<Status, string> = { held: '✓', violated: '✗', 'not established': '?', 'not judged': '!' };

/** What the test asked for and what came out, in one sentence. */
export function headline(check: Check): string {
  const { evidence, claim } = check;
  if (claim) return `${claim.models[0]!.name} on “${claim.task.name}”: ${claim.received} (expected ${check.expected === 'holds' ? '' : 'not: '}${claim.claim}).`;
  if (!evidence) return `Not judged: ${check.error?.what ?? 'no verdict was reached'}`;
  const pair = `${evidence.candidate.model.name} and ${evidence.baseline.model.name}`;
  const expected = `expected ${check.expected}`;
  switch (evidence.outcome) {
    case 'equivalent':
      return `${pair} do “${evidence.task.name}” the same way (${expected}).`;
    case 'different':
      return `${pair} do “${evidence.task.name}” in different ways (${expected}).`;
    case 'undecided':
      return `Undecided whether ${pair} do “${evidence.task.name}” the same way (${expected}).`;
  }
}

/** `2 of 3 checks hold: 1 violated.` */
export function tally(report: Report): string {
  const { totals, checks } = report;
  if (checks.length === 0) return 'No check was made.';
  const rest = [
    totals.violated && `${totals.violated} violated`,
    totals.notEstablished && `${totals.notEstablished} not established`,
    totals.notJudged && `${totals.notJudged} not judged`,
  ].filter(Boolean);
  if (checks.length === 1 && rest.length > 0) return `The one check ${checks[0]!.status === 'not judged' ? 'was' : 'is'} ${checks[0]!.status}.`;
  if (rest.length === 0) return checks.length === 1 ? 'The one check holds.' : `All ${checks.length} checks hold.`;
  return `${totals.held} of ${checks.length} checks ${totals.held === 1 ? 'holds' : 'hold'}: ${rest.join(', ')}.`;
}
