/** Whether a run is of all its tests, and in words why not. */
import type { Results } from './results.js';

/** The part of Jest's GlobalConfig that says which tests run. What Vitest says is brought to this form. */
export interface Selection {
  readonly testNamePattern?: string | undefined;
  readonly testPathPatterns?: { readonly patterns?: readonly string[] | undefined } | undefined;
  readonly onlyChanged?: boolean | undefined;
  readonly onlyFailures?: boolean | undefined;
  readonly findRelatedTests?: boolean | undefined;
  readonly runTestsByPath?: boolean | undefined;
  readonly shard?: { readonly shardIndex: number; readonly shardCount: number } | undefined;
}

/** Undefined for the whole. */
export function partOf(selection: Selection, results: Results): string | undefined {
  const { testNamePattern, testPathPatterns, onlyChanged, onlyFailures, findRelatedTests, runTestsByPath, shard } =
    selection;
  const patterns = testPathPatterns?.patterns ?? [];
  const { testResults, numTotalTestSuites = testResults.length, wasInterrupted } = results;
  const reasons = [
    testNamePattern && `only tests whose name matches ${testNamePattern}`,
    patterns.length > 0 &&
      (findRelatedTests
        ? `only tests of what depends on ${patterns.join(', ')}`
        : `only the test files ${runTestsByPath ? '' : 'that match '}${patterns.join(', ')}`),
    onlyChanged && 'only tests of what changed since the last commit',
    onlyFailures && 'only tests that failed the last time',
    shard && `shard ${shard.shardIndex} of ${shard.shardCount}`,
    (wasInterrupted || testResults.length < numTotalTestSuites) &&
      `stopped after ${testResults.length} of ${numTotalTestSuites} test files`,
  ].filter(Boolean);
  return reasons.length === 0 ? undefined : reasons.join('; ');
}
