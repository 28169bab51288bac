/** Which of the tests of one name is running, and for the how manieth time: neither Jest nor Vitest tells a matcher. */
import { circus, fullName, testsOf } from './circus.js';
import type { MatcherContext } from './context.js';
import * as vitest from './vitest-tests.js';

export interface Moment {
  /** 1 for the first try, more where `jest.retryTimes`, or Vitest's `retry`, runs a test again */
  readonly attempt: number;
  /** 0 for the first test of this name in its file */
  readonly occurrence: number;
}

/** In the place of a test's name: what is run once before or after the tests of a block. */
export const HOOKS = '(beforeAll or afterAll)';

/** The name of the test that a matcher runs in. In `beforeAll` and `afterAll` Jest still gives that of the test before, which has nothing to do with it; whose hook it is, Jest does not tell. */
export function testOf(
  context: Pick<MatcherContext, 'currentTestName' | 'currentConcurrentTestName' | 'task'>,
): string {
  const concurrent = context.currentConcurrentTestName?.();
  if (concurrent !== undefined) return concurrent;
  const state = circus();
  if (state === undefined && vitest.inVitest()) return vitest.nameOf(context) ?? HOOKS;
  if (state?.currentlyRunningTest === null) return HOOKS;
  return context.currentTestName ?? 'unknown';
}

/** Undefined where another test is running, as beside a concurrent one, or where the runner does not tell. */
export function momentOf(test: string): Moment | undefined {
  const state = circus();
  if (state === undefined) return vitest.momentOf(test);
  const running = state.currentlyRunningTest;
  if (!running || !state.rootDescribeBlock || fullName(running) !== test) return undefined;
  const occurrence = [...testsOf(state.rootDescribeBlock)].filter((one) => fullName(one) === test).indexOf(running);
  return occurrence < 0 ? undefined : { attempt: running.invocations ?? 1, occurrence };
}
