/** What Vitest knows of the tests, as `congruity/vitest` sees them begin and end. Written down here, so that the matchers need no types of one Vitest version, and no Vitest. */
import type { MatcherContext } from './context.js';
import type { Ended } from './watch.js';

interface VitestSuite {
  readonly name: string;
  readonly suite?: VitestSuite | undefined;
}

export interface VitestTest extends VitestSuite {
  readonly type: string;
  readonly file: VitestTasks;
  /** milliseconds */
  readonly timeout?: number | undefined;
  readonly result?:
    | {
        readonly state: string;
        readonly errors?: readonly { readonly message?: string }[] | undefined;
        readonly retryCount?: number | undefined;
      }
    | undefined;
}

interface VitestTasks {
  readonly tasks: readonly object[];
}

export interface Watched {
  /** the test file that `congruity/vitest` watches; without isolation, one process runs several */
  readonly file: string | undefined;
  readonly running: Set<VitestTest>;
  /** Vitest's own, for what declares tests */
  readonly globals: object;
}

const KEY = Symbol.for('congruity.vitest');
const holder = globalThis as { [KEY]?: Watched | undefined };

/** Undefined where `congruity/vitest` is not loaded. */
export const watched = (): Watched | undefined => holder[KEY];

/** @param file that is about to run */
export function watch(file: string | undefined, globals: object): Watched {
  return (holder[KEY] = { file, running: new Set(), globals });
}

/** True in Vitest, whether or not `congruity/vitest` is loaded. Asked where Jest has said that it is not there. */
export const inVitest = (): boolean => watched() !== undefined || process.env['VITEST'] !== undefined;

function namesOf({ name, suite }: VitestSuite): string[] {
  return [...(suite ? namesOf(suite) : []), name].filter((one) => one !== '');
}

/** The name that its `-t` matches, and reports have. */
export const fullName = (test: VitestSuite): string => namesOf(test).join(' ');

/** As `expect.getState()` has it. */
const shownName = (test: VitestSuite): string => namesOf(test).join(' > ');

/** The test that a matcher runs in. Vitest 4 says; for Vitest 3 it is the one of that name. */
function testOf(context: Pick<MatcherContext, 'task' | 'currentTestName'>): VitestTest | undefined {
  if (context.task) return context.task as VitestTest;
  return [...(watched()?.running ?? [])].find((one) => shownName(one) === context.currentTestName);
}

/** Its full name; undefined in a hook of several tests. */
export function nameOf(context: Pick<MatcherContext, 'task' | 'currentTestName'>): string | undefined {
  const test = testOf(context);
  if (test) return fullName(test);
  return watched() ? undefined : context.currentTestName?.replaceAll(' > ', ' ') || undefined;
}

export function endedOf({ result, timeout }: VitestTest): Ended {
  const errors = result?.errors ?? [];
  return {
    failed: result?.state === 'fail',
    late: errors.some(({ message }) => message?.startsWith('Test timed out in ') === true),
    timeout,
  };
}

function* testsOf({ tasks }: VitestTasks): Generator<object> {
  for (const task of tasks) {
    if ('tasks' in task) yield* testsOf(task as VitestTasks);
    else yield task;
  }
}

/** Names of all tests of a file. */
export const namesIn = (file: VitestTasks): string[] => [...testsOf(file)].map((test) => fullName(test as VitestSuite));

/** See moment.ts. Undefined where two tests of this name run at the same time. */
export function momentOf(name: string): { attempt: number; occurrence: number } | undefined {
  const [test, ...more] = [...(watched()?.running ?? [])].filter((one) => fullName(one) === name);
  if (!test || more.length > 0) return undefined;
  const occurrence = [...testsOf(test.file)].filter((one) => fullName(one as VitestSuite) === name).indexOf(test);
  return occurrence < 0 ? undefined : { attempt: (test.result?.retryCount ?? 0) + 1, occurrence };
}
