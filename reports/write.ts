/** The files of a report. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { FileError } from '../src/errors.js';
import { toHtml } from './html.js';
import { toJson } from './json.js';
import { resultsOf, writeJunit, type Results } from './junit.js';
import type { Check, Report } from './schema.js';
import { toSummary } from './summary.js';

export interface WriteOptions {
  /** false: no junit.xml. Default: from the report, one test case per check */
  readonly junit?: false | { readonly results: Results; readonly checksOf: (file: string, fullName: string) => readonly Check[] } | undefined;
  readonly html?: boolean | undefined;
  readonly summary?: boolean | undefined;
  /** file to append the summary to; in GitHub Actions, $GITHUB_STEP_SUMMARY */
  readonly stepSummary?: string | undefined;
}

/**
 * Writes report.json, report.html, summary.md and junit.xml into `folder`, each whole or not at all.
 * @returns the paths written
 * @throws FileError where the folder cannot be made or written
 */
export async function writeReport(report: Report, folder: string, options: WriteOptions = {}): Promise<string[]> {
  const { junit, html = true, summary = true, stepSummary } = options;
  // all texts first: a report that is not valid leaves the files of the last run alone
  const texts: [string, string][] = [['report.json', toJson(report)]];
  if (html) texts.push(['report.html', toHtml(report)]);
  const summaryText = summary || stepSummary ? toSummary(report) : '';
  if (summary) texts.push(['summary.md', summaryText]);
  try {
    mkdirSync(folder, { recursive: true });
    const written: string[] = [];
    for (const [name, text] of texts) {
      await writeFileAtomic(join(folder, name), text);
      written.push(join(folder, name));
    }
    if (junit !== false) {
      const { results, checksOf } = junit ?? resultsOf(report);
      await writeJunit(join(folder, 'junit.xml'), results, checksOf, folder);
      written.push(join(folder, 'junit.xml'));
    }
    if (stepSummary) appendFileSync(stepSummary, summaryText);
    return written;
  } catch (error) {
    throw new FileError({
      what: `The report cannot be written: ${(error as Error).message}`,
      where: folder,
      todo: 'Name a folder that can be written (--out, or the reporter’s option `out`).',
      cause: error,
    });
  }
}

