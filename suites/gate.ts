/** A gate as one test of Jest or Vitest. */
import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { recordUnjudged } from '../matchers/define.js';
import { runnerGlobals } from '../matchers/globals.js';
import { comparison } from '../matchers/kinds.js';
import { testOf } from '../matchers/moment.js';
import { fileOf } from '../matchers/record.js';
import {
  toBeInterpretivelyEquivalent,
  type ToBeInterpretivelyEquivalentOptions,
} from '../matchers/toBeInterpretivelyEquivalent.js';
import { cacheUnder, type CacheOption } from '../src/cache/options.js';
import type { Model } from '../src/model/model.js';
import { keptUnder } from '../src/power/options.js';
import { checkSignal, clock, LONGEST_TIMER } from '../src/signal.js';
import type { BackendName } from '../src/tensor/backend-names.js';
import type { CompareProgress } from '../src/verdict/compare-options.js';
import { isModel, type ImplementationSet } from '../src/implementations/index.js';
import { workInWords } from '../src/verdict/workload.js';
import { permutationsAt, type Gate, type GateLevels } from './config.js';
import { defaultSeconds, withinSeconds } from './limit.js';
import { Opened } from './open.js';
import { gatePower } from './options.js';
import { taskOf } from './task.js';

/** What a gate is given beside itself. */
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
  readonly levels?: GateLevels | undefined;
  /** the limit of Jest or Vitest, in milliseconds; default: none to speak of, the gate has `seconds` */
  readonly timeout?: number | undefined;
  /** file to append the share done to, and what is being done: a line each time it grows by a hundredth, and every second */
  readonly progressFile?: string | undefined;
}

/**
 * The sides of a gate, loaded, and the options of its comparison.
 * @throws OptionError, FileError, and whatever loading throws
 */
export async function openGate(
  gate: Gate,
  context: GateContext,
  opened: Opened,
  folder: string,
  signal: AbortSignal,
): Promise<{
  readonly sides: readonly [Model | ImplementationSet, Model | ImplementationSet];
  readonly options: ToBeInterpretivelyEquivalentOptions;
}> {
  const task = await taskOf(gate.task, folder);
  const baseline = await opened.side(gate.baseline, 'baseline');
  checkSignal(signal);
  const candidate = await opened.side(gate.candidate, 'candidate');
  checkSignal(signal);
  const { bank, ...options } = { ...gate.options };
  const permutations = context.levels ? permutationsAt(context.levels, options.permutations) : undefined;
  const seed = options.seed ?? context.seed;
  const limit = gate.seconds ?? context.seconds;
  const banked = bank === undefined ? options : { ...options, bank: await opened.bank(bank) };
  checkSignal(signal);
  return {
    sides: [baseline, candidate],
    options: {
      // without a limit of the gate's, the matcher's own follows its estimate
      ...(limit !== undefined && { maxSeconds: limit }),
      ...banked,
      power: isModel(baseline) ? keptUnder(folder, gatePower(gate.options)) : gate.options?.power,
      ...context.levels,
      ...(permutations !== undefined && { permutations }),
      cache: cacheUnder(folder, context.cache),
      on: task,
      signal,
      ...(seed !== undefined && { seed }),
      ...(context.progressFile !== undefined && { progress: progressTo(context.progressFile) }),
    },
  };
}

/**
 * Loads the gate's models and holds the candidate against the baseline, in the time that the gate has. What cannot be loaded is recorded for
 * the report as not judged.
 * @param place the test that this is, for the record
 * @param hold the matcher, which records what it judges
 * @throws whatever loading and the matcher throw
 */
export async function judgeGate(
  gate: Gate,
  context: GateContext,
  { test, testPath }: { readonly test: string; readonly testPath: string | undefined },
  hold: (
    candidate: Model | ImplementationSet,
    baseline: Model | ImplementationSet,
    options: ToBeInterpretivelyEquivalentOptions,
  ) => Promise<unknown>,
): Promise<void> {
  const folder = context.configDir ?? (testPath === undefined ? process.cwd() : dirname(testPath));
  const seed = gate.options?.seed ?? context.seed;
  const opened = new Opened(folder, context.backend);
  let reached = false;
  const limit = gate.seconds ?? context.seconds;
  const judge = async (signal: AbortSignal): Promise<void> => {
    const { sides, options } = await openGate(gate, context, opened, folder, signal);
    reached = true;
    await hold(sides[1], sides[0], options);
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
        test,
        matcher: toBeInterpretivelyEquivalent.name,
        expected: comparison.passes,
      };
      recordUnjudged(check, seed ?? 0, error);
    }
    throw error;
  } finally {
    opened.dispose();
  }
}

/** Declares one test that holds the gate's candidate against its baseline. */
export function gateTest(gate: Gate, context: GateContext = {}): void {
  const { test, expect } = runnerGlobals('a gate is a test of Jest or Vitest', `gate "${gate.name}"`);
  expect.extend({ toBeInterpretivelyEquivalent });
  test(
    gate.name,
    async () => {
      const state = expect.getState();
      const place = { test: testOf(state), testPath: state.testPath };
      await judgeGate(gate, context, place, (candidate, baseline, options) =>
        expect(candidate).toBeInterpretivelyEquivalent(baseline, options),
      );
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
