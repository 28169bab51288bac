/** A card of a model, in Markdown, and a badge: what it was compared with, what came out, what such a comparison would have stopped. */
import { number, percent } from '../src/format.js';
import { responseInWords } from '../src/response/words.js';
import { escapeHtml } from './html/markup.js';
import { markdown } from './plain.js';
import { counts } from './report.js';
import type { Check, Report } from './schema.js';
import { validReport } from './validate.js';
import { found, partialInWords } from './words.js';

const stopped = (check: Check): string => {
  const rows = check.evidence?.power?.rows;
  if (!rows || rows.length === 0) return 'not asked';
  return rows
    .map(
      ({ description, stopped: of, planted, broken }) =>
        `${description}: ${of} of ${planted - broken} that keep the behaviour stopped`,
    )
    .join('; ');
};

function section(check: Check): string[] {
  const { evidence, claim, status, test } = check;
  const lines: (readonly [string, string])[] = [['verdict', `${status}: ${found(check)}`]];
  if (evidence) {
    const { baseline, candidate, task, smallestMargin, judgement, relation, response, fingerprints, sequential } =
      evidence;
    const version = ({ name, fingerprint }: { name: string; fingerprint: string }): string =>
      `${name} (${fingerprint.slice(0, 12)})`;
    lines.unshift(
      [
        'compared',
        `${version(candidate.model)} with ${version(baseline.model)}${fingerprints?.baseline ? ', by its fingerprint' : ''}`,
      ],
      ['task', `${task.name}: ${task.behaviour} ${task.threshold}, ${task.inputs} inputs`],
    );
    lines.push(
      ['relation', relation ? `${relation.holds.join(', ')}` : 'not judged'],
      [
        'smallest tolerance that passes',
        smallestMargin.margin === undefined
          ? 'none'
          : `${percent(smallestMargin.margin)} (asked for: ${percent(judgement.policy.margin)})`,
      ],
      [
        'distances',
        `${number(judgement.strangers.estimate)} between the models, ${judgement.sides.map(({ siblings }) => number(siblings.estimate)).join(' and ')} within`,
      ],
      ...(response ? [['answers with roles replaced', responseInWords(response)] as const] : []),
      [
        'levels',
        `different at alpha ${number(sequential.levels.alpha)}, equivalent at beta ${number(sequential.levels.beta)}`,
      ],
      ['power', stopped(check)],
    );
  } else if (claim) lines.unshift(['claim', claim.claim]);
  return [
    `### ${markdown(test)}`,
    '',
    '| | |',
    '| --- | --- |',
    ...lines.map(([label, text]) => `| ${markdown(label)} | ${markdown(text)} |`),
    '',
  ];
}

/** Models that the title names. */
const NAMED = 3;

/** The card's text. @throws as `toJson` for a report that is not valid */
export function toCard(given: Report): string {
  const report = validReport(given);
  const checks = report.checks.filter(counts);
  const models = [...new Set(checks.flatMap(({ evidence }) => (evidence ? [evidence.candidate.model.name] : [])))];
  const more = models.length > NAMED ? ` and ${models.length - NAMED} more` : '';
  const partial = partialInWords(report);
  return [
    `# Interpretation card${models.length > 0 ? `: ${markdown(models.slice(0, NAMED).join(', '))}${more}` : ''}`,
    '',
    ...(partial === undefined ? [] : [`**${markdown(partial)}**`, '']),
    `Made by congruity ${report.tool.version} from run ${report.run} of ${report.started}.`,
    'A verdict says whether two models do a task in the same way inside, as far as interventions show.',
    '',
    ...checks.flatMap(section),
  ].join('\n');
}

const colours = {
  held: '#14713a',
  violated: '#b91c1c',
  'not established': '#8a5a00',
  'not judged': '#5b4b8a',
} as const;

/** What a badge says of a report: the worst of its checks, and that it is not of all where that passes for good. */
export function badgeOf(given: Report): { readonly label: string; readonly message: string; readonly color: string } {
  const { partial, checks: all } = validReport(given);
  const checks = all.filter(counts);
  const worst =
    (['not judged', 'violated', 'not established'] as const).find((status) =>
      checks.some((check) => check.status === status),
    ) ?? (checks.length === 0 ? 'not judged' : 'held');
  if (worst === 'held' && checks.some(({ testFailed }) => testFailed !== undefined))
    return { label: 'interpretation', message: 'test failed', color: colours.violated };
  const message = worst === 'held' && partial !== undefined ? 'held, in part' : worst;
  return { label: 'interpretation', message, color: colours[worst] };
}

/** The badge as a picture. */
export function badgeSvg(report: Report): string {
  const { label, message, color } = badgeOf(report);
  const [left, right] = [label, message].map((text) => Math.round(7 * text.length + 12)) as [number, number];
  const text = (x: number, said: string): string =>
    `<text x="${x}" y="14" fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">${escapeHtml(said)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${escapeHtml(`${label}: ${message}`)}"><rect width="${left}" height="20" fill="#444"/><rect x="${left}" width="${right}" height="20" fill="${color}"/>${text(left / 2, label)}${text(left + right / 2, message)}</svg>\n`;
}
