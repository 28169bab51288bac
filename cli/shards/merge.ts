/** `congruity merge`: the reports of all shards of a run as one. */
import { join, resolve } from 'node:path';
import { checkPlace, setAside } from '../../reports/place.js';
import { mergeReports, type Found } from '../../reports/merge.js';
import { LedgerError, OptionError, ShardError } from '../../src/errors.js';
import { notEmpty } from '../arguments.js';
import { onlySome } from '../choose.js';
import { readReport } from '../read-report.js';
import { Stream } from '../ledger/stream.js';
import { publishInStream, stepSummary } from '../publish-report.js';

/** As typed: texts. */
export interface MergeArguments {
  readonly out?: string | undefined;
  readonly ledger?: string | undefined;
  readonly json?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** The ledger that the shards were judged for, as it was then. @throws ShardError, LedgerError */
function streamOf({ report, where }: Found, ledger: string | undefined): Stream | undefined {
  const began = report.shard?.ledger;
  if (began === undefined && ledger === undefined) return undefined;
  if (began === undefined || ledger === undefined)
    throw new ShardError({
      what: began === undefined ? 'the shards were not judged for a ledger' : 'the shards were judged for a ledger',
      where,
      hint:
        began === undefined
          ? 'give congruity gate --shard the ledger as well, which sets the levels of the gates'
          : 'name it with --ledger: their rows are entered here',
    });
  const stream = Stream.open(resolve(ledger), undefined);
  if (stream.last !== began)
    throw new LedgerError({
      what: 'rows were entered since the shards began, and the levels that they were judged at are spent',
      where: ledger,
      hint: 'run the shards again with the ledger that is there now',
    });
  return stream;
}

/**
 * Merges the reports and returns the exit code that one machine would have had.
 * @param given folders of reports, or paths of their report.json
 * @throws OptionError, FileError, ShardError: nothing was written then, and what there was is there
 */
export async function mergeCommand(given: readonly string[], args: MergeArguments): Promise<0 | 1 | 2> {
  notEmpty(args.out, '--out', '--out congruity-report');
  for (const folder of given) notEmpty(folder, 'a folder', 'congruity merge shard-1 shard-2');
  const out = resolve(args.out ?? 'congruity-report');
  const own = given.find((folder) => resolve(folder) === out || resolve(folder) === join(out, 'report.json'));
  if (own !== undefined)
    throw new OptionError({
      what: 'the merged report would replace that of a shard',
      where: own,
      hint: 'name another folder with --out',
    });
  notEmpty(args.ledger, '--ledger', '--ledger releases.jsonl');
  const found: Found[] = [];
  for (const one of given) found.push(await readReport(one, 'merge'));
  const report = mergeReports(found, onlySome);
  const stream = streamOf(found[0]!, args.ledger);
  checkPlace(out, stepSummary(), true);
  setAside(out);
  await publishInStream(report, stream, { ...args, out });
  return report.exitCode;
}
