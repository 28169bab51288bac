/** What the matchers that look for counterexamples share: seeds, the forgotten await, records, messages, and that undecided fails both ways. */
import * as fc from 'fast-check';
import { z } from 'zod';
import { OptionError } from '../src/errors.js';
import { duration, plural } from '../src/format.js';
import { checkOptions, signalSchema } from '../src/options.js';
import { printable } from '../src/plain.js';
import { countRows } from '../src/rows.js';
import { clock } from '../src/signal.js';
import { isTask, type AnyTask } from '../src/task/task.js';
import type { ClaimEvidence } from '../src/claims/claim.js';
import { claimLines, replayOptions } from '../src/claims/words.js';
import { resultOf, type MatcherContext, type MatcherResult } from './context.js';
import { messageOf } from './message.js';
import { testOf } from './moment.js';
import { tracked } from './pending.js';
import { sayer } from './progress.js';
import { errorRecord, fileOf, recordCheck, replayCommand } from './record.js';
import { seedOf } from './seed.js';

/** Options of every such matcher. */
export interface ClaimOptions {
  /** the task */
  readonly on: AnyTask;
  /** everything random follows from it. Default: `CONGRUITY_SEED`, else fast-check's global seed, else 0 */
  readonly seed?: number | undefined;
  /** candidates judged together in one forward pass. Default 64; 256 where all of them are needed anyway */
  readonly batch?: number | undefined;
  /** seconds after which the search stops; without a counterexample by then the claim is undecided, which fails. Default: none, the test's own timeout */
  readonly maxSeconds?: number | undefined;
  /** forward passes after which it stops, likewise. Default: none */
  readonly maxPasses?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

/** The shape of those options, for strict schemas. */
export const claimShape = {
  on: z.custom<AnyTask>(isTask, { error: 'on must be a task, made by task({ ... })' }),
  seed: z.int().optional(),
  batch: z.int().min(1).optional(),
  maxSeconds: z.number().positive().optional(),
  maxPasses: z.int().min(1).optional(),
  signal: signalSchema,
};

/** fast-check's own parameters, which it checks itself. */
export const checkSchema = z
  // oxlint-disable-next-line typescript/no-explicit-any
  .custom<fc.Parameters<any>>((v) => typeof v === 'object' && v !== null && !Array.isArray(v), {
    error: "check must be an object: fast-check's parameters",
  })
  .optional();

/** Where a check runs. */
export interface TestPlace {
  /** full path of the test file, where Jest tells */
  readonly testPath: string | undefined;
  readonly test: string;
  readonly matcher: string;
  readonly context: MatcherContext;
}

export interface Work<O> {
  readonly options: O;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly place: TestPlace;
}

const message = (
  context: MatcherContext,
  { matcher }: TestPlace,
  argument: string,
  evidence: ClaimEvidence,
  replay: string,
): string =>
  messageOf(context, {
    matcher,
    received: evidence.models[0]!.name,
    argument,
    task: evidence.task,
    expected: context.isNot ? `not: ${evidence.claim}` : evidence.claim,
    outcome: evidence.received,
    reasons: [evidence.counterexample ? [evidence.counterexample.description] : [], evidence.reasons],
    rows: claimLines(evidence),
    wouldSettle: evidence.wouldSettle,
    replay,
    singleSite: replayOptions(evidence),
  });

/**
 * Runs a matcher: checks its options, does the work, records what came of it, and gives Jest its result. An undecided claim fails, with and without `.not`.
 * @param argument what the message shows between the matcher's parentheses
 * @throws the library's own errors where nothing could be judged
 */
export async function judged<S extends z.ZodType<ClaimOptions>>(
  context: MatcherContext,
  matcher: string,
  schema: S,
  given: unknown,
  argument: string,
  work: (work: Work<z.infer<S>>) => Promise<ClaimEvidence>,
): Promise<MatcherResult> {
  const test = testOf(context);
  const file = fileOf(context.testPath);
  const expected = context.isNot ? 'fails' : 'holds';
  const place: TestPlace = { testPath: context.testPath, test, matcher, context };
  const tell = sayer(test);
  return tracked(test, matcher, async (ended, say) => {
    let seed = 0;
    try {
      if (typeof given !== 'object' || given === null)
        throw new OptionError({
          what: `${matcher} needs options with at least the task`,
          where: matcher,
          hint: `await expect(model).${matcher}(${argument === '' ? '' : `${argument}, `}{ on: task })`,
        });
      const { check } = given as { check?: fc.Parameters<unknown> };
      seed = check?.seed ?? seedOf(given, fc.readConfigureGlobal()?.seed);
      const options = checkOptions(schema, given, `options of ${matcher}`);
      const signal = options.signal ? AbortSignal.any([ended, options.signal]) : ended;
      const started = clock();
      const rows = countRows(signal, () => {
        const words = `${plural(rows.count, 'row')} so far, in ${duration((clock() - started) / 1000)}`;
        say(words);
        tell(words);
      });
      const claim = await work({ options, seed, signal, place });
      const replay = replayCommand(file, test, seed);
      const { outcome } = claim;
      const status = outcome === 'undecided' ? 'not established' : outcome === expected ? 'held' : 'violated';
      recordCheck({ file, test, matcher, expected, status, claim, replay });
      return resultOf(context, outcome, 'holds', () => message(context, place, argument, claim, replay));
    } catch (error) {
      recordCheck({
        file,
        test,
        matcher,
        expected,
        status: 'not judged',
        error: errorRecord(error),
        replay: replayCommand(file, test, seed),
      });
      throw printable(error);
    }
  });
}
