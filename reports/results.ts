/** The part of Jest's results that is read here. Vitest's are brought to this form. */
export interface TestCase {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly fullName: string;
  /** passed, failed, pending (skipped), todo, ...; `error` is ours, for what could not be judged */
  readonly status: string;
  /** milliseconds */
  readonly duration?: number | null | undefined;
  readonly failureMessages: readonly string[];
  /** `test.failing` */
  readonly failing?: boolean | undefined;
  /** how often it was run, the last time included; more than 1 under `jest.retryTimes` */
  readonly invocations?: number | undefined;
}

export interface TestFile {
  readonly testFilePath: string;
  readonly testResults: readonly TestCase[];
  readonly perfStats: { readonly start: number; readonly end: number };
  readonly failureMessage?: string | null | undefined;
  readonly testExecError?: unknown;
  readonly displayName?: unknown;
}

export interface Results {
  readonly startTime: number;
  readonly testResults: readonly TestFile[];
  readonly numTotalTestSuites?: number | undefined;
  readonly wasInterrupted?: boolean | undefined;
}

/** The checks of the `occurrence`th test of this full name in the file. */
export type ChecksOf<Check> = (file: string, fullName: string, occurrence: number) => readonly Check[];

/** Each test of a file with the number of tests of its name before it. */
export function numbered(tests: readonly TestCase[]): { readonly test: TestCase; readonly occurrence: number }[] {
  const seen = new Map<string, number>();
  return tests.map((test) => {
    const occurrence = seen.get(test.fullName) ?? 0;
    seen.set(test.fullName, occurrence + 1);
    return { test, occurrence };
  });
}
