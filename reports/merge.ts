/** The reports of the shards of one run as the report of that run. */
import { ShardError } from '../src/errors.js';
import { makeReport } from './report.js';
import type { Check, Report, ShardRecord } from './schema.js';

/** A report, and where it was found. */
export interface Found {
  readonly where: string;
  readonly report: Report;
}

interface Part extends Found {
  readonly shard: ShardRecord;
}

const list = (names: readonly (string | number)[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');

/** Those of one run, or an error. */
function ofOneRun(found: readonly Found[]): [Part, ...Part[]] {
  const parts = found.map(({ where, report }): Part => {
    const { shard } = report;
    if (shard === undefined)
      throw new ShardError({
        what: 'this is the report of a whole run, not of a shard',
        where,
        hint: 'name the folders that congruity gate --shard wrote, and no others',
      });
    return { where, report, shard };
  });
  const [first] = parts;
  if (first === undefined)
    throw new ShardError({ what: 'there are no reports to merge', hint: 'name the folders of all shards' });
  const differ = (one: Part, what: string): never => {
    throw new ShardError({
      what: `these are not shards of one run: ${what}`,
      where: `${first.where} and ${one.where}`,
      hint: 'give all machines the same files, options and version, and merge the reports of one run',
    });
  };
  for (const one of parts) {
    const { shard, report } = one;
    if (report.tool.version !== first.report.tool.version)
      differ(one, `congruity was ${first.report.tool.version} and ${report.tool.version}`);
    if (shard.count !== first.shard.count)
      differ(one, `one is of ${first.shard.count} shards, the other of ${shard.count}`);
    if (JSON.stringify([shard.gates, shard.all]) !== JSON.stringify([first.shard.gates, first.shard.all]))
      differ(one, 'they list other gates');
    if (shard.ledger !== first.shard.ledger) differ(one, 'they began from other rows of the ledger, or one from none');
    if (shard.run !== first.shard.run)
      differ(one, 'the config, a file that it imports, a seed, the backend or the build of congruity was another');
  }
  return parts as [Part, ...Part[]];
}

/** Each shard is there, and once. */
function requireAll(parts: readonly [Part, ...Part[]]): void {
  const { count } = parts[0].shard;
  const seen = new Map<number, string>();
  for (const { where, shard } of parts) {
    const before = seen.get(shard.index);
    if (before !== undefined)
      throw new ShardError({
        what: `shard ${shard.index} of ${count} is there twice`,
        where: `${before} and ${where}`,
        hint: 'name one of the two',
      });
    seen.set(shard.index, where);
  }
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((index) => !seen.has(index));
  if (missing.length > 0)
    throw new ShardError({
      what: `${missing.length === 1 ? `shard ${list(missing)} of ${count} is` : `shards ${list(missing)} of ${count} are`} missing`,
      where: [...seen.values()].join(', '),
      hint: `run congruity gate --shard ${missing[0]}/${count} with the same files, and merge again`,
    });
}

/** The checks in the order of the gates, each from one shard. */
function checksOf(parts: readonly [Part, ...Part[]]): Check[] {
  const { gates } = parts[0].shard;
  const of = new Map<string, { check: Check; where: string }>();
  for (const { where, report } of parts)
    for (const check of report.checks) {
      const before = of.get(check.test);
      if (before)
        throw new ShardError({
          what: `the shards overlap: the gate "${check.test}" was run by more than one`,
          where: before.where === where ? where : `${before.where} and ${where}`,
          hint: 'the reports were changed, or are of several runs: run the shards again',
        });
      if (!gates.includes(check.test))
        throw new ShardError({
          what: `the run has no gate "${check.test}"`,
          where,
          hint: 'the report was changed: run this shard again',
        });
      of.set(check.test, { check, where });
    }
  const missing = gates.filter((gate) => !of.has(gate));
  if (missing.length > 0)
    throw new ShardError({
      what: `no shard has the ${missing.length === 1 ? 'gate' : 'gates'} ${list(missing.map((name) => `"${name}"`))}`,
      where: parts.map(({ where }) => where).join(', '),
      hint: 'the reports were changed, or are of several runs: run the shards again',
    });
  return gates.map((gate) => of.get(gate)!.check);
}

/**
 * The report that one machine would have written. What is of a run and not of what it found is named in `ofTheRun`: `started` is the earliest, `seconds` that of the
 * slowest shard.
 * @param partial what the report says of gates that were left out
 * @throws ShardError where a shard is missing, there twice, or of another run
 */
export function mergeReports(
  found: readonly Found[],
  partial: (some: number, all: number) => string | undefined,
): Report {
  const parts = ofOneRun(found);
  requireAll(parts);
  const { gates, all } = parts[0].shard;
  const reports = parts.map(({ report }) => report);
  return makeReport(checksOf(parts), {
    version: reports[0]!.tool.version,
    started: new Date(Math.min(...reports.map(({ started }) => Date.parse(started)))),
    seconds: Math.max(...reports.map(({ seconds }) => seconds)),
    partial: partial(gates.length, all),
  });
}

/**
 * What a report says of its run, and not of what was found: two runs of the same differ there. Times; the identity of the run; how much was computed and how much known
 * from before (of two gates of one model, the second on a machine finds what the first kept); planted changes, of which each run on a machine judges the next few.
 */
const ofTheRun = ['run', 'started', 'seconds'] as const;
const ofTheRunInEvidence = ['seconds', 'rows', 'power'] as const;
/** a row of a ledger has the hash of the one before it, and its time */
const ofTheRunInChecks = ['stream'] as const;

/** A report without these: what a run of one machine and the merged shards have in common, to the bit. */
export function withoutRun(report: Report): object {
  const drop = (value: object, names: readonly string[]): object =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
  return {
    ...drop(report, ofTheRun),
    checks: report.checks.map((check) => ({
      ...drop(check, ofTheRunInChecks),
      ...(check.evidence && { evidence: drop(check.evidence, ofTheRunInEvidence) }),
    })),
  };
}
