/** The message of every matcher: what was asked, what came out, why, and how to run it again. */
import { oneLine } from '../src/plain.js';
import type { TaskEvidence } from '../src/task/evidence.js';
import type { MatcherContext } from './context.js';

export interface Account {
  readonly matcher: string;
  /** what stands between the parentheses of `expect` and of the matcher */
  readonly received: string;
  readonly argument: string;
  readonly task: TaskEvidence;
  readonly expected: string;
  readonly outcome: string;
  /** paragraphs, each of them lines */
  readonly reasons: readonly (readonly string[])[];
  /** label and value */
  readonly rows: readonly (readonly [string, string])[];
  readonly wouldSettle: string | undefined;
  readonly replay: string;
  /** options that run the counterexample alone */
  readonly singleSite?: string | undefined;
}

/** Jest prints it as it is: names and words in it come from models and files. */
export function messageOf({ utils, isNot = false, promise = '' }: MatcherContext, account: Account): string {
  const {
    matcher,
    received,
    argument,
    task,
    expected,
    outcome,
    reasons,
    rows,
    wouldSettle,
    replay,
    singleSite: alone,
  } = account;
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return [
    utils.matcherHint(matcher, oneLine(received), oneLine(argument), { isNot, promise }),
    '',
    oneLine(`Task:     ${task.name} (${task.behaviour} ${task.threshold}, ${task.inputs} inputs)`),
    `Expected: ${utils.EXPECTED_COLOR(oneLine(expected))}`,
    `Received: ${utils.RECEIVED_COLOR(oneLine(outcome))}`,
    '',
    ...reasons.flatMap((lines) => (lines.length > 0 ? [...lines.map((line) => oneLine(`  ${line}`)), ''] : [])),
    ...rows.map(([label, value]) => oneLine(`  ${label.padEnd(width)}${value}`)),
    '',
    ...(wouldSettle ? [oneLine(`Would settle it: ${wouldSettle}`)] : []),
    oneLine(`Replay:   ${replay}`),
    ...(alone ? [oneLine(`          or only the counterexample, with the option ${alone}`)] : []),
  ].join('\n');
}
