/** `congruity merge`: the reports of all shards of a run as one. */
import { readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { checkPlace, setAside } from '../../reports/place.js';
import { mergeReports, type Found } from '../../reports/merge.js';
import { validReport } from '../../reports/validate.js';
import { FileError, isCongruityError, OptionError } from '../../src/errors.js';
import { notEmpty } from '../arguments.js';
import { onlySome } from '../choose.js';
import { publishReport, stepSummary } from '../publish-report.js';

/** As typed: texts. */
export interface MergeArguments {
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** The report in a folder, or in a file. @throws FileError */
function reportAt(given: string): Found {
  const path = resolve(given);
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'report.json') : path;
  const where = relative(process.cwd(), file) || file;
  try {
    return { where, report: validReport(JSON.parse(readFileSync(file, 'utf8'))) };
  } catch (error) {
    throw new FileError({
      what: `the report of a shard cannot be read: ${isCongruityError(error) ? error.what : (error as Error).message}`,
      where,
      hint: 'name the folder that congruity gate --shard wrote; if it is damaged, run that shard again',
      cause: error,
    });
  }
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
  const report = mergeReports(given.map(reportAt), onlySome);
  checkPlace(out, stepSummary(), true);
  setAside(out);
  await publishReport(report, { ...args, out });
  return report.exitCode;
}
