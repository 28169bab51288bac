/** Reports on a terminal: a check that holds takes one line, one that does not reads like a good bug report. */
import chalk, { type Chalk } from 'chalk';
import { duration } from '../src/format.js';
import { oneLine, plainLines } from '../src/plain.js';
import { counts } from './report.js';
import type { Check, Report } from './schema.js';
import { sectionsOf } from './sections/index.js';
import type { Line, Section } from './sections/section.js';
import { validReport } from './validate.js';
import { found, fromJest, mark, partialInWords, tally, type Status } from './words.js';

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

export interface TerminalOptions {
  readonly colour: boolean;
  /** columns to wrap at. Default 100 */
  readonly width?: number | undefined;
  /** one line for a check that does not hold as well: where its details were printed already */
  readonly brief?: boolean | undefined;
  /** a line for every check first, or of many for those that do not hold, and of these only so many in full. Default: every check in full */
  readonly details?: number | undefined;
}

/** Checks beyond which those that hold have no line of their own: nobody reads a hundred, and what does not hold would be lost among them. */
export const MANY = 20;

/** Columns of the labels in the head of a check. */
const LABEL = 10;

interface Styles {
  readonly label: Chalk;
  readonly code: Chalk;
}

/** Labels in a column, values beside it; a sentence of its own has the whole width. What is to be copied is never wrapped. */
function linesText(
  lines: readonly Line[],
  column: number,
  width: number,
  { label: paint, code: shown }: Styles,
): string[] {
  const indent = ' '.repeat(column + 2);
  const sentence = ({ label, code }: Line): boolean => label === '' && code === undefined;
  return lines.flatMap((line, i) => {
    const { label, text, code } = line;
    const before = lines[i - 1];
    // a paragraph is set apart
    const space = before && sentence(before) !== sentence(line) ? [''] : [];
    if (sentence(line)) return [...space, `  ${wrap(text, '  ', width)}`];
    const start = `  ${paint(label.padEnd(column))}`;
    if (code === undefined) return [...space, `${start}${wrap(text, indent, width)}`];
    return [...space, `${start}${text === '' ? '' : `${text} `}${shown(code)}`];
  });
}

/** One check. */
export function checkText(given: Check, { colour, width = 100, brief = false }: TerminalOptions): string {
  // names and words in it come from models and files
  const check = plainLines(given);
  const style = new chalk.Instance({ level: colour ? 1 : 0 });
  const { evidence, claim, status } = check;
  const head = paint(style, status)(`${mark[status]} ${check.test}`);
  const jest = fromJest(check);
  const said = jest === undefined ? '' : style.dim(`, ${jest}`);
  const first = `${head} ${style.dim('–')} ${paint(style, status)(status)}${said}`;
  if (brief) return `${first}${style.dim(`: ${evidence || claim ? found(check) : short(found(check))}`)}`;
  if (status === 'held' && (evidence || claim))
    return [
      head,
      `  ${style.dim(`${evidence ? evidence.outcome : claim!.models[0]!.name}: ${found(check)}`)}`,
      // a gate that lets everything pass holds as well
      ...(evidence?.power?.blind ? [`  ${style.yellow(evidence.power.reasons[0]!)}`] : []),
      '',
    ].join('\n');
  const sections = sectionsOf(check);
  const linesOf = (some: readonly Section[]): Line[] => some.flatMap((section) => section.lines?.(check) ?? []);
  const top = linesOf(sections.filter(({ title }) => title === undefined));
  const rest = linesOf(sections.filter(({ title }) => title !== undefined));
  const column = Math.max(...rest.map(({ label }) => label.length)) + 2;
  return [
    first,
    ...linesText(top, LABEL, width, { label: style.bold, code: style.cyan }),
    ...(rest.length > 0 ? ['', ...linesText(rest, column, width, { label: style.dim, code: style.cyan })] : []),
    '',
  ].join('\n');
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
  const listed =
    details !== undefined && checks.length > MANY ? checks.filter(({ status }) => status !== 'held') : checks;
  return [
    ...listed.map((check) => checkText(check, details === undefined ? options : { ...options, brief: true })),
    `${paint(style, worst).bold(tally(report))} ${style.dim(`(${duration(report.seconds)})`)}`,
    ...(listed.length < checks.length ? [style.dim('what holds is listed with --verbose, and in the report')] : []),
    ...(shown.length > 0 ? ['', ...shown.map((check) => checkText(check, options))] : []),
    ...(details !== undefined && rest > 0
      ? [`${rest} more that ${rest === 1 ? 'does' : 'do'} not hold: in the report, or in full here with --verbose`]
      : []),
    ...(partial === undefined ? [] : [style.yellow(oneLine(partial))]),
    ...(options.folder === undefined ? [] : [`Report: ${oneLine(options.folder)}`]),
    '',
  ].join('\n');
}
