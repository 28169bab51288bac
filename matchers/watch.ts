/** What becomes of a matcher whose test has ended without it: what the setups of Jest and of Vitest share. */
import { CancelledError } from '../src/errors.js';
import { duration } from '../src/format.js';
import { oneLine } from '../src/plain.js';
import { cancelPending, stopped, type Pending } from './pending.js';

/** How a test that is ending came out. */
export interface Ended {
  /** it has failed */
  readonly failed: boolean;
  /** it ran out of time */
  readonly late: boolean;
  /** its limit, in milliseconds */
  readonly timeout: number | undefined;
}

/** What a project sets that sets nothing; Jest's and Vitest's alike. Milliseconds. */
export const DEFAULT_TIMEOUT = 5_000;
/** What a test has then: a comparison takes its time, and has a limit of its own that follows its estimate. */
export const OUR_TIMEOUT = 3_600_000;

/** Seconds for what was told to stop to do so: well within the hook's own limit. @param limit of the hook, in milliseconds */
export const graceIn = (limit: number): number => Math.min(2, limit / 4000);

/** It comes from a hook of ours, whose lines say nothing of the test. */
function withoutPlace(message: string): Error {
  const error = new Error(message);
  error.stack = `Error: ${message}`;
  return error;
}

function refuse(left: readonly Pending[], test: string | undefined): void {
  if (left.length === 0) return;
  const names = left.map(({ matcher }) => matcher);
  throw withoutPlace(
    `${names.join(', ')} ${names.length === 1 ? 'was' : 'were'} not awaited${test ? ` in "${oneLine(test)}"` : ''}: the test ended before there was a verdict.\n` +
      `  do: await expect(candidate).${names[0]}(...)`,
  );
}

/** What a matcher ends with whose test had no time left. */
const lateError = ({ matcher, doing }: Pending, timeout: number | undefined): CancelledError =>
  new CancelledError({
    what: `${matcher} had not finished when its test ran out of time${timeout === undefined ? '' : ` (${duration(timeout / 1000)})`}${doing === undefined ? '' : `: ${doing}`}`,
    hint: 'give the test more: test(name, work, milliseconds), or testTimeout in the config of Jest or Vitest; without one congruity/setup and congruity/vitest give an hour. Or give the matcher less to do: fewer inputs, fewer draws',
  });

/**
 * For a hook after each test: cancels what the test left running, and fails it.
 * @param grace seconds, as `graceIn` has them
 */
export function testEnded(
  test: string | undefined,
  ended: Ended | undefined,
  grace: number,
): Promise<void> | undefined {
  const left = cancelPending(test, ended?.late ? (entry) => lateError(entry, ended.timeout) : undefined);
  if (left.length === 0) return undefined;
  return stopped(left, grace).then(() => {
    // it was awaited for as long as the test had: the runner says that the time is over, this how far it was
    if (ended?.late) throw withoutPlace(left.map((entry) => lateError(entry, ended.timeout).message).join('\n'));
    // a test that failed before it came to its `await`, or beside it, has forgotten nothing
    if (!ended?.failed) refuse(left, test);
  });
}

/**
 * For a hook after all tests of a file: the same for what has no hook after it, as what concurrent tests and `beforeAll` leave behind.
 * @param failed whether the test of this name has failed
 */
export function fileEnded(failed: (test: string) => boolean, grace: number): Promise<void> | undefined {
  const left = cancelPending();
  if (left.length === 0) return undefined;
  return stopped(left, grace).then(() =>
    refuse(
      left.filter(({ test }) => !failed(test)),
      undefined,
    ),
  );
}
