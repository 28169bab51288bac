/** What Jest's own runner knows of the tests, which it keeps on the global of the tests and offers nobody. Undefined in another runner. */
import type { Ended } from './watch.js';

interface CircusTest {
  readonly type?: string;
  readonly name: string;
  readonly parent?: CircusBlock | undefined;
  /** each an error, or an error beside the place of the test */
  readonly errors?: readonly unknown[];
  readonly timeout?: number | undefined;
  /** `skip` and `todo` among them */
  readonly mode?: string | undefined;
  readonly status?: string | null;
  /** tries, this one counted */
  readonly invocations?: number;
}

interface CircusBlock {
  readonly name: string;
  readonly parent?: CircusBlock | undefined;
  readonly children?: readonly (CircusBlock | CircusTest)[];
}

interface CircusState {
  /** milliseconds */
  readonly testTimeout?: number;
  readonly currentlyRunningTest?: CircusTest | null;
  readonly rootDescribeBlock?: CircusBlock;
}

const globals = globalThis as unknown as Record<symbol, unknown>;

export function circus(): CircusState | undefined {
  const key = Object.getOwnPropertySymbols(globals).find(({ description }) => description === 'JEST_STATE_SYMBOL');
  return key && (globals[key] as CircusState | undefined);
}

const isLate = (error: unknown): boolean =>
  /^(thrown: ")?Exceeded timeout of /.test(String((error as Error | null)?.message ?? error));

function endedOf(test: CircusTest, state: CircusState): Ended {
  const errors = (test.errors ?? []).map((one) => (Array.isArray(one) ? (one as unknown[])[0] : one));
  return { failed: errors.length > 0, late: errors.some(isLate), timeout: test.timeout ?? state.testTimeout };
}

/** As Jest gives it. */
export function fullName({ name, parent }: CircusTest | CircusBlock): string {
  // the outermost block has no name of its own
  const above = parent?.parent ? `${fullName(parent)} ` : '';
  return above + name;
}

export function* testsOf(block: CircusBlock): Generator<CircusTest> {
  for (const child of block.children ?? []) {
    if ('children' in child) yield* testsOf(child);
    else yield child as CircusTest;
  }
}

/** How the test that is ending came out so far. */
export function endedNow(): Ended | undefined {
  const state = circus();
  return state?.currentlyRunningTest ? endedOf(state.currentlyRunningTest, state) : undefined;
}

/** True where every test of this name ran to its end, and passed. */
export function finishedBefore(name: string): boolean {
  const root = circus()?.rootDescribeBlock;
  const own = root ? [...testsOf(root)].filter((test) => fullName(test) === name) : [];
  return own.length > 0 && own.every(({ status, errors = [] }) => status === 'done' && errors.length === 0);
}

/** The same of any test by its full name. */
export function endedBefore(name: string): Ended | undefined {
  const state = circus();
  if (!state?.rootDescribeBlock) return undefined;
  for (const test of testsOf(state.rootDescribeBlock)) if (fullName(test) === name) return endedOf(test, state);
  return undefined;
}
