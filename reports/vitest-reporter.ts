/**
 * The Vitest reporter `congruity/vitest/reporter`: collects what the matchers measured and writes the same report as that of Jest.
 *
 *     // vitest.config
 *     test: { reporters: ['default', ['congruity/vitest/reporter', { out: 'congruity-report' }]] }
 */
import { Collector, type ReporterOptions } from './collector.js';
import { partOf } from './part.js';
import { resultsOf, selectionOf, type VitestContext, type VitestModule } from './vitest-results.js';

export type { ReporterOptions };

/** The reporter, as Vitest makes it. In watch mode each run writes its report over the last one's. */
export default class CongruityVitestReporter {
  private readonly collector: Collector;
  private context: VitestContext | undefined;
  private started = Date.now();
  private files = 0;
  private runs = 0;

  /** @throws OptionError for an unknown option */
  constructor(options?: ReporterOptions) {
    this.collector = new Collector('Vitest', 'congruity/vitest/reporter', options);
  }

  /** Vitest's own object. */
  onInit(context: VitestContext): void {
    this.context = context;
    context.onClose?.(() => this.collector.close());
  }

  /** @throws FileError for a place that cannot be written: before the tests, not after them */
  onTestRunStart(specifications: readonly unknown[]): void {
    this.started = Date.now();
    this.files = specifications.length;
    this.runs++;
    this.collector.begin(this.rootDir());
  }

  /** Writes the report. What keeps it from being written, or from being whole, fails the run. */
  async onTestRunEnd(modules: readonly VitestModule[], _errors: readonly unknown[], reason: string): Promise<void> {
    const interrupted = reason === 'interrupted';
    const results = resultsOf(modules, { started: this.started, files: this.files, interrupted });
    const selected = this.context && selectionOf(this.context);
    const partial = [this.runs > 1 && 'only the test files that Vitest ran again', partOf(selected ?? {}, results)];
    const failed = await this.collector.report(this.rootDir(), {
      results,
      partial: partial.filter(Boolean).join('; ') || undefined,
    });
    if (failed) process.exitCode = 1;
  }

  private rootDir(): string {
    return this.context?.config.root ?? process.cwd();
  }
}
