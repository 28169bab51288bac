/** What an experiment is that the command runs by its name. */
/** What the command gives a suite. */
export interface SuiteOptions {
  /** path of its result: what an earlier run has left there is gone on from, and what is done is kept there */
  readonly path: string;
  /** the sizes of the published experiment, which take longer */
  readonly full: boolean;
  /** folder of models that the suite can use beside its own */
  readonly models: string | undefined;
  readonly seed: number;
  /** aborted: the suite ends, and keeps what it has done */
  readonly signal: AbortSignal | undefined;
  /** called with the share done and what is being done */
  readonly progress: (done: number, doing: string) => void;
}

/** What a suite found. */
export interface SuiteRun {
  /** false: it was interrupted, and goes on when it is run again */
  readonly complete: boolean;
  /** for a terminal of so many columns */
  text(columns: number): string;
  /** a page that needs nothing else */
  html(): string;
}

/** An experiment. */
export interface Suite {
  readonly name: string;
  /** in a sentence without a full stop */
  readonly description: string;
  /** @throws FileError, OptionError and whatever models throw */
  run(options: SuiteOptions): Promise<SuiteRun>;
}
