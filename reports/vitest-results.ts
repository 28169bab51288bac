/** What Vitest's reporters are told, in the form in which the report is made: Jest's. Written down here, so that the package needs no types of one Vitest version. */
import type { Selection } from './part.js';
import type { Results, TestCase, TestFile } from './results.js';

interface VitestError {
  readonly message?: string | undefined;
  readonly stack?: string | undefined;
}

interface VitestParent {
  readonly type: 'suite' | 'module';
  readonly name?: string;
  readonly parent?: VitestParent;
}

interface VitestCase {
  readonly name: string;
  readonly parent: VitestParent;
  readonly options: { readonly fails?: boolean | undefined; readonly mode: string };
  result(): { readonly state: string; readonly errors?: readonly VitestError[] | undefined };
  diagnostic(): { readonly duration: number; readonly startTime: number; readonly retryCount: number } | undefined;
}

interface VitestErrors {
  errors(): readonly VitestError[];
}

/** The part of a TestModule that is read here. */
export interface VitestModule extends VitestErrors {
  readonly moduleId: string;
  readonly children: { allTests(): Iterable<VitestCase>; allSuites(): Iterable<VitestErrors> };
}

/** The part of the object that Vitest gives its reporters. */
export interface VitestContext {
  readonly config: {
    readonly root: string;
    readonly testNamePattern?: RegExp | undefined;
    readonly changed?: string | boolean | undefined;
    readonly related?: readonly string[] | undefined;
    readonly shard?: { readonly index: number; readonly count: number } | undefined;
  };
  /** what was given on the command line */
  readonly filenamePattern?: readonly string[] | undefined;
  onClose?(work: () => void): void;
}

const textOf = ({ stack, message }: VitestError): string => {
  // Vitest's stacks are those of its workers, which need not begin with the message
  const shown = message ?? '';
  return stack === undefined || stack.includes(shown) ? (stack ?? shown) : `${shown}\n${stack}`;
};

function titlesOf({ type, name, parent }: VitestParent): string[] {
  return type === 'module' ? [] : [...(parent ? titlesOf(parent) : []), name ?? ''];
}

function caseOf(test: VitestCase): TestCase {
  const { state, errors } = test.result();
  const told = test.diagnostic();
  const ancestorTitles = titlesOf(test.parent);
  return {
    ancestorTitles,
    title: test.name,
    // as matchers/vitest-tests.ts has it
    fullName: [...ancestorTitles, test.name].filter((one) => one !== '').join(' '),
    status: test.options.mode === 'todo' ? 'todo' : state,
    duration: told?.duration,
    failureMessages: (errors ?? []).map(textOf),
    failing: test.options.fails,
    invocations: (told?.retryCount ?? 0) + 1,
  };
}

function fileOf(module: VitestModule, now: number): TestFile {
  const cases = [...module.children.allTests()];
  const times = cases.flatMap((test) => {
    const told = test.diagnostic();
    return told ? [told] : [];
  });
  // of the file outside its tests, and of hooks of its blocks, whose tests Vitest then passes over
  const [error] = [module, ...module.children.allSuites()].flatMap((one) => one.errors());
  const text = error && textOf(error);
  return {
    testFilePath: module.moduleId,
    testResults: cases.map(caseOf),
    perfStats: {
      start: Math.min(now, ...times.map(({ startTime }) => startTime)),
      end: Math.max(0, ...times.map(({ startTime, duration }) => startTime + duration)) || now,
    },
    failureMessage: text,
    testExecError: error && { message: error.message, stack: text },
  };
}

/** @param files how many were to be run */
export function resultsOf(
  modules: readonly VitestModule[],
  run: { readonly started: number; readonly files: number; readonly interrupted: boolean },
): Results {
  return {
    startTime: run.started,
    testResults: modules.map((module) => fileOf(module, run.started)),
    numTotalTestSuites: run.files,
    wasInterrupted: run.interrupted,
  };
}

export function selectionOf({ config, filenamePattern }: VitestContext): Selection {
  const { testNamePattern, changed, related = [], shard } = config;
  return {
    testNamePattern: testNamePattern?.source,
    testPathPatterns: { patterns: related.length > 0 ? related : filenamePattern },
    findRelatedTests: related.length > 0,
    onlyChanged: changed !== undefined && changed !== false,
    shard: shard && { shardIndex: shard.index, shardCount: shard.count },
  };
}
