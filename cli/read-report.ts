/** A report, as the commands read it that look at one: every check held against itself. */
import { join, resolve } from 'node:path';
import type { Found } from '../reports/merge.js';
import type { Report } from '../reports/schema.js';
import { AS_WRITTEN, validReport } from '../reports/validate.js';
import { FileError, isCongruityError } from '../src/errors.js';
import { readJsonObject } from '../src/io/json.js';
import { statsOf } from '../src/io/system.js';
import { contradiction } from '../src/verdict/follows.js';

/** Bytes that a report may have. */
const MOST = 2 ** 28;

type Command = 'verify' | 'card' | 'merge';

/** The error, or where a run that wrote no report has set the last one aside, one that says so. */
function withPrevious(error: unknown, path: string, command: Command): unknown {
  const previous = `${path}.previous`;
  if (statsOf(path) || !statsOf(previous)) return error;
  return new FileError({
    what: 'there is no such file: the last run wrote no report, and set that of the run before it aside',
    where: path,
    hint: `run the gate again, or take the earlier report: congruity ${command} ${previous}`,
    cause: error,
  });
}

function requireConsistent({ checks }: Report): void {
  for (const { evidence, test } of checks) {
    const why = evidence && contradiction(evidence);
    if (why !== undefined)
      throw new FileError({ what: `A check of the report contradicts itself: ${why}`, where: test, hint: AS_WRITTEN });
  }
}

async function read(where: string, command: Command): Promise<Report> {
  const json = await readJsonObject(resolve(where), 'the report', MOST, where).catch((error: unknown) => {
    throw withPrevious(error, where, command);
  });
  try {
    const report = validReport(json);
    // fingerprints say more: which number it is, and that the verdict does not hold
    if (command !== 'verify') requireConsistent(report);
    return report;
  } catch (error) {
    if (!isCongruityError(error) || error.where === undefined) throw error;
    const { what, where: at, hint } = error;
    throw new FileError({ what, where: `${where}: ${at}`, hint, cause: error });
  }
}

/**
 * @param given a report's file, or its folder
 * @param command that reads it, for the hint
 * @throws FileError for what is no report, or contradicts itself
 */
export async function readReport(given: string, command: Command): Promise<Found> {
  const where = statsOf(given, given)?.isDirectory() ? join(given, 'report.json') : given;
  try {
    return { where, report: await read(where, command) };
  } catch (error) {
    if (command !== 'merge' || !isCongruityError(error)) throw error;
    throw new FileError({
      what: error.what,
      where: error.where,
      hint: 'name the folder that congruity gate --shard wrote; if its report was changed or is damaged, run that shard again',
      cause: error,
    });
  }
}
