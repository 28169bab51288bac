/** The message of every matcher: the verdict, the numbers that carry it, the smallest thing that shows it, how to run it again; then everything else. */
import { oneLine } from '../src/plain.js';
import type { TaskEvidence } from '../src/task/evidence.js';
import type { MatcherContext } from './context.js';

type Line = readonly [label: string, value: string];

export interface Account {
  readonly matcher: string;
  /** what stands between the parentheses of `expect` and of the matcher */
  readonly received: string;
  readonly argument: string;
  readonly task: TaskEvidence;
  readonly expected: string;
  /** in one sentence */
  readonly verdict: string;
  /** the few numbers that carry the verdict */
  readonly key: readonly Line[];
  /** the smallest thing that shows it */
  readonly smallest?: Line | undefined;
  /** what would settle it, a sentence */
  readonly wouldSettle: string | undefined;
  readonly replay: string;
  /** options that run the counterexample alone */
  readonly counterexample?: string | undefined;
  /** why, in sentences */
  readonly reasons: readonly string[];
  /** all there is to say; what stands above is not said again */
  readonly rows: readonly Line[];
}

function table(lines: readonly Line[], indent: string): string[] {
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  return lines.map(([label, value]) => oneLine(`${indent}${label.padEnd(width)}${value}`));
}

/** Jest prints it as it is: names and words in it come from models and files. */
export function messageOf({ utils, isNot = false, promise = '' }: MatcherContext, account: Account): string {
  const { matcher, received, argument, task, expected, verdict, key, smallest, wouldSettle, replay, reasons } = account;
  const shown = [...key, ...(smallest ? [smallest] : [])];
  const said = new Set(shown.map((line) => line.join('\n')));
  const rows = account.rows.filter((line) => !said.has(line.join('\n')));
  return [
    utils.RECEIVED_COLOR(oneLine(verdict)),
    '',
    ...(shown.length > 0 ? [...table(shown, '  '), ''] : []),
    ...(wouldSettle ? [oneLine(`To settle it: ${wouldSettle}`)] : []),
    oneLine(`Replay: ${replay}`),
    ...(account.counterexample
      ? [oneLine(`        or only the counterexample, with the option ${account.counterexample}`)]
      : []),
    '',
    'Details:',
    `  ${utils.matcherHint(matcher, oneLine(received), oneLine(argument), { isNot, promise })}`,
    `  Expected: ${utils.EXPECTED_COLOR(oneLine(expected))}`,
    oneLine(`  Task:     ${task.name} (${task.behaviour} ${task.threshold}, ${task.inputs} inputs)`),
    '',
    ...(reasons.length > 0 ? [...reasons.map((reason) => oneLine(`  ${reason}`)), ''] : []),
    ...table(rows, '  '),
  ].join('\n');
}
