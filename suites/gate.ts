/** A gate as one Jest test. */
import { appendFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as matchers from '../matchers/index.js';
import { errorRecord, fileOf, recordCheck, replayCommand } from '../matchers/record.js';
import { FileError, OptionError } from '../src/errors.js';
import { load } from '../src/model/load.js';
import type { Model } from '../src/model/model.js';
import { suggest } from '../src/options.js';
import { clock } from '../src/signal.js';
import { isTask, type AnyTask } from '../src/task/task.js';
import type { BackendName } from '../src/tensor/backend.js';
import type { CompareOptions } from '../src/verdict/compare.js';
import { isModel, isSet, type ImplementationSet } from '../src/verdict/sets.js';
import { workInWords } from '../src/verdict/workload.js';
import { taskReference, type Gate, type Side } from './config.js';

export interface GateContext {
  /** paths of the gate are relative to it. Default: the test file's folder */
  readonly configDir?: string | undefined;
  readonly seed?: number | undefined;
  readonly backend?: BackendName | undefined;
  /** this gate's share of the suite's levels (`gateLevels`). Default: the matcher's own */
  readonly levels?: { readonly alpha: number; readonly beta: number } | undefined;
  /** milliseconds; default: none to speak of, a comparison takes its time */
  readonly timeout?: number | undefined;
  /** file to append the share done to, and what is being done: a line each time it grows by a hundredth, and every second */
  readonly progressFile?: string | undefined;
}

/** The longest that a timer can wait. */
const NO_TIMEOUT = 2_147_483_647;

interface JestGlobals {
  readonly test?: (name: string, work: () => Promise<void>, timeout: number) => void;
  readonly expect?: {
    (received: unknown): { toBeInterpretivelyEquivalent(baseline: unknown, options: unknown): Promise<void> };
    extend(matchers: Record<string, unknown>): void;
    getState(): { currentTestName?: string; testPath?: string };
  };
}

/** @throws FileError, OptionError where there is no such task */
async function taskOf(given: Gate['task'], folder: string): Promise<AnyTask> {
  if (typeof given !== 'string') return given;
  const { path, name } = taskReference(given, folder);
  let found: Record<string, unknown>;
  try {
    // CommonJS requires a path, and ES modules want an address
    found = (await import(typeof require === 'function' ? path : pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new FileError({ what: `the task's file cannot be loaded: ${(error as Error).message}`, where: path, cause: error });
  }
  const inner = found['default'] as Record<string, unknown> | undefined;
  const exported = name in found ? found[name] : inner?.[name];
  // a CommonJS module's exports arrive inside `default`
  const task = name === 'default' && exported && !isTask(exported) ? (exported as Record<string, unknown>)['default'] : exported;
  if (isTask(task)) return task;
  const names = Object.keys(found);
  throw new OptionError({
    what: name in found ? `the export "${name}" is not a task` : `there is no export "${name}"`,
    where: path,
    todo: name in found ? 'export what task({ ... }) returns' : suggest(name, names),
  });
}

/** What a side gives, and whether it is ours to dispose. */
async function open(side: Side, label: string, folder: string, backend: BackendName | undefined): Promise<{ it: Model | ImplementationSet; dispose: () => void }> {
  if (typeof side === 'string') {
    const it = await load(resolve(folder, side), { backend });
    return { it, dispose: () => it.dispose() };
  }
  if (typeof side !== 'function') return { it: side, dispose: () => undefined };
  const it = await side();
  if (!isModel(it) && !isSet(it))
    throw new OptionError({ what: `the function for the ${label} gave neither a model nor an implementation set`, where: label, todo: 'return what load(...) resolves to' });
  return { it, dispose: () => (isModel(it) ? it.dispose() : undefined) };
}

/**
 * Declares one test that loads the gate's models and holds the candidate against the baseline. What cannot be loaded is recorded
 * for the report as not judged, and fails the test.
 */
export function gateTest(gate: Gate, context: GateContext = {}): void {
  const { test, expect } = globalThis as unknown as JestGlobals;
  if (!test || !expect)
    throw new OptionError({ what: 'a gate is a Jest test, and there is no Jest here', where: `gate "${gate.name}"`, todo: 'call it in a test file, with injectGlobals on' });
  expect.extend({ ...matchers });
  test(
    gate.name,
    async () => {
      const { currentTestName = gate.name, testPath } = expect.getState();
      const folder = context.configDir ?? (testPath === undefined ? process.cwd() : dirname(testPath));
      const seed = gate.options?.seed ?? context.seed;
      const opened: { dispose: () => void }[] = [];
      try {
        let sides: [Model | ImplementationSet, Model | ImplementationSet];
        let task: AnyTask;
        try {
          task = await taskOf(gate.task, folder);
          const baseline = await open(gate.baseline, 'baseline', folder, context.backend);
          opened.push(baseline);
          const candidate = await open(gate.candidate, 'candidate', folder, context.backend);
          opened.push(candidate);
          sides = [baseline.it, candidate.it];
        } catch (error) {
          // the matcher, which records what it judges and what it cannot, is never reached
          const file = fileOf(testPath);
          recordCheck({
            file,
            test: currentTestName,
            matcher: 'toBeInterpretivelyEquivalent',
            expected: 'equivalent',
            status: 'not judged',
            error: errorRecord(error),
            replay: replayCommand(file, currentTestName, seed ?? 0),
          });
          throw error;
        }
        await expect(sides[1]).toBeInterpretivelyEquivalent(sides[0], {
          ...gate.options,
          ...context.levels,
          on: task,
          ...(seed !== undefined && { seed }),
          ...(context.progressFile !== undefined && { progress: progressTo(context.progressFile) }),
        });
      } finally {
        for (const one of opened) one.dispose();
      }
    },
    context.timeout ?? NO_TIMEOUT,
  );
}

/** Progress for another process to read. */
function progressTo(file: string): NonNullable<CompareOptions['progress']> {
  let last = -1;
  let due = 0;
  return (done, doing, work) => {
    const share = Math.max(last, Math.floor(done * 100));
    if (share === last && clock() < due) return;
    last = share;
    due = clock() + 1000;
    appendFileSync(file, `${share} ${workInWords(doing, work)}\n`);
  };
}
