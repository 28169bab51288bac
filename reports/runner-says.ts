/** What Jest or Vitest says of a test, beside what its checks say: a check that decided nothing there decides nothing in the report. */
import { resolve } from 'node:path';
import type { At, Recorded } from './evidence-folder.js';
import { numbered, type ChecksOf, type Results, type TestCase } from './results.js';
import { firstLine } from './plain.js';
import type { Check } from './schema.js';

export type Runner = 'Jest' | 'Vitest';

/** One test, as often as its file was run: once for each project that has it. */
type Runs = { readonly test: TestCase; readonly occurrence: number }[];

const key = (file: string, name: string): string => `${file}\n${name}`;

const marks: Record<Runner, string> = { Jest: 'test.failing', Vitest: 'test.fails' };

/** @param last the last try of the test that made a check */
function aside(check: Check, at: At | undefined, runs: Runs, last: number, runner: Runner): string | undefined {
  const tries = Math.min(...runs.map(({ test }) => test.invocations ?? 1));
  const passed = runs.every(({ test }) => test.status === 'passed');
  // where the last try failed before its check, an earlier one is all there is
  if (at && at.attempt < tries && (passed || at.attempt < last))
    return `try ${at.attempt} of ${tries}: ${runner} ran the test again`;
  if (check.status === 'held' || check.error?.code === 'BAD_EVIDENCE' || !passed) return undefined;
  return runs.some(({ test }) => test.failing)
    ? `the test is marked as failing (${marks[runner]}), and fails`
    : `${runner} passed the test, which expects or catches the error itself`;
}

export interface Heard {
  /** in the order in which they were recorded */
  readonly checks: Check[];
  readonly checksOf: ChecksOf<Check>;
}

/** @param rootDir a check's file is relative to it, or to the current folder */
export function heard(recorded: readonly Recorded[], results: Results, rootDir: string, runner: Runner): Heard {
  const reason = (text: string | undefined): string => firstLine(text ?? '') || `${runner} does not say why`;
  const files = new Map<string, string | undefined>();
  const runs = new Map<string, Runs>();
  for (const { testFilePath, testResults, testExecError, failureMessage } of results.testResults) {
    const broken =
      testExecError == null && (testResults.length > 0 || !failureMessage)
        ? undefined
        : reason(failureMessage ?? (testExecError as { message?: string } | undefined)?.message);
    files.set(testFilePath, files.get(testFilePath) ?? broken);
    for (const one of numbered(testResults)) {
      const at = key(testFilePath, one.test.fullName);
      runs.set(at, [...(runs.get(at) ?? []), one]);
    }
  }
  const fileOf = (check: Check): string =>
    [resolve(check.file), resolve(rootDir, check.file)].find((path) => files.has(path)) ?? resolve(check.file);
  const runsOf = (check: Check, at: At | undefined): Runs =>
    (runs.get(key(fileOf(check), check.test)) ?? []).filter(
      ({ occurrence }) => at === undefined || occurrence === at.occurrence,
    );

  const places = recorded.map(({ check, at }) => `${key(fileOf(check), check.test)}\n${at?.occurrence ?? ''}`);
  const last = new Map<string, number>();
  recorded.forEach(({ at }, i) => last.set(places[i]!, Math.max(last.get(places[i]!) ?? 0, at?.attempt ?? 0)));
  const failing = new Set(
    results.testResults
      .filter(
        ({ testFilePath, testResults }) =>
          files.get(testFilePath) !== undefined || testResults.some(({ status }) => status === 'failed'),
      )
      .map(({ testFilePath }) => testFilePath),
  );
  // a check of no test, but of beforeAll or afterAll
  const caught = (check: Check): string | undefined =>
    check.status !== 'held' && files.has(fileOf(check)) && !failing.has(fileOf(check))
      ? `${runner} passed the file, which expects or catches the error itself`
      : undefined;
  const first = recorded.map(({ check, at }, i): Check => {
    const mine = runsOf(check, at);
    const why = mine.length === 0 ? caught(check) : aside(check, at, mine, last.get(places[i]!)!, runner);
    return why === undefined ? check : { ...check, aside: why };
  });
  // a test whose failure its checks explain needs no other reason
  const explained = new Set(
    first.flatMap((check, i) => (check.aside === undefined && check.status !== 'held' ? [places[i]!] : [])),
  );
  const checks = first.map((check, i): Check => {
    if (check.aside !== undefined || check.status !== 'held' || explained.has(places[i]!)) return check;
    const mine = runsOf(check, recorded[i]!.at);
    const failed = mine.find(({ test }) => test.status === 'failed');
    const why = failed ? reason(failed.test.failureMessages[0]) : files.get(fileOf(check));
    return why === undefined ? check : { ...check, testFailed: why };
  });

  const byTest = new Map<string, number[]>();
  checks.forEach((check, i) => {
    const at = key(fileOf(check), check.test);
    const found = byTest.get(at);
    if (found) found.push(i);
    else byTest.set(at, [i]);
  });
  return {
    checks,
    checksOf: (file, fullName, occurrence) =>
      (byTest.get(key(file, fullName)) ?? [])
        .filter((i) => (recorded[i]!.at?.occurrence ?? occurrence) === occurrence)
        .map((i) => checks[i]!),
  };
}
