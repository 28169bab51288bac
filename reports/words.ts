/** The words every report uses for a check, so that terminal, page, summary and JUnit say the same. */
import { largerInWords, percent } from '../src/format.js';
import { counts } from './report.js';
import type { Check, Report } from './schema.js';

export type Status = Check['status'];

/** one mark per status, readable without colour */
export const mark: Record<Status, string> = { held: '✓', violated: '✗', 'not established': '?', 'not judged': '!' };

/** Of a status in the page's style. */
export const className = (status: Status): string => status.replace(' ', '-');

/** What was found, in a line; of what was not judged, why. */
export function found({ evidence, claim, error }: Check): string {
  if (claim) return claim.received;
  if (!evidence) return error?.what ?? '';
  const { sides, policy } = evidence.judgement;
  const [first, second] = sides.map((side) => largerInWords(side.excess));
  return `cross-model distance ${first} and ${second} than within-model distance, tolerance ${percent(policy.margin)}`;
}

/** What Jest says of the check's test, where that is not what the check says. */
export function fromJest({ aside, testFailed }: Check): string | undefined {
  if (aside !== undefined) return `does not count: ${aside}`;
  return testFailed === undefined ? undefined : `but its test failed: ${testFailed}`;
}

/** That a report is not of the whole. */
export const partialInWords = ({ partial }: Report): string | undefined =>
  partial === undefined ? undefined : `Not the whole: ${partial}.`;

/** What the test asked for and what came out, in one sentence; what Jest says, where it differs, in another. */
export function headline(check: Check): string {
  const jest = fromJest(check);
  return `${verdict(check)}${jest === undefined ? '' : ` ${jest[0]!.toUpperCase()}${jest.slice(1)}${/[.!?]$/.test(jest) ? '' : '.'}`}`;
}

function verdict(check: Check): string {
  const { evidence, claim } = check;
  if (claim)
    return `${claim.models[0]!.name} on “${claim.task.name}”: ${claim.received} (expected ${check.expected === 'holds' ? '' : 'not: '}${claim.claim}).`;
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

/** `2 of 3 checks hold: 1 violated. 1 does not count.` */
export function tally(report: Report): string {
  const { totals } = report;
  if (report.checks.length === 0) return 'No check was made.';
  const checks = report.checks.filter(counts);
  const failed = checks.filter(({ testFailed }) => testFailed !== undefined).length;
  const more = [
    failed && `${failed} held in a test that failed.`,
    totals.aside && `${totals.aside} ${totals.aside === 1 ? 'does' : 'do'} not count.`,
  ].filter(Boolean);
  return [checks.length === 0 ? 'No check counts.' : ofThose(checks, totals), ...more].join(' ');
}

function ofThose(checks: readonly Check[], totals: Report['totals']): string {
  const rest = [
    totals.violated && `${totals.violated} violated`,
    totals.notEstablished && `${totals.notEstablished} not established`,
    totals.notJudged && `${totals.notJudged} not judged`,
  ].filter(Boolean);
  if (checks.length === 1 && rest.length > 0)
    return `The one check ${checks[0]!.status === 'not judged' ? 'was' : 'is'} ${checks[0]!.status}.`;
  if (rest.length === 0) return checks.length === 1 ? 'The one check holds.' : `All ${checks.length} checks hold.`;
  return `${totals.held} of ${checks.length} checks ${totals.held === 1 ? 'holds' : 'hold'}: ${rest.join(', ')}.`;
}
