/** summary.md, for $GITHUB_STEP_SUMMARY and for people who read text. */
import { number, percent, percentInterval } from '../src/format.js';
import { fenced, markdown } from './plain.js';
import type { Check, Report } from './schema.js';
import { validReport } from './validate.js';
import { counts } from './report.js';
import { sectionsOf } from './sections/index.js';
import type { Line } from './sections/section.js';
import { MANY } from './terminal.js';
import { fromJest, mark, partialInWords, tally } from './words.js';

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

/** A line; what is to be copied stands below it by itself. */
function line({ label, text, code }: Line): string[] {
  const said = [label, text].filter(Boolean).map(markdown).join(': ');
  return code === undefined ? [`- ${said}`] : ['', `${said}:`, '', fenced(code), ''];
}

function details(check: Check): string {
  const jest = fromJest(check);
  return [
    `### ${mark[check.status]} ${markdown(check.test)} – ${check.status}${jest === undefined ? '' : `, ${markdown(jest)}`}`,
    '',
    ...sectionsOf(check)
      .flatMap((section) => section.lines?.(check) ?? [])
      .flatMap(line),
    '',
  ].join('\n');
}

const table = (checks: readonly Check[]): string[] =>
  checks.length === 0
    ? []
    : [
        '| | check | status | cross-model beyond within-model distance, from baseline | from candidate | tolerance | congruity |',
        '|---|---|---|---|---|---|---|',
        ...checks.map(row),
        '',
      ];

/** Checks that are told in full: GitHub takes no comment beyond 65,536 characters, and nobody reads a hundred. */
const FULL = 12;

/** @throws as `toJson` for a report that is not valid */
export function toSummary(report: Report): string {
  const { checks } = validReport(report);
  const open = checks.filter((check) => counts(check) && (check.status !== 'held' || check.testFailed !== undefined));
  // as on a terminal: what does not hold would be lost among what does
  const many = checks.length > MANY && open.length < checks.length;
  const partial = partialInWords(report);
  return [
    `## congruity: ${tally(report)}`,
    '',
    ...(partial === undefined ? [] : [`**${markdown(partial)}**`, '']),
    ...table(many ? open : checks),
    ...open.slice(0, FULL).map(details),
    ...(open.length > FULL
      ? [
          `${open.length - FULL} more that ${open.length - FULL === 1 ? 'does' : 'do'} not hold: in report.html and report.json.`,
          '',
        ]
      : []),
    ...(many
      ? [
          `<details><summary>${open.length === 0 ? 'All' : 'The other'} ${checks.length - open.length}</summary>`,
          '',
          ...table(checks.filter((check) => !open.includes(check))),
          '</details>',
          '',
        ]
      : []),
    `Seed and environment are in report.json and report.html. congruity ${report.tool.version}, run ${report.run}.`,
    '',
  ].join('\n');
}
