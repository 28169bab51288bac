/** Which of the tests of one name is running, and for the how manieth time: Jest tells a matcher neither. */

interface TestEntry {
  readonly type: 'test';
  readonly name: string;
  readonly parent: Block;
  readonly invocations: number;
}
interface Block {
  readonly type: 'describeBlock';
  readonly name: string;
  readonly parent?: Block | undefined;
  readonly children: readonly (Block | TestEntry)[];
}
interface State {
  readonly currentlyRunningTest?: TestEntry | null;
  readonly rootDescribeBlock?: Block;
}

/** jest-circus's own state; undefined under another runner. */
export function circus(): (State & { readonly testTimeout?: number }) | undefined {
  const globals = globalThis as unknown as Record<symbol, unknown>;
  const key = Object.getOwnPropertySymbols(globals).find(({ description }) => description === 'JEST_STATE_SYMBOL');
  return key && (globals[key] as State | undefined);
}

/** The full name as Jest gives it; the root block's name is not part of it. */
function fullName(entry: Block | TestEntry): string {
  const names = [entry.name];
  for (let block = entry.parent; block?.parent; block = block.parent) names.unshift(block.name);
  return names.join(' ');
}

const testsOf = (block: Block): TestEntry[] => block.children.flatMap((child) => (child.type === 'test' ? [child] : testsOf(child)));

export interface Moment {
  /** 1 for the first try, more where `jest.retryTimes` runs a test again */
  readonly attempt: number;
  /** 0 for the first test of this name in its file */
  readonly occurrence: number;
}

/** Undefined where another test is running, as beside a concurrent one, or where Jest does not tell. */
export function momentOf(test: string): Moment | undefined {
  const state = circus();
  const running = state?.currentlyRunningTest;
  if (!running || !state.rootDescribeBlock || fullName(running) !== test) return undefined;
  const occurrence = testsOf(state.rootDescribeBlock)
    .filter((one) => fullName(one) === test)
    .indexOf(running);
  return occurrence < 0 ? undefined : { attempt: running.invocations, occurrence };
}
