/**
 * The envelope of every matcher: it checks the options, settles the seed, watches for a forgotten `await`, tells how far the work is, records what came of it for
 * the reporter, and gives Jest or Vitest its result and message. What a matcher is about is its options and its `run`.
 */
import type * as fc from 'fast-check';
import type * as z from 'zod';
import { OptionError } from '../src/errors.js';
import { duration, plural } from '../src/format.js';
import type { Model } from '../src/model/model.js';
import { checkOptions } from '../src/options.js';
import { printable } from '../src/plain.js';
import { countRows } from '../src/rows.js';
import { clock } from '../src/signal.js';
import { resultOf, type MatcherContext, type MatcherResult, type TestPlace } from './context.js';
import type { Kind } from './kinds.js';
import { messageOf } from './message.js';
import { testOf } from './moment.js';
import { tracked } from './pending.js';
import { sayer } from './progress.js';
import type { CheckRecord } from '../src/claims/check.js';
import { errorRecord, fileOf, recordCheck, replayCommand } from './record.js';
import { seedOf } from './seed.js';
import { watched } from './vitest-tests.js';

/** What stands between the matcher's parentheses, besides the options: its type, and what a message shows for it. */
export interface Argument<A> {
  readonly shown: (given: A) => string;
}

/** @param shown what a message shows for the argument, or how to tell from what was given */
export const takes = <A>(shown: string | ((given: A) => string)): Argument<A> => ({
  shown: typeof shown === 'string' ? () => shown : shown,
});

/** Another model, which messages call by its name. @param otherwise what they show of something without one */
export const takesModel = (otherwise: string): Argument<Model> =>
  takes((given) => {
    const name = (given as { name?: unknown } | null | undefined)?.name;
    return typeof name === 'string' ? name : otherwise;
  });

/** One call of a matcher. */
export interface Call<A, O> {
  /** between the parentheses of `expect`: whatever it is */
  readonly received: unknown;
  /** not checked: what it is taken for */
  readonly argument: A;
  /** checked, with every default filled in */
  readonly options: O;
  readonly seed: number;
  /** fires where the test ends first, or the caller's own signal does */
  readonly signal: AbortSignal;
  readonly place: TestPlace;
  /** tells a person what is being done; that so many rows were computed is told anyway */
  readonly say: (doing: string) => void;
}

/** What a matcher resolves to that judged nothing, and passes: a snapshot was written, at this path. */
export interface Written {
  readonly written: string;
}

export interface Definition<A, S extends z.ZodType, E> {
  readonly name: string;
  /** left out by a matcher that takes nothing but options */
  readonly argument?: Argument<A> | undefined;
  /** a strict object: types, ranges, defaults, and what each option is for (`.describe()`) */
  readonly schema: S;
  /** the kind of evidence that `run` resolves to, which says how the outcome counts and how it reads */
  readonly kind: Kind<E>;
  /** @throws the library's own errors where nothing could be judged */
  run(call: Call<A, z.output<S>>): Promise<E | Written>;
}

/** A function for `expect.extend`, with the schema of its options. */
export interface Matcher<A, O> {
  (this: MatcherContext, received: unknown, argument: A, options: O): Promise<MatcherResult>;
  readonly schema: z.ZodType;
}

/** The same of one that takes nothing but options. */
export interface LoneMatcher<O> {
  (this: MatcherContext, received: unknown, options: O): Promise<MatcherResult>;
  readonly schema: z.ZodType;
}

/** Options that every matcher has. */
interface CommonOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Records that a check was not judged, and why. */
export function recordUnjudged(
  check: Pick<CheckRecord, 'file' | 'test' | 'matcher' | 'expected'>,
  seed: number,
  error: unknown,
): void {
  const { file, test } = check;
  recordCheck({ ...check, status: 'not judged', error: errorRecord(error), replay: replayCommand(file, test, seed) });
}

/** Where Vitest runs several files in one process, an import in the first of them is none in the next. @throws OptionError */
function checkWatched(testPath: string | undefined): void {
  const now = watched();
  if (now === undefined || testPath === undefined || now.file === testPath) return;
  throw new OptionError({
    what: 'congruity/vitest was loaded for another test file of this process, and watches none of the tests here',
    where: fileOf(testPath),
    hint: "list it in the config instead, test: { setupFiles: ['congruity/vitest'] }, or leave isolate on",
  });
}

/** Makes a matcher that takes nothing but options. */
export function defineLoneMatcher<S extends z.ZodType<CommonOptions>, E extends { readonly outcome: string }>(
  definition: Omit<Definition<undefined, S, E>, 'argument'>,
): LoneMatcher<z.input<S>> {
  const made = defineMatcher<undefined, S, E>(definition);
  const { name, schema } = definition;
  function matcher(this: MatcherContext, received: unknown, given: z.input<S>): Promise<MatcherResult> {
    return made.call(this, received, undefined, given);
  }
  return Object.assign(Object.defineProperty(matcher, 'name', { value: name }), { schema });
}

/** Makes a matcher. An undecided outcome fails, with and without `.not`. */
export function defineMatcher<A, S extends z.ZodType<CommonOptions>, E extends { readonly outcome: string }>(
  definition: Definition<A, S, E>,
): Matcher<A, z.input<S>> {
  const { name, schema, kind, argument: parameter } = definition;

  async function matcher(
    this: MatcherContext,
    received: unknown,
    argument: A,
    given: z.input<S>,
  ): Promise<MatcherResult> {
    const test = testOf(this);
    const file = fileOf(this.testPath);
    const expected = this.isNot ? kind.refuses : kind.passes;
    const check = { file, test, matcher: name, expected };
    const tell = sayer(test);
    return tracked(test, name, async (ended, note) => {
      let seed = 0;
      try {
        const shown = parameter?.shown(argument) ?? '';
        checkWatched(this.testPath);
        if (typeof given !== 'object' || given === null)
          throw new OptionError({
            what: `${name} needs options with at least the task`,
            where: name,
            hint: `await expect(model).${name}(${shown === '' ? '' : `${shown}, `}{ on: task })`,
          });
        seed = (given as { check?: fc.Parameters<unknown> }).check?.seed ?? seedOf(given, kind.seed());
        const options = checkOptions(schema, given, `options of ${name}`);
        const signal = options.signal ? AbortSignal.any([ended, options.signal]) : ended;
        const say = (doing: string): void => {
          note(doing);
          tell(doing);
        };
        const started = clock();
        const rows = countRows(signal, () =>
          say(`${plural(rows.count, 'row')} so far, in ${duration((clock() - started) / 1000)}`),
        );
        const place = { testPath: this.testPath, test, matcher: name, context: this };
        const evidence = await definition.run({ received, argument, options, seed, signal, place, say });
        if ('written' in evidence)
          return { pass: true, outcome: 'written', message: () => `${evidence.written} was written` };
        const replay = replayCommand(file, test, seed);
        const { outcome } = evidence;
        const status = outcome === 'undecided' ? 'not established' : outcome === expected ? 'held' : 'violated';
        recordCheck({ ...check, status, ...kind.record(evidence), replay });
        return resultOf(this, outcome, kind.passes, () =>
          messageOf(this, {
            matcher: name,
            argument: shown,
            replay,
            ...kind.account(evidence, this.isNot === true),
          }),
        );
      } catch (error) {
        recordUnjudged(check, seed, error);
        throw printable(error);
      }
    });
  }
  // expect.extend, messages and gates know it by its name
  return Object.assign(Object.defineProperty(matcher, 'name', { value: name }), { schema });
}
