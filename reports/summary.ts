/** summary.md, for $GITHUB_STEP_SUMMARY and for people who read text. */
import { number, percent, percentInterval } from '../src/format.js';
import { claimLines } from '../src/claims/words.js';
import { smallestInWords, stillInWords } from '../src/verdict/words.js';
import { fenced, markdown } from './plain.js';
import type { Check, Report } from './schema.js';
import { validReport } from './validate.js';
import { counts } from './report.js';
import { fromJest, headline, mark, partialInWords, tally } from './words.js';

function row(check: Check): string {
  const { evidence } = check;
  const jest = fromJest(check);
  const cells = evidence
    ? [
        ...evidence.judgement.sides.map((side) => percentInterval(side.excess)),
        percent(evidence.judgement.policy.margin),
        number(evidence.judgement.congruity.estimate),
      ]
    : ['–', '–', '–', '–'];
  return `| ${mark[check.status]} | ${markdown(check.test)} | ${check.status}${jest === undefined ? '' : `; ${markdown(jest)}`} | ${cells.join(' | ')} |`;
}

function details(check: Check): string {
  const { evidence, claim, error } = check;
  const lines = [`### ${mark[check.status]} ${markdown(check.test)}`, '', markdown(headline(check))];
  if (evidence) {
    const { judgement } = evidence;
    if (judgement.failed) lines.push('', `**${judgement.failed}**`);
    lines.push('', ...judgement.reasons.map((reason) => `- ${markdown(reason)}`));
    const [worst] = evidence.bySite;
    if (worst)
      lines.push(
        `- The models part most at ${markdown(worst.site)}: strangers ${number(worst.strangers)}, siblings ${number(worst.siblings[0])} and ${number(worst.siblings[1])} apart.`,
      );
    if (evidence.still) lines.push(`- Left out: ${markdown(stillInWords(evidence.still))}.`);
    if (evidence.smallest) lines.push(`- The smallest that shows it: ${markdown(smallestInWords(evidence.smallest))}.`);
    if (judgement.wouldSettle) lines.push('', `What would settle it: ${markdown(judgement.wouldSettle)}`);
  }
  if (claim) {
    if (claim.counterexample) lines.push('', `**${markdown(claim.counterexample.description)}**`);
    lines.push(
      '',
      ...claim.reasons.map((reason) => `- ${markdown(reason)}`),
      ...claimLines(claim).map(([label, value]) => `- ${markdown(label)}: ${markdown(value)}`),
    );
    if (claim.wouldSettle) lines.push('', `What would settle it: ${markdown(claim.wouldSettle)}`);
  }
  if (error?.where) lines.push('', `Where: ${markdown(error.where)}`);
  if (error?.hint) lines.push('', `What to do: ${markdown(error.hint)}`);
  lines.push('', 'Replay:', '', fenced(check.replay), '');
  return lines.join('\n');
}

/** @throws as `toJson` for a report that is not valid */
export function toSummary(report: Report): string {
  const { checks } = validReport(report);
  const open = checks.filter((check) => counts(check) && (check.status !== 'held' || check.testFailed !== undefined));
  const partial = partialInWords(report);
  return [
    `## congruity: ${tally(report)}`,
    '',
    ...(partial === undefined ? [] : [`**${markdown(partial)}**`, '']),
    ...(checks.length === 0
      ? []
      : [
          '| | check | status | strangers farther than siblings, from baseline | from candidate | margin | congruity |',
          '|---|---|---|---|---|---|---|',
          ...checks.map(row),
          '',
        ]),
    ...open.map(details),
    `Seed and environment are in report.json and report.html. congruity ${report.tool.version}, run ${report.run}.`,
    '',
  ].join('\n');
}
