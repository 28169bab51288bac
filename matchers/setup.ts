/**
 * Extends the global `expect` with the matchers and fails a test that leaves one without awaiting it. Import it in a test file or
 * list it in Jest's `setupFilesAfterEnv`. Vitest's is `congruity/vitest`.
 *
 * Raises Jest's default timeout from 5 seconds to an hour where the project sets none: a comparison takes its time, and has a limit of its own that follows its estimate.
 */
import { OptionError } from '../src/errors.js';
import { circus, endedBefore, endedNow, finishedBefore } from './circus.js';
import * as matchers from './index.js';
// for its declarations, which drop what they do not name
import './jest-types.js';
import { reportObsolete, updatingFrom } from './snapshots.js';
import { DEFAULT_TIMEOUT, fileEnded, graceIn, OUR_TIMEOUT, testEnded } from './watch.js';

interface JestGlobals {
  expect?: {
    extend(matchers: Record<string, unknown>): void;
    getState(): { currentTestName?: string; testPath?: string; snapshotState?: unknown };
  };
  afterEach?: (hook: () => void | Promise<void>) => void;
  afterAll?: (hook: () => void | Promise<void>) => void;
}

const { expect, afterEach, afterAll } = globalThis as JestGlobals;
if (!expect || !afterEach || !afterAll)
  throw new OptionError({
    what: 'there is no global expect to extend',
    where: 'congruity/setup',
    hint: "load it inside Jest (setupFilesAfterEnv, or an import in a test file); with injectGlobals: false use expect.extend from '@jest/globals' with congruity/matchers; in Vitest load congruity/vitest",
  });

expect.extend({ ...matchers });

const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');
const globals = globalThis as unknown as Record<symbol, unknown>;
const timeout = (): number => circus()?.testTimeout ?? DEFAULT_TIMEOUT;
// Jest keeps what `testTimeout` of the project's config came to in a state of its own; jest.setTimeout would do the same, but there is no `jest` to be had in every module system
if (globals[TIMEOUT] === undefined && timeout() === DEFAULT_TIMEOUT) globals[TIMEOUT] = OUR_TIMEOUT;

afterEach(() => testEnded(expect.getState().currentTestName, endedNow(), graceIn(timeout())));
afterAll(async () => {
  await fileEnded((test) => endedBefore(test)?.failed === true, graceIn(timeout()));
  const { testPath, snapshotState } = expect.getState();
  reportObsolete(testPath, updatingFrom(snapshotState), (test) => finishedBefore(test));
});
