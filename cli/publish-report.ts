/** The end of a run: its report is written and printed. */
import { wantsColour } from '../reports/colour.js';
import { toJson } from '../reports/json.js';
import type { Report } from '../reports/schema.js';
import { toTerminal } from '../reports/terminal.js';
import { writeReport } from '../reports/write.js';
import type { Stream } from './ledger/stream.js';
import { shownPath } from '../src/io/system.js';

/** Gates that do not hold and are printed in full: more of them nobody reads on a terminal. */
const DETAILS = 5;

export interface Publication {
  /** absolute path of the report's folder */
  readonly out: string;
  readonly json?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** GitHub's file for summaries, if there is one. */
export const stepSummary = (): string | undefined => process.env['GITHUB_STEP_SUMMARY'];

/**
 * The same, with its checks entered in a ledger. Where that fails, the report is published as it is.
 * @param gates of the whole run, in their order
 * @throws LedgerError; as `writeReport`
 */
export async function publishInStream(
  report: Report,
  stream: Stream | undefined,
  to: Publication,
  gates: readonly string[] = report.checks.map(({ test }) => test),
): Promise<void> {
  let [entered, failed]: [Report, { error: unknown } | undefined] = [report, undefined];
  try {
    if (stream) entered = { ...report, checks: stream.enter(report.checks, gates, report.run) };
  } catch (error) {
    failed = { error };
  }
  await publishReport(entered, to);
  if (failed) throw failed.error;
}

/**
 * Writes a report and prints it: what was found is printed also where it cannot be written.
 * @throws as `writeReport`
 */
async function publishReport(report: Report, { out, json, verbose }: Publication): Promise<void> {
  const failed = await writeReport(report, out, { stepSummary: stepSummary() }).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const folder = failed ? undefined : shownPath(out);
  process.stdout.write(
    json
      ? toJson(report)
      : toTerminal(report, {
          colour: wantsColour(process.stdout, process.env),
          width: process.stdout.columns,
          details: verbose ? undefined : DETAILS,
          folder,
        }),
  );
  if (failed) throw failed.error;
}
