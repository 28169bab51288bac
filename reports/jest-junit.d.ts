declare module 'jest-junit' {
  /** Reads its options from the environment, synchronously, when a run completes. */
  export default class JestJUnit {
    constructor(globalConfig: { rootDir: string }, options: object);
    onRunComplete(contexts: unknown, results: unknown): Promise<void>;
  }
}
