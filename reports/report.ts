/** From the checks that were made to the report: order, totals, exit code. */
import { randomUUID } from 'node:crypto';
import type { Check, Report, ShardRecord } from './schema.js';

export interface Run {
  /** version of the package */
  readonly version: string;
  readonly started: Date;
  readonly seconds: number;
  /** why it is not the whole, where it is not */
  readonly partial?: string | undefined;
  readonly shard?: ShardRecord | undefined;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By file, then test; checks of one test stay in the order in which they were made. */
export function inOrder(checks: readonly Check[]): Check[] {
  return checks
    .map((check, i) => ({ check, i }))
    .sort((a, b) => compare(a.check.file, b.check.file) || compare(a.check.test, b.check.test) || a.i - b.i)
    .map(({ check }) => check);
}

/** A check that is set aside is shown, and decides nothing. */
export const counts = (check: Check): boolean => check.aside === undefined;

/** A shard that has no gates: there are more shards than gates. */
const isEmpty = (checks: readonly Check[], { shard }: Pick<Run, 'shard'>): boolean =>
  shard !== undefined && checks.length === 0 && shard.gates.length < shard.count;

/** 0: every check holds; 1: one is violated or not established, or its test failed; 2: one could not be judged, or there was none at all where there should be. */
export function exitCodeOf(checks: readonly Check[], run: Pick<Run, 'shard'> = {}): 0 | 1 | 2 {
  const counted = checks.filter(counts);
  if (isEmpty(checks, run)) return 0;
  if (checks.length === 0 || counted.some((check) => check.status === 'not judged')) return 2;
  return counted.every((check) => check.status === 'held' && check.testFailed === undefined) ? 0 : 1;
}

/** How many checks came out how; those that are set aside are counted apart. */
export function totalsOf(checks: readonly Check[]): Report['totals'] {
  const counted = checks.filter(counts);
  const count = (status: Check['status']): number => counted.filter((check) => check.status === status).length;
  return {
    held: count('held'),
    violated: count('violated'),
    notEstablished: count('not established'),
    notJudged: count('not judged'),
    ...(counted.length < checks.length && { aside: checks.length - counted.length }),
  };
}

/** The checks stay in the order given: the gates' order in a config, or `inOrder` for tests. */
export function makeReport(checks: readonly Check[], run: Run): Report {
  return {
    version: 1,
    tool: { name: 'congruity', version: run.version },
    run: randomUUID(),
    ...(run.partial !== undefined && { partial: run.partial }),
    ...(run.shard !== undefined && { shard: run.shard }),
    started: run.started.toISOString(),
    seconds: run.seconds,
    exitCode: exitCodeOf(checks, run),
    totals: totalsOf(checks),
    checks: [...checks],
  };
}
