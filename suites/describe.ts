/** A suite as tests. */
import * as z from 'zod';
import { CancelledError, OptionError, isCongruityError } from '../src/errors.js';
import { duration } from '../src/format.js';
import { replaceFile } from '../src/io/whole-file.js';
import { checkOptions, nearest, type ShapeOf } from '../src/options.js';
import { runnerGlobals } from '../matchers/globals.js';
import { LONGEST } from './limit.js';
import { stemOf } from './stem.js';
import { isSuite, type Suite, type SuiteRun } from './suite.js';

/** How a suite is run by a test file. */
export interface DescribeSuiteOptions {
  /** folder of its result, which the next run goes on from, and of its page. @defaultValue 'congruity-suite' */
  readonly out?: string | undefined;
  /** seconds that it may take. @defaultValue 3600 */
  readonly seconds?: number | undefined;
  /** names of checks that must hold, as the suite calls them. @defaultValue all that it makes */
  readonly checks?: readonly string[] | undefined;
}

/** Seconds that a suite that is told to end has to keep what it has done. */
const GRACE = 60;

/** Checks that a message lists, at most. */
const LISTED = 20;

const schema = z.strictObject({
  out: z.string().regex(/\S/, 'it is empty').default('congruity-suite'),
  seconds: z
    .number()
    .gt(0, 'must be above 0')
    .max(LONGEST - GRACE, `must be at most ${LONGEST - GRACE}: no timer waits longer`)
    .default(3600),
  checks: z
    .array(z.string())
    .min(1, 'names no check, so that nothing would be checked: leave it out for all of them')
    .refine((names) => new Set(names).size === names.length, 'names a check twice')
    .readonly()
    .optional(),
} satisfies ShapeOf<DescribeSuiteOptions>);

/** Checks that are named, or all; what speaks against them. @throws OptionError for a name that is no check's */
function failures(name: string, { checks }: SuiteRun, names: readonly string[] | undefined): string[] {
  const known = checks.map((check) => check.name);
  const missing = names?.find((one) => !known.includes(one));
  if (missing !== undefined)
    throw new OptionError({
      what: `the suite "${name}" made no check "${missing}"`,
      where: 'describeSuite',
      hint:
        known.length === 0
          ? 'it made none'
          : `did you mean "${nearest(missing, known)}"? It made: ${known.slice(0, LISTED).join('; ')}${known.length > LISTED ? `; and ${known.length - LISTED} more` : ''}`,
    });
  return checks.flatMap((check) =>
    check.failure === undefined || names?.includes(check.name) === false ? [] : [`${check.name}: ${check.failure}`],
  );
}

/**
 * Declares a suite as tests: one runs it, and one for each of its checks that are named says whether it holds. Without names one test says so of all of them. Its result and its page are kept as
 * `congruity suite` keeps them, and the next run goes on from there. Of a suite that fails or is not finished in its time, every test fails.
 * @throws OptionError for what is no suite, for options that it does not take, and where there is neither Jest nor Vitest
 */
export function describeSuite<O>(suite: Suite<O>, options: O, how: DescribeSuiteOptions = {}): void {
  if (!isSuite(suite))
    throw new OptionError({
      what: 'this is no suite',
      where: 'describeSuite',
      hint: 'a suite has name, description, schema (of zod) and run',
    });
  const { describe, test } = runnerGlobals(`the suite "${suite.name}" is to be declared`, 'describeSuite');
  const { out, seconds, checks } = checkOptions(schema, how, 'options of describeSuite');
  const checked = checkOptions(suite.schema, options, `options of ${suite.name}`);
  let running: Promise<SuiteRun> | undefined;
  // whichever test is the first: a runner may have been asked for one of them alone
  const found = (): Promise<SuiteRun> => (running ??= run(suite, checked, out, seconds));
  const holds = async (names: readonly string[] | undefined): Promise<void> => {
    const against = failures(suite.name, await found(), names);
    if (against.length > 0) throw new Error(against.join('\n'));
  };
  const most = (seconds + GRACE) * 1000;
  describe(suite.name, () => {
    test('runs to its end', async () => void (await found()), most);
    if (checks === undefined) test('all checks hold', () => holds(undefined), most);
    else for (const name of checks) test(name, () => holds([name]), most);
  });
}

/** @throws CancelledError where it is not finished in its time; whatever the suite throws */
async function run<O>(suite: Suite<O>, options: O, out: string, seconds: number): Promise<SuiteRun> {
  const stem = stemOf(out, suite, options, 'name another: out');
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), seconds * 1000);
  const late = (cause?: unknown): CancelledError =>
    new CancelledError({
      what: `the suite "${suite.name}" was not finished after ${duration(seconds)}`,
      where: 'describeSuite',
      hint: 'run the tests again, and it goes on from there; or give it more time: seconds',
      cause,
    });
  try {
    const found = await suite.run(options, {
      path: `${stem}.json`,
      signal: controller.signal,
      progress: () => undefined,
      estimated: () => undefined,
      resumed: () => undefined,
    });
    replaceFile(`${stem}.html`, found.html());
    if (found.complete) return found;
  } catch (error) {
    throw isCongruityError(error) && controller.signal.aborted ? late(error) : error;
  } finally {
    clearTimeout(timer);
  }
  throw late();
}
