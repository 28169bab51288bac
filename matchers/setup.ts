/**
 * Extends the global `expect` with the matchers and fails a test that leaves one without awaiting it. Import it in a test file or
 * list it in Jest's `setupFilesAfterEnv`.
 *
 * Raises Jest's default timeout from 5 seconds to 5 minutes where the project sets none: a comparison takes its time.
 */
import { OptionError } from '../src/errors.js';
import { oneLine } from '../src/plain.js';
import * as matchers from './index.js';
import { circus } from './moment.js';
import { cancelPending } from './pending.js';
import './types.js';

interface JestGlobals {
  expect?: { extend(matchers: Record<string, unknown>): void; getState(): { currentTestName?: string } };
  afterEach?: (hook: () => void) => void;
  afterAll?: (hook: () => void) => void;
}

const { expect, afterEach, afterAll } = globalThis as JestGlobals;
if (!expect || !afterEach || !afterAll)
  throw new OptionError({
    what: 'there is no global expect to extend',
    where: 'congruity/setup',
    todo: "load it inside Jest (setupFilesAfterEnv, or an import in a test file); with injectGlobals: false use expect.extend from '@jest/globals' with congruity/matchers",
  });

expect.extend({ ...matchers });

const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');
const JEST_DEFAULT = 5_000;
const OURS = 300_000;
const globals = globalThis as unknown as Record<symbol, unknown>;
// Jest keeps what `testTimeout` of the project's config came to in a state of its own; jest.setTimeout would do the same, but there is no `jest` to be had in every module system
if (globals[TIMEOUT] === undefined && (circus()?.testTimeout ?? JEST_DEFAULT) === JEST_DEFAULT) globals[TIMEOUT] = OURS;

function refuse(left: readonly string[], test: string | undefined): void {
  if (left.length === 0) return;
  throw new Error(
    `${left.join(', ')} ${left.length === 1 ? 'was' : 'were'} not awaited${test ? ` in "${oneLine(test)}"` : ''}: the test ended before there was a verdict.\n` +
      `  do: await expect(candidate).${left[0]}(...)`,
  );
}

afterEach(() => {
  const test = expect.getState().currentTestName;
  refuse(cancelPending(test), test);
});
// what concurrent tests leave behind has no afterEach of its own
afterAll(() => refuse(cancelPending(), undefined));
