/**
 * What the reporters of Jest and of Vitest share: the folder that matchers leave their checks in, what a person at a terminal sees meanwhile, and the report.
 *
 * Jest has no channel for a test's own values (jest#15385), so matchers append to files in a folder that is named in the environment before any worker starts.
 */
import { resolve } from 'node:path';
import * as z from 'zod';
import { checkOptions, type ShapeOf } from '../src/options.js';
import { shownPath } from '../src/io/system.js';
import { oneLine, plainText } from '../src/plain.js';
import { version } from '../src/version.js';
import { wantsColour } from './colour.js';
import {
  EVIDENCE_FOLDER,
  EvidenceReader,
  makeEvidenceFolder,
  progressLines,
  removeEvidenceFolder,
  WATCHED,
} from './evidence-folder.js';
import type { Results } from './results.js';
import { heard, type Runner } from './runner-says.js';
import { checkPlace } from './place.js';
import { inOrder, makeReport } from './report.js';
import { toTerminal } from './terminal.js';
import { writeReport } from './write.js';

/** Options of the reporters. */
export interface ReporterOptions {
  /** folder of the report, relative to the root of Jest or Vitest. @defaultValue 'congruity-report' */
  readonly out?: string | undefined;
  /** whether junit.xml is written. @defaultValue true */
  readonly junit?: boolean | undefined;
  /** whether report.html is written. @defaultValue true */
  readonly html?: boolean | undefined;
  /** whether summary.md is written. @defaultValue true */
  readonly summary?: boolean | undefined;
  /** false: say nothing on the terminal. @defaultValue true */
  readonly terminal?: boolean | undefined;
}

const optionsSchema = z.strictObject({
  out: z.string().min(1).default('congruity-report'),
  junit: z.boolean().default(true),
  html: z.boolean().default(true),
  summary: z.boolean().default(true),
  terminal: z.boolean().default(true),
} satisfies ShapeOf<ReporterOptions>);

/** A run of tests that has ended. */
export interface EndedRun {
  readonly results: Results;
  /** why it is not of all tests, where it is not */
  readonly partial: string | undefined;
  /** where the report goes instead of the folder wanted, and why */
  readonly elsewhere?: { readonly out: string; readonly why: string } | undefined;
}

/** From its making to `close`, matchers of this process and of those that it starts leave their checks. */
export class Collector {
  private readonly options: z.infer<typeof optionsSchema>;
  private readonly folder: string;
  private readonly reader: EvidenceReader;
  private readonly before: string | undefined;
  private readonly leave = (): void => removeEvidenceFolder(this.folder);
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly said = new Map<string, number>();
  private started = new Date();

  /**
   * @param entry the reporter's name, for messages
   * @throws OptionError for an unknown option
   */
  constructor(
    private readonly runner: Runner,
    entry: string,
    options: ReporterOptions | undefined,
  ) {
    this.options = checkOptions(optionsSchema, options ?? {}, `options of ${entry}`);
    this.before = process.env[EVIDENCE_FOLDER];
    this.folder = makeEvidenceFolder();
    this.reader = new EvidenceReader(this.folder);
    process.env[EVIDENCE_FOLDER] = this.folder;
    if (this.options.terminal && process.stderr.isTTY) {
      process.env[WATCHED] = '1';
      this.timer = setInterval(() => this.passOn(), 1000);
      this.timer.unref();
    }
    // an interrupted run never completes
    process.once('exit', this.leave);
  }

  /** The folder that the report is to be in. */
  wanted(rootDir: string): string {
    return resolve(rootDir, this.options.out);
  }

  /** A run begins. @throws FileError for a place that cannot be written: before the tests, not after them */
  begin(rootDir: string): void {
    this.started = new Date();
    checkPlace(this.wanted(rootDir), process.env['GITHUB_STEP_SUMMARY'], false);
  }

  /** What the matchers say of how far they are, in whole lines: the runner's own reporter moves its lines about below them. */
  private passOn(): void {
    for (const line of progressLines(this.folder, this.said)) process.stderr.write(`${line}\n`);
  }

  /** Writes the report of a run. @returns what must fail the run, even where each test passed */
  async report(rootDir: string, { results, partial, elsewhere }: EndedRun): Promise<Error | undefined> {
    const recorded = this.reader.next(true);
    // tests without matchers of ours are none of our business: where there is nothing to report, nothing is written
    if (recorded.length === 0) return undefined;
    const { checks, checksOf } = heard(recorded, results, rootDir, this.runner);
    const unreadable = checks.find((check) => check.error?.code === 'BAD_EVIDENCE');
    const seconds = (Date.now() - this.started.getTime()) / 1000;
    const report = makeReport(inOrder(checks), { version, started: this.started, seconds, partial });
    const { junit, html, summary, terminal } = this.options;
    const wanted = this.wanted(rootDir);
    const out = elsewhere?.out ?? wanted;
    const failed = await writeReport(report, out, {
      junit: junit && { results, checksOf },
      html,
      summary,
      stepSummary: process.env['GITHUB_STEP_SUMMARY'],
    }).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    if (terminal)
      process.stderr.write(
        `\n${toTerminal(report, { brief: true, colour: wantsColour(process.stderr, process.env), width: process.stderr.columns, folder: failed === undefined ? shownPath(out) : undefined })}`,
      );
    if (terminal && elsewhere) process.stderr.write(`${oneLine(`Not in ${shownPath(wanted)}: ${elsewhere.why}`)}\n`);
    if (failed !== undefined) process.stderr.write(`${plainText(failed.message)}\n`);
    return failed ?? (unreadable && new Error(oneLine(`${unreadable.test}: ${unreadable.error!.what}`)));
  }

  /** No more runs. May be called again. */
  close(): void {
    clearInterval(this.timer);
    delete process.env[WATCHED];
    if (process.env[EVIDENCE_FOLDER] === this.folder) {
      if (this.before === undefined) delete process.env[EVIDENCE_FOLDER];
      else process.env[EVIDENCE_FOLDER] = this.before;
    }
    process.removeListener('exit', this.leave);
    this.leave();
  }
}
