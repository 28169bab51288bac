/** A suite as tests. */
import { join, resolve } from 'node:path';
import { OptionError } from '../src/errors.js';
import { checkOptions } from '../src/options.js';
import { makeFolder } from '../src/io/whole-file.js';
import { runnerGlobals } from '../matchers/globals.js';
import type { Suite, SuiteRun } from './suite.js';

/** How a suite is run by a test file. */
export interface DescribeSuiteOptions {
  /** folder of its result, which the next run goes on from. @defaultValue 'congruity-suite' */
  readonly out?: string | undefined;
  /** seconds that it may take. @defaultValue 3600 */
  readonly seconds?: number | undefined;
  /** names of checks that must hold, as the suite calls them. @defaultValue all that it makes */
  readonly checks?: readonly string[] | undefined;
}

/**
 * Declares a suite as tests: one runs it, and one for each of its checks that are named says whether it holds. Without names one test says so of all of them.
 * @throws OptionError for options that the suite does not take, and where there is neither Jest nor Vitest
 */
export function describeSuite<O>(suite: Suite<O>, options: O, how: DescribeSuiteOptions = {}): void {
  const { describe, test } = runnerGlobals(`the suite "${suite.name}" is to be declared`, 'describeSuite');
  const checked = checkOptions(suite.schema, options, `options of ${suite.name}`);
  const { out = 'congruity-suite', seconds = 3600, checks } = how;
  let found: SuiteRun | undefined;
  const failures = (names: readonly string[] | undefined): string[] => {
    const all = found?.checks ?? [];
    const missing = names?.find((name) => all.every((check) => check.name !== name));
    if (missing !== undefined)
      throw new OptionError({
        what: `the suite "${suite.name}" made no check "${missing}"`,
        where: 'describeSuite',
        hint: all.length === 0 ? 'see why the suite did not run' : `it made ${all.map(({ name }) => name).join('; ')}`,
      });
    return all.flatMap(({ name, failure }) =>
      failure === undefined || names?.includes(name) === false ? [] : [`${name}: ${failure}`],
    );
  };
  const holds = (names: readonly string[] | undefined): void => {
    const against = failures(names);
    if (against.length > 0) throw new Error(against.join('\n'));
  };
  describe(suite.name, () => {
    test(
      'runs to its end',
      async () => {
        const folder = resolve(out);
        makeFolder(folder, 'name another: out');
        found = await suite.run(checked, {
          path: join(folder, `${suite.name}.json`),
          signal: undefined,
          progress: () => undefined,
          estimated: () => undefined,
        });
        if (!found.complete) throw new Error('the suite was interrupted');
      },
      seconds * 1000,
    );
    if (checks === undefined) test('all checks hold', async () => holds(undefined), seconds * 1000);
    else for (const name of checks) test(name, async () => holds([name]), seconds * 1000);
  });
}
