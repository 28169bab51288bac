/** The part of Jest's and Vitest's matcher context that is used here; written down so that the package needs no types of one version. */
export interface MatcherContext {
  readonly isNot?: boolean;
  readonly promise?: string;
  readonly testPath?: string;
  readonly currentTestName?: string;
  readonly currentConcurrentTestName?: () => string | undefined;
  /** Vitest's own, from Vitest 4 on */
  readonly task?: unknown;
  /** Jest's and Vitest's own, of types that differ */
  readonly snapshotState?: unknown;
  readonly utils: {
    matcherHint(name: string, received: string, expected: string, options: { isNot: boolean; promise: string }): string;
    EXPECTED_COLOR(text: string): string;
    RECEIVED_COLOR(text: string): string;
  };
}

export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
  /** what came out; Jest passes it on as `matcherResult` of the error it throws */
  readonly outcome: string;
}

/** An undecided outcome fails with and without `.not`: by Jest's own means, so that it looks like any other that fails. */
export const resultOf = (
  { isNot = false }: MatcherContext,
  outcome: string,
  passes: string,
  message: () => string,
): MatcherResult => ({ pass: outcome === 'undecided' ? isNot : outcome === passes, message, outcome });

/** Where a check runs. */
export interface TestPlace {
  /** full path of the test file, where Jest tells */
  readonly testPath: string | undefined;
  readonly test: string;
  readonly matcher: string;
  readonly context: MatcherContext;
}
