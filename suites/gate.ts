/** A gate as one Jest test. */
import { appendFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as matchers from '../matchers/all.js';
import { recordUnjudged } from '../matchers/define.js';
import { comparison } from '../matchers/kinds.js';
import { fileOf } from '../matchers/record.js';
import type { CongruityMatchers } from '../matchers/types.js';
import { cacheUnder, type CacheOption } from '../src/cache/options.js';
import { FileError, OptionError } from '../src/errors.js';
import { load } from '../src/model/load.js';
import { recognise } from '../src/model/recognise.js';
import type { Model } from '../src/model/model.js';
import { keptUnder } from '../src/power/options.js';
import { suggest } from '../src/options.js';
import { checkSignal, clock, LONGEST_TIMER } from '../src/signal.js';
import { isTask, type AnyTask } from '../src/task/task.js';
import type { BackendName } from '../src/tensor/backend-names.js';
import type { CompareProgress } from '../src/verdict/compare-options.js';
import { towardsModel } from '../src/model/is-model.js';
import { isModel, isSet, type ImplementationSet } from '../src/implementations/index.js';
import { workInWords } from '../src/verdict/workload.js';
import { taskReference, type Gate, type GateSide } from './config.js';
import { defaultSeconds, withinSeconds } from './limit.js';
import { gatePower } from './options.js';

/** What a gate's test is given beside the gate. */
export interface GateContext {
  /** paths of the gate are relative to it. Default: the test file's folder */
  readonly configDir?: string | undefined;
  readonly seed?: number | undefined;
  /** the time a gate may take that says nothing itself */
  readonly seconds?: number | undefined;
  readonly backend?: BackendName | undefined;
  /** where what is computed is kept, relative to `configDir`. Default: nowhere */
  readonly cache?: CacheOption | undefined;
  /** this gate's share of the suite's levels (`gateLevels`). Default: the matcher's own */
  readonly levels?: { readonly alpha: number; readonly beta: number } | undefined;
  /** Jest's own limit, in milliseconds; default: none to speak of, the gate has `seconds` */
  readonly timeout?: number | undefined;
  /** file to append the share done to, and what is being done: a line each time it grows by a hundredth, and every second */
  readonly progressFile?: string | undefined;
}

interface JestGlobals {
  readonly test?: (name: string, work: () => Promise<void>, timeout: number) => void;
  readonly expect?: {
    (received: unknown): CongruityMatchers;
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
    throw new FileError({
      what: `the task's file cannot be loaded: ${(error as Error).message}`,
      where: path,
      cause: error,
    });
  }
  const inner = found['default'] as Record<string, unknown> | undefined;
  const exported = name in found ? found[name] : inner?.[name];
  // a CommonJS module's exports arrive inside `default`
  const task =
    name === 'default' && exported && !isTask(exported) ? (exported as Record<string, unknown>)['default'] : exported;
  if (isTask(task)) return task;
  const names = Object.keys(found);
  throw new OptionError({
    what: name in found ? `the export "${name}" is not a task` : `there is no export "${name}"`,
    where: path,
    hint: name in found ? 'export what task({ ... }) returns' : suggest(name, names),
  });
}

/** What a side gives, and whether it is ours to dispose. */
async function open(
  side: GateSide,
  label: string,
  folder: string,
  backend: BackendName | undefined,
): Promise<{ it: Model | ImplementationSet; dispose: () => void }> {
  if (typeof side === 'string') {
    const { format, path } = await recognise(resolve(folder, side));
    // some are computed by a runtime of their own, whatever computes the rest
    const it = await load(path, 'backend' in format.options ? { backend } : {});
    return { it, dispose: () => it.dispose() };
  }
  if (typeof side !== 'function') return { it: side, dispose: () => undefined };
  const it = await side();
  if (!isModel(it) && !isSet(it))
    throw new OptionError({
      what: `the function for the ${label} gave neither a model nor an implementation set`,
      where: label,
      hint: towardsModel(it),
    });
  return { it, dispose: () => (isModel(it) ? it.dispose() : undefined) };
}

/**
 * Declares one test that loads the gate's models and holds the candidate against the baseline. What cannot be loaded is recorded
 * for the report as not judged, and fails the test.
 */
export function gateTest(gate: Gate, context: GateContext = {}): void {
  const { test, expect } = globalThis as unknown as JestGlobals;
  if (!test || !expect)
    throw new OptionError({
      what: 'a gate is a Jest test, and there is no Jest here',
      where: `gate "${gate.name}"`,
      hint: 'call it in a test file, with injectGlobals on',
    });
  expect.extend({ ...matchers });
  test(
    gate.name,
    async () => {
      const { currentTestName = gate.name, testPath } = expect.getState();
      const folder = context.configDir ?? (testPath === undefined ? process.cwd() : dirname(testPath));
      const seed = gate.options?.seed ?? context.seed;
      const opened: { dispose: () => void }[] = [];
      let reached = false;
      const limit = gate.seconds ?? context.seconds;
      const judge = async (signal: AbortSignal): Promise<void> => {
        const task = await taskOf(gate.task, folder);
        const sides: (Model | ImplementationSet)[] = [];
        for (const label of ['baseline', 'candidate'] as const) {
          const side = await open(gate[label], label, folder, context.backend);
          opened.push(side);
          sides.push(side.it);
          checkSignal(signal);
        }
        reached = true;
        await expect(sides[1]).toBeInterpretivelyEquivalent(sides[0]!, {
          // without a limit of the gate's, the matcher's own follows its estimate
          ...(limit !== undefined && { maxSeconds: limit }),
          ...gate.options,
          // the test file of a gate lies in a folder that is removed
          power: isModel(sides[0]) ? keptUnder(folder, gatePower(gate.options)) : gate.options?.power,
          ...context.levels,
          cache: cacheUnder(folder, context.cache),
          on: task,
          signal,
          ...(seed !== undefined && { seed }),
          ...(context.progressFile !== undefined && { progress: progressTo(context.progressFile) }),
        });
      };
      const answered = { yet: false };
      try {
        await withinSeconds(limit ?? defaultSeconds(gate.options), (signal) =>
          judge(signal).finally(() => (answered.yet = true)),
        );
      } catch (error) {
        // the matcher records what it judges and what it cannot: it was never reached, or never came back
        if (!reached || !answered.yet) {
          const check = {
            file: fileOf(testPath),
            test: currentTestName,
            matcher: matchers.toBeInterpretivelyEquivalent.name,
            expected: comparison.passes,
          };
          recordUnjudged(check, seed ?? 0, error);
        }
        throw error;
      } finally {
        for (const one of opened) one.dispose();
      }
    },
    context.timeout ?? LONGEST_TIMER,
  );
}

/** Progress for another process to read. */
function progressTo(file: string): CompareProgress {
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
