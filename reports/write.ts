/** The files of a report. */
import { appendFileSync } from 'node:fs';
import { toHtml } from './html.js';
import type { ChecksOf, Results } from './results.js';
import { toJson } from './json.js';
import { resultsOf, toJunit } from './junit.js';
import { publish, refusedSummary, setAside, type ReportFile } from './place.js';
import type { Check, Report } from './schema.js';
import { toSummary } from './summary.js';
import { validReport } from './validate.js';

export interface WriteOptions {
  /** false: no junit.xml. Default: from the report, one test case per check */
  readonly junit?: false | { readonly results: Results; readonly checksOf: ChecksOf<Check> } | undefined;
  readonly html?: boolean | undefined;
  readonly summary?: boolean | undefined;
  /** file to append the summary to; in GitHub Actions, $GITHUB_STEP_SUMMARY */
  readonly stepSummary?: string | undefined;
}

/**
 * Writes report.json, report.html, summary.md and junit.xml into `folder`: all of them whole, or none, and then those of the last run are set aside.
 * @returns the paths written
 * @throws FileError where the folder cannot be made or written, or, once the files are there, the summary not appended
 * @throws NumericalError, FileError for a report that is not valid
 */
export async function writeReport(given: Report, folder: string, options: WriteOptions = {}): Promise<string[]> {
  const { junit, html = true, summary = true, stepSummary } = options;
  const texts = new Map<ReportFile, string>();
  let summaryText = '';
  try {
    const report = validReport(given);
    texts.set('report.json', toJson(report));
    if (html) texts.set('report.html', toHtml(report));
    if (summary || stepSummary) summaryText = toSummary(report);
    if (summary) texts.set('summary.md', summaryText);
    if (junit !== false) {
      const { results, checksOf } = junit ?? resultsOf(report);
      texts.set('junit.xml', await toJunit(results, checksOf, folder, report));
    }
  } catch (error) {
    setAside(folder);
    throw error;
  }
  const written = publish(folder, texts);
  try {
    if (stepSummary) appendFileSync(stepSummary, summaryText);
  } catch (error) {
    throw refusedSummary(error, stepSummary!);
  }
  return written;
}
