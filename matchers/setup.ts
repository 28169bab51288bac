/**
 * Extends the global `expect` with the matchers and fails a test that leaves one without awaiting it. Import it in a test file or
 * list it in Jest's `setupFilesAfterEnv`.
 *
 * Raises Jest's default timeout from 5 seconds to an hour where the project sets none: a comparison takes its time, and has a limit of its own that follows its estimate.
 */
import { CancelledError, OptionError } from '../src/errors.js';
import { duration } from '../src/format.js';
import { oneLine } from '../src/plain.js';
import { circus, endedBefore, endedNow, type Ended } from './circus.js';
import * as matchers from './index.js';
import { cancelPending, stopped, type Pending } from './pending.js';
import './types.js';

interface JestGlobals {
  expect?: { extend(matchers: Record<string, unknown>): void; getState(): { currentTestName?: string } };
  afterEach?: (hook: () => void | Promise<void>) => void;
  afterAll?: (hook: () => void | Promise<void>) => void;
}

const { expect, afterEach, afterAll } = globalThis as JestGlobals;
if (!expect || !afterEach || !afterAll)
  throw new OptionError({
    what: 'there is no global expect to extend',
    where: 'congruity/setup',
    hint: "load it inside Jest (setupFilesAfterEnv, or an import in a test file); with injectGlobals: false use expect.extend from '@jest/globals' with congruity/matchers",
  });

expect.extend({ ...matchers });

const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');
const JEST_DEFAULT = 5_000;
const OURS = 3_600_000;
const globals = globalThis as unknown as Record<symbol, unknown>;
// Jest keeps what `testTimeout` of the project's config came to in a state of its own; jest.setTimeout would do the same, but there is no `jest` to be had in every module system
if (globals[TIMEOUT] === undefined && (circus()?.testTimeout ?? JEST_DEFAULT) === JEST_DEFAULT) globals[TIMEOUT] = OURS;

function refuse(left: readonly Pending[], test: string | undefined): void {
  if (left.length === 0) return;
  const names = left.map(({ matcher }) => matcher);
  const error = new Error(
    `${names.join(', ')} ${names.length === 1 ? 'was' : 'were'} not awaited${test ? ` in "${oneLine(test)}"` : ''}: the test ended before there was a verdict.\n` +
      `  do: await expect(candidate).${names[0]}(...)`,
  );
  // it comes from a hook of ours, whose lines say nothing of the test
  error.stack = `Error: ${error.message}`;
  throw error;
}

/** What a matcher ends with whose test had no time left. */
const lateError = ({ matcher, doing }: Pending, timeout: number | undefined): CancelledError =>
  new CancelledError({
    what: `${matcher} had not finished when its test ran out of time${timeout === undefined ? '' : ` (${duration(timeout / 1000)})`}${doing === undefined ? '' : `: ${doing}`}`,
    hint: 'give the test more: test(name, work, milliseconds), or testTimeout in Jest’s config; without one congruity/setup gives an hour. Or give the matcher less to do: fewer inputs, fewer draws',
  });

const why = (ended: Ended | undefined) =>
  ended?.late ? (entry: Pending) => lateError(entry, ended.timeout) : undefined;

/** Seconds for what was told to stop to do so: well within the hook's own limit, which is the test's. */
const grace = (): number => Math.min(2, (circus()?.testTimeout ?? JEST_DEFAULT) / 4000);

afterEach(() => {
  const test = expect.getState().currentTestName;
  const ended = endedNow();
  const left = cancelPending(test, why(ended));
  if (left.length === 0) return undefined;
  return stopped(left, grace()).then(() => {
    // it was awaited for as long as the test had: Jest says that the time is over, this how far it was
    if (ended?.late) throw new Error(left.map((entry) => lateError(entry, ended.timeout).message).join('\n'));
    // a test that failed before it came to its `await`, or beside it, has forgotten nothing
    if (!ended?.failed) refuse(left, test);
  });
});
// what concurrent tests leave behind has no afterEach of its own
afterAll(() => {
  const left = cancelPending();
  if (left.length === 0) return undefined;
  return stopped(left, grace()).then(() =>
    refuse(
      left.filter(({ test }) => !endedBefore(test)?.failed),
      undefined,
    ),
  );
});
