/** The end of a run: its report is written and printed. */
import { relative } from 'node:path';
import { wantsColour } from '../reports/colour.js';
import { toJson } from '../reports/json.js';
import type { Report } from '../reports/schema.js';
import { toTerminal } from '../reports/terminal.js';
import { writeReport } from '../reports/write.js';

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
 * Writes a report and prints it: what was found is printed also where it cannot be written.
 * @throws as `writeReport`
 */
export async function publishReport(report: Report, { out, json, verbose }: Publication): Promise<void> {
  const failed = await writeReport(report, out, { stepSummary: stepSummary() }).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const folder = failed ? undefined : relative(process.cwd(), out) || '.';
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
