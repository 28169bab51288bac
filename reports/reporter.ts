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
import { z } from 'zod';
import { checkOptions } from '../src/options.js';
import { version } from '../src/version.js';
import { EVIDENCE_FOLDER, makeEvidenceFolder, progressLines, readChecks, removeEvidenceFolder, WATCHED } from './evidence-folder.js';
import type { Results } from './junit.js';
import { inOrder, makeReport } from './report.js';
import type { Check } from './schema.js';
import { toTerminal, wantsColour } from './terminal.js';
import { writeReport } from './write.js';

const optionsSchema = z.strictObject({
  /** folder of the report, relative to Jest's rootDir */
  out: z.string().min(1).default('congruity-report'),
  junit: z.boolean().default(true),
  html: z.boolean().default(true),
  summary: z.boolean().default(true),
  /** false: say nothing on the terminal */
  terminal: z.boolean().default(true),
});

export type ReporterOptions = z.input<typeof optionsSchema>;

/** The part of Jest's GlobalConfig that is used here. */
export interface GlobalConfig {
  readonly rootDir: string;
}

export default class CongruityReporter {
  private readonly options: z.infer<typeof optionsSchema>;
  private readonly folder: string;
  private readonly before: string | undefined;
  private readonly started = new Date();
  private readonly leave = (): void => removeEvidenceFolder(this.folder);
  private error: Error | undefined;
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

  /** What the matchers say of how far they are, in whole lines: Jest's own reporter moves its lines about below them. */
  private passOn(): void {
    for (const line of progressLines(this.folder, this.said)) process.stderr.write(`${line}\n`);
  }

  async onRunComplete(_contexts: unknown, results: Results): Promise<void> {
    const { rootDir } = this.globalConfig;
    clearInterval(this.watch);
    delete process.env[WATCHED];
    try {
      const checks = inOrder(readChecks(this.folder));
      // tests without matchers of ours are none of our business: where there is nothing to report, nothing is written
      if (checks.length === 0) return;
      const unreadable = checks.find((check) => check.error?.code === 'BAD_EVIDENCE');
      // Jest fails the run for this, even where the test itself passed
      if (unreadable) this.error = new Error(`${unreadable.test}: ${unreadable.error!.what}`);
      const report = makeReport(checks, { version, started: this.started, seconds: (Date.now() - this.started.getTime()) / 1000 });
      const { junit, html, summary, terminal } = this.options;
      const out = resolve(rootDir, this.options.out);
      const checksOf = (file: string, fullName: string): Check[] =>
        checks.filter((check) => check.test === fullName && (resolve(check.file) === file || resolve(rootDir, check.file) === file));
      await writeReport(report, out, { junit: junit && { results, checksOf }, html, summary, stepSummary: process.env['GITHUB_STEP_SUMMARY'] });
      if (terminal)
        process.stderr.write(
          `\n${toTerminal(report, { brief: true, colour: wantsColour(process.stderr, process.env), width: process.stderr.columns, folder: relative(process.cwd(), out) || '.' })}`,
        );
    } finally {
      if (this.before === undefined) delete process.env[EVIDENCE_FOLDER];
      else process.env[EVIDENCE_FOLDER] = this.before;
      process.removeListener('exit', this.leave);
      this.leave();
    }
  }

  getLastError(): Error | undefined {
    return this.error;
  }
}
