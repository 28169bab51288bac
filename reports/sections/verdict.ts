/** What was asked, what came out and why; or why nothing was judged. */
import { expectedInWords, headline as outcomeInWords, smallestInWords } from '../../src/verdict/words.js';
import { markup, type MarkupPart } from '../html/markup.js';
import type { Check } from '../schema.js';
import { className, headline } from '../words.js';
import type { Claim, Comparison, Line, Properties, Section } from './section.js';

interface Verdict {
  readonly task: string;
  readonly expected: string;
  readonly received: string;
  /** sentences */
  readonly reasons: readonly string[];
  readonly wouldSettle: string | undefined;
}

const ofComparison = (evidence: Comparison, { expected }: Check): Verdict => ({
  task: `${evidence.task.name}, ${evidence.candidate.model.name} against ${evidence.baseline.model.name}`,
  expected: expected === 'equivalent' ? expectedInWords(evidence) : 'different',
  received: outcomeInWords(evidence),
  reasons: evidence.judgement.reasons,
  wouldSettle: evidence.judgement.wouldSettle,
});

const ofClaim = (claim: Claim, { expected }: Check): Verdict => ({
  task: `${claim.task.name}, ${claim.models.map(({ name }) => name).join(' against ')}`,
  expected: `${expected === 'holds' ? '' : 'not: '}${claim.claim}`,
  received: claim.received,
  reasons: claim.reasons,
  wouldSettle: claim.wouldSettle,
});

const verdictOf = (check: Check): Verdict | undefined =>
  check.evidence ? ofComparison(check.evidence, check) : check.claim ? ofClaim(check.claim, check) : undefined;

const paragraph = (text: MarkupPart): MarkupPart => markup`<p>${text}</p>`;

function html(check: Check): MarkupPart[] {
  const { evidence, claim, error } = check;
  const { reasons = [], wouldSettle } = verdictOf(check) ?? {};
  const failed = evidence?.judgement.failed;
  return [
    paragraph(markup`<b>${headline(check)}</b>`),
    failed && paragraph(markup`Condition that failed: <b>${failed}</b>.`),
    claim?.counterexample && paragraph(markup`<code>${claim.counterexample.description}</code>`),
    reasons.length > 0 && markup`<ul>${reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`,
    evidence?.smallest && paragraph(markup`<b>The smallest that shows it:</b> ${smallestInWords(evidence.smallest)}.`),
    wouldSettle && paragraph(markup`<b>What would settle it:</b> ${wouldSettle}`),
    error &&
      paragraph(
        markup`${error.name} <code>${error.code}</code>${error.where && markup`<br>Where: ${error.where}`}${
          error.hint && markup`<br><b>What to do:</b> ${error.hint}`
        }`,
      ),
  ];
}

function lines(check: Check): Line[] {
  const { claim, error } = check;
  const line = (label: string, text: string | undefined): Line[] => (text ? [{ label, text }] : []);
  const found = verdictOf(check);
  return [
    ...(found
      ? [
          ...line('Task', found.task),
          ...line('Expected', found.expected),
          ...line('Received', found.received),
          ...line('', claim?.counterexample?.description),
          ...found.reasons.flatMap((reason) => line('', reason)),
          ...line('To settle', found.wouldSettle),
        ]
      : []),
    ...line('Problem', error?.what),
    ...line('Where', error?.where),
    ...line('To do', error?.hint),
  ];
}

function properties({ status, expected, aside, evidence, claim, error }: Check): Properties {
  return {
    'congruity.status': status,
    'congruity.expected': expected,
    ...(aside !== undefined && { 'congruity.aside': aside }),
    ...(error && { 'congruity.error': error.code, 'congruity.error.what': error.what }),
    ...(evidence && { 'congruity.outcome': evidence.outcome, task: evidence.task.name }),
    ...(evidence?.judgement.failed && { 'congruity.failed': evidence.judgement.failed }),
    ...(claim && { 'congruity.outcome': claim.outcome, 'congruity.received': claim.received, task: claim.task.name }),
  };
}

export const verdict: Section = {
  id: 'verdict',
  applies: () => true,
  html: (check) => markup`<div class="verdict ${className(check.status)}">${html(check)}</div>`,
  lines,
  properties,
};
