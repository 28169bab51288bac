/** From the checks that were made to the report: order, totals, exit code. */
import type { Check, Report } from './schema.js';

export interface Run {
  /** version of the package */
  readonly version: string;
  readonly started: Date;
  readonly seconds: number;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By file, then test; checks of one test stay in the order in which they were made. */
export function inOrder(checks: readonly Check[]): Check[] {
  return checks
    .map((check, i) => ({ check, i }))
    .sort((a, b) => compare(a.check.file, b.check.file) || compare(a.check.test, b.check.test) || a.i - b.i)
    .map(({ check }) => check);
}

/** 0: every check holds; 1: one is violated or not established; 2: one could not be judged, or there was none at all. */
export function exitCodeOf(checks: readonly Check[]): 0 | 1 | 2 {
  if (checks.length === 0 || checks.some((check) => check.status === 'not judged')) return 2;
  return checks.every((check) => check.status === 'held') ? 0 : 1;
}

/** The checks stay in the order given: the gates' order in a config, or `inOrder` for tests. */
export function makeReport(checks: readonly Check[], run: Run): Report {
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  return {
    version: 1,
    tool: { name: 'congruity', version: run.version },
    started: run.started.toISOString(),
    seconds: run.seconds,
    exitCode: exitCodeOf(checks),
    totals: {
      held: count('held'),
      violated: count('violated'),
      notEstablished: count('not established'),
      notJudged: count('not judged'),
    },
    checks: [...checks],
  };
}
