/**
 * The Jest reporter `congruity/reporter`: collects what the matchers measured and writes the report.
 *
 *     // jest.config
 *     reporters: ['default', ['congruity/reporter', { out: 'congruity-report' }]]
 *
 * Jest has no channel for a test's own values (jest#15385), so matchers append to files in a folder that this reporter names
 * in the environment before any worker starts.
 */
import { relative, resolve } from 'node:path';
import * as z from 'zod';
import { checkOptions, type ShapeOf } from '../src/options.js';
import { oneLine, plainText } from '../src/plain.js';
import { version } from '../src/version.js';
import {
  EVIDENCE_FOLDER,
  EvidenceReader,
  makeEvidenceFolder,
  progressLines,
  removeEvidenceFolder,
  WATCHED,
} from './evidence-folder.js';
import type { Results } from './jest-results.js';
import { heard } from './jest-says.js';
import { partOf, type Selection } from './part.js';
import { checkPlace } from './place.js';
import { inOrder, makeReport } from './report.js';
import { wantsColour } from './colour.js';
import { toTerminal } from './terminal.js';
import { unwatched, type Watched, type Watching } from './watched.js';
import { writeReport } from './write.js';

/** Options of the reporter. */
export interface ReporterOptions {
  /** folder of the report, relative to Jest's rootDir. @defaultValue 'congruity-report' */
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

/** The part of Jest's GlobalConfig that is used here. */
export interface GlobalConfig extends Selection, Watching {
  readonly rootDir: string;
}

/** The reporter, as Jest makes it. */
export default class CongruityReporter {
  private readonly options: z.infer<typeof optionsSchema>;
  private readonly folder: string;
  private readonly before: string | undefined;
  private readonly started = new Date();
  private readonly leave = (): void => removeEvidenceFolder(this.folder);
  private error: Error | undefined;
  private complete = false;
  private watch: NodeJS.Timeout | undefined;
  private readonly said = new Map<string, number>();

  /** @throws OptionError for an unknown option */
  constructor(
    private readonly globalConfig: GlobalConfig,
    options?: ReporterOptions,
  ) {
    this.options = checkOptions(optionsSchema, options ?? {}, 'options of congruity/reporter');
    this.before = process.env[EVIDENCE_FOLDER];
    this.folder = makeEvidenceFolder();
    process.env[EVIDENCE_FOLDER] = this.folder;
    if (this.options.terminal && process.stderr.isTTY) {
      process.env[WATCHED] = '1';
      this.watch = setInterval(() => this.passOn(), 1000);
      this.watch.unref();
    }
    // an interrupted run never completes
    process.once('exit', this.leave);
  }

  /** @throws FileError for a place that cannot be written: before the tests, not after them */
  onRunStart(): void {
    checkPlace(resolve(this.globalConfig.rootDir, this.options.out), process.env['GITHUB_STEP_SUMMARY'], false);
  }

  /** What the matchers say of how far they are, in whole lines: Jest's own reporter moves its lines about below them. */
  private passOn(): void {
    for (const line of progressLines(this.folder, this.said)) process.stderr.write(`${line}\n`);
  }

  /** Called twice by a run that bails out. */
  async onRunComplete(contexts: Iterable<{ readonly config: Watched }>, results: Results): Promise<void> {
    if (this.complete) return;
    this.complete = true;
    clearInterval(this.watch);
    delete process.env[WATCHED];
    try {
      await this.report(contexts, results);
    } finally {
      if (this.before === undefined) delete process.env[EVIDENCE_FOLDER];
      else process.env[EVIDENCE_FOLDER] = this.before;
      process.removeListener('exit', this.leave);
      this.leave();
    }
  }

  private async report(contexts: Iterable<{ readonly config: Watched }>, results: Results): Promise<void> {
    const { rootDir } = this.globalConfig;
    const recorded = new EvidenceReader(this.folder).next(true);
    // tests without matchers of ours are none of our business: where there is nothing to report, nothing is written
    if (recorded.length === 0) return;
    const { checks, checksOf } = heard(recorded, results, rootDir);
    const unreadable = checks.find((check) => check.error?.code === 'BAD_EVIDENCE');
    // Jest fails the run for this, even where the test itself passed
    if (unreadable) this.error = new Error(oneLine(`${unreadable.test}: ${unreadable.error!.what}`));
    const seconds = (Date.now() - this.started.getTime()) / 1000;
    const report = makeReport(inOrder(checks), {
      version,
      started: this.started,
      seconds,
      partial: partOf(this.globalConfig, results),
    });
    const { junit, html, summary, terminal } = this.options;
    const wanted = resolve(rootDir, this.options.out);
    const out = unwatched(
      wanted,
      this.globalConfig,
      [...contexts].map(({ config }) => config),
    );
    const shown = (folder: string): string => relative(process.cwd(), folder) || '.';
    let failed: unknown;
    try {
      await writeReport(report, out, {
        junit: junit && { results, checksOf },
        html,
        summary,
        stepSummary: process.env['GITHUB_STEP_SUMMARY'],
      });
    } catch (error) {
      failed = error;
      this.error = error as Error;
    }
    if (terminal)
      process.stderr.write(
        `\n${toTerminal(report, { brief: true, colour: wantsColour(process.stderr, process.env), width: process.stderr.columns, folder: failed === undefined ? shown(out) : undefined })}`,
      );
    if (terminal && out !== wanted)
      process.stderr.write(
        `${oneLine(`Not in ${shown(wanted)}: Jest watches it, and would run again for each report. With '<rootDir>/${relative(rootDir, wanted)}/' in watchPathIgnorePatterns it goes there.`)}\n`,
      );
    if (failed !== undefined) process.stderr.write(`${plainText((failed as Error).message)}\n`);
  }

  getLastError(): Error | undefined {
    return this.error;
  }
}
