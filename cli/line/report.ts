/** A report, as the commands read it that look at one. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type * as z from 'zod';
import type { Report } from '../../reports/schema.js';
import { validReport } from '../../reports/validate.js';
import { FileError } from '../../src/errors.js';
import { readJsonObject } from '../../src/io/json.js';

/** Bytes that a report may have. */
const MOST = 2 ** 28;

/** The error, or where a run that wrote no report has set the last one aside, one that says so. */
function withPrevious(error: unknown, path: string, command: string): unknown {
  const previous = `${path}.previous`;
  if (existsSync(resolve(path)) || !existsSync(resolve(previous))) return error;
  return new FileError({
    what: 'there is no such file: the last run wrote no report, and set that of the run before it aside',
    where: path,
    hint: `run the gate again, or take the earlier report: congruity ${command} ${previous}`,
    cause: error,
  });
}

/**
 * @param command that reads it, for the hint
 * @throws FileError for what is no report
 */
export async function readReport(path: string, command: 'verify' | 'card'): Promise<Report> {
  const json = await readJsonObject(resolve(path), 'the report', MOST, path).catch((error: unknown) => {
    throw withPrevious(error, path, command);
  });
  return validReport(json as z.input<never>);
}
