/** Reports on a terminal: a check that holds takes one line, one that does not reads like a good bug report. */
import chalk, { type Chalk } from 'chalk';
import type { Evidence } from '../src/verdict/evidence.js';
import { claimLines, replayOptions } from '../src/claims/words.js';
import { headline as outcomeLine, measuredLines } from '../src/verdict/words.js';
import { duration, percent, percentInterval } from '../src/format.js';
import { oneLine, plainLines } from '../src/plain.js';
import { counts } from './report.js';
import type { Check, Report } from './schema.js';
import { validReport } from './validate.js';
import { fromJest, mark, partialInWords, tally, type Status } from './words.js';

const paint = (style: Chalk, status: Status): Chalk =>
  status === 'held'
    ? style.green
    : status === 'violated'
      ? style.red
      : status === 'not established'
        ? style.yellow
        : style.magenta;

function wrap(text: string, indent: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${indent}`);
}

const short = (text: string): string => (text.length > 160 ? `${text.slice(0, 159)}…` : text);

const excess = ({ judgement: { sides, policy } }: Evidence): string =>
  `strangers ${sides.map((side) => percentInterval(side.excess)).join(' and ')} farther than siblings, margin ${percent(policy.margin)}`;

export interface TerminalOptions {
  readonly colour: boolean;
  /** columns to wrap at. Default 100 */
  readonly width?: number | undefined;
  /** one line for a check that does not hold as well: where its details were printed already */
  readonly brief?: boolean | undefined;
  /** a line for every check first, and of those that do not hold only so many in full. Default: every check in full */
  readonly details?: number | undefined;
}

/** One check. */
export function checkText(given: Check, { colour, width = 100, brief = false }: TerminalOptions): string {
  // names and words in it come from models and files
  const check = plainLines(given);
  const style = new chalk.Instance({ level: colour ? 1 : 0 });
  const { evidence, claim, error, status } = check;
  const head = paint(style, status)(`${mark[status]} ${check.test}`);
  const jest = fromJest(check);
  const said = jest === undefined ? '' : style.dim(`, ${jest}`);
  if (brief)
    return `${head} ${style.dim('–')} ${paint(style, status)(status)}${said}${style.dim(evidence ? `: ${excess(evidence)}` : claim ? `: ${claim.received}` : error ? `: ${short(error.what)}` : '')}`;
  if (status === 'held' && evidence) return `${head}\n  ${style.dim(`${evidence.outcome}: ${excess(evidence)}`)}\n`;
  if (status === 'held' && claim) return `${head}\n  ${style.dim(`${claim.models[0]!.name}: ${claim.received}`)}\n`;
  const label = (name: string): string => `  ${style.bold(name.padEnd(10))}`;
  const indent = ' '.repeat(12);
  const field = (name: string, value: string): string => `${label(name)}${wrap(value, indent, width)}`;
  const lines = [`${head} ${style.dim('–')} ${paint(style, status)(status)}${said}`];
  if (evidence) {
    const { judgement } = evidence;
    const margin = percent(judgement.policy.margin);
    lines.push(
      field('Task', `${evidence.task.name}, ${evidence.candidate.model.name} against ${evidence.baseline.model.name}`),
      field(
        'Expected',
        check.expected === 'equivalent'
          ? `equivalent: strangers at most ${margin} farther apart than siblings`
          : 'different',
      ),
      field('Received', outcomeLine(evidence)),
      '',
      ...judgement.reasons.map((reason) => `  ${wrap(reason, '  ', width)}`),
      '',
    );
    const rows = measuredLines(evidence);
    const column = Math.max(...rows.map(([name]) => name.length)) + 2;
    lines.push(
      ...rows.map(
        ([name, value]) => `  ${style.dim(name.padEnd(column))}${wrap(value, ' '.repeat(column + 2), width)}`,
      ),
      '',
    );
    if (judgement.wouldSettle) lines.push(field('To settle', judgement.wouldSettle));
  }
  if (claim) {
    lines.push(
      field('Task', `${claim.task.name}, ${claim.models.map(({ name }) => name).join(' against ')}`),
      field('Expected', `${check.expected === 'holds' ? '' : 'not: '}${claim.claim}`),
      field('Received', claim.received),
      '',
      ...(claim.counterexample ? [`  ${wrap(claim.counterexample.description, '  ', width)}`, ''] : []),
      ...claim.reasons.map((reason) => `  ${wrap(reason, '  ', width)}`),
      ...(claim.reasons.length > 0 ? [''] : []),
    );
    const rows = claimLines(claim);
    const column = Math.max(...rows.map(([name]) => name.length)) + 2;
    lines.push(
      ...rows.map(
        ([name, value]) => `  ${style.dim(name.padEnd(column))}${wrap(value, ' '.repeat(column + 2), width)}`,
      ),
      '',
    );
    if (claim.wouldSettle) lines.push(field('To settle', claim.wouldSettle));
  }
  if (error) {
    lines.push(field('Problem', error.what));
    if (error.where) lines.push(field('Where', error.where));
    if (error.hint) lines.push(field('To do', error.hint));
  }
  // a command is never wrapped: it is there to be copied
  lines.push(`${label('Replay')}${style.cyan(check.replay)}`);
  const alone = claim && replayOptions(claim);
  if (alone !== undefined)
    lines.push(`${' '.repeat(12)}or only the counterexample, with the option ${style.cyan(alone)}`);
  lines.push('');
  return lines.join('\n');
}

/** The whole report, and where its files are. */
export function toTerminal(
  report: Report,
  options: TerminalOptions & { readonly folder?: string | undefined },
): string {
  const style = new chalk.Instance({ level: options.colour ? 1 : 0 });
  const { checks } = validReport(report);
  const worst: Status =
    report.exitCode === 0
      ? 'held'
      : report.exitCode === 2
        ? 'not judged'
        : (checks.find((c) => counts(c) && c.status !== 'held')?.status ?? 'violated');
  const partial = partialInWords(report);
  const { details } = options;
  const failed = checks.filter((check) => counts(check) && check.status !== 'held');
  const shown = details === undefined ? [] : failed.slice(0, details);
  const rest = failed.length - shown.length;
  return [
    ...checks.map((check) => checkText(check, details === undefined ? options : { ...options, brief: true })),
    `${paint(style, worst).bold(tally(report))} ${style.dim(`(${duration(report.seconds)})`)}`,
    ...(shown.length > 0 ? ['', ...shown.map((check) => checkText(check, options))] : []),
    ...(details !== undefined && rest > 0
      ? [`${rest} more that ${rest === 1 ? 'does' : 'do'} not hold: in full in the report, or here with --verbose`]
      : []),
    ...(partial === undefined ? [] : [style.yellow(oneLine(partial))]),
    ...(options.folder === undefined ? [] : [`Report: ${oneLine(options.folder)}`]),
    '',
  ].join('\n');
}
