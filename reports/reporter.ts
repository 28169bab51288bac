/**
 * The Jest reporter `congruity/reporter`: collects what the matchers measured and writes the report.
 *
 *     // jest.config
 *     reporters: ['default', ['congruity/reporter', { out: 'congruity-report' }]]
 */
import { relative } from 'node:path';
import { Collector, type ReporterOptions } from './collector.js';
import type { Results } from './results.js';
import { partOf, type Selection } from './part.js';
import { unwatched, type Watched, type Watching } from './watched.js';

export type { ReporterOptions };

/** The part of Jest's GlobalConfig that is used here. */
export interface GlobalConfig extends Selection, Watching {
  readonly rootDir: string;
}

/** The reporter, as Jest makes it. */
export default class CongruityReporter {
  private readonly collector: Collector;
  private error: Error | undefined;
  private complete = false;

  /** @throws OptionError for an unknown option */
  constructor(
    private readonly globalConfig: GlobalConfig,
    options?: ReporterOptions,
  ) {
    this.collector = new Collector('Jest', 'congruity/reporter', options);
  }

  /** @throws FileError for a place that cannot be written: before the tests, not after them */
  onRunStart(): void {
    this.collector.begin(this.globalConfig.rootDir);
  }

  /** Called twice by a run that bails out. */
  async onRunComplete(contexts: Iterable<{ readonly config: Watched }>, results: Results): Promise<void> {
    if (this.complete) return;
    this.complete = true;
    const { rootDir } = this.globalConfig;
    const wanted = this.collector.wanted(rootDir);
    const projects = [...contexts].map(({ config }) => config);
    const out = unwatched(wanted, this.globalConfig, projects);
    const why = `Jest watches it, and would run again for each report. With '<rootDir>/${relative(rootDir, wanted)}/' in watchPathIgnorePatterns it goes there.`;
    try {
      this.error = await this.collector.report(rootDir, {
        results,
        partial: partOf(this.globalConfig, results),
        elsewhere: out === wanted ? undefined : { out, why },
      });
    } finally {
      this.collector.close();
    }
  }

  /** Jest fails the run for this, even where each test passed. */
  getLastError(): Error | undefined {
    return this.error;
  }
}
