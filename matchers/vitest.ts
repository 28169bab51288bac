/**
 * Extends Vitest's `expect` with the matchers and fails a test that leaves one without awaiting it. List it in the config:
 *
 *     test: { setupFiles: ['congruity/vitest'], reporters: ['default', 'congruity/vitest/reporter'] }
 *
 * Raises Vitest's default timeouts of tests and hooks to an hour where the project sets none: a comparison takes its time, and has a limit of its own that follows its estimate.
 */
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as matchers from './all.js';
import type { CongruityMatchers } from './types.js';
import { reportObsolete, updatingFrom } from './snapshots.js';
import { endedOf, fullName, namesIn, watch, type VitestTest } from './vitest-tests.js';
import { DEFAULT_TIMEOUT, fileEnded, graceIn, OUR_TIMEOUT, testEnded } from './watch.js';

declare module 'vitest' {
  interface Assertion<T> extends CongruityMatchers {}
}

/** Vitest's default for hooks. Milliseconds. */
const DEFAULT_HOOK_TIMEOUT = 10_000;

interface Timeouts {
  readonly testTimeout?: number;
  readonly hookTimeout?: number;
}

expect.extend({ ...matchers });

// Vitest lets a test file set its timeouts, and tells it them nowhere else
const WORKER = '__vitest_worker__';
const worker = (globalThis as { [WORKER]?: { readonly config?: Timeouts } })[WORKER];
const { testTimeout = DEFAULT_TIMEOUT, hookTimeout = DEFAULT_HOOK_TIMEOUT } = worker?.config ?? {};
vi.setConfig({
  ...(testTimeout === DEFAULT_TIMEOUT && { testTimeout: OUR_TIMEOUT }),
  ...(hookTimeout === DEFAULT_HOOK_TIMEOUT && { hookTimeout: OUR_TIMEOUT }),
});

const { running } = watch(expect.getState().testPath, { describe, expect, test });
const failed = new Set<string>();
const passed = new Set<string>();
// all tests of the file, of which every one that runs knows
let file: Parameters<typeof namesIn>[0] | undefined;
const seen = (): string[] => (file ? namesIn(file) : []);
const grace = graceIn(hookTimeout);

beforeEach(({ task }) => {
  running.add(task as VitestTest);
  file = (task as VitestTest).file;
});
afterEach(async ({ task }) => {
  const ended = endedOf(task as VitestTest);
  (ended.failed ? failed : passed).add(fullName(task));
  try {
    await testEnded(fullName(task), ended, grace);
  } finally {
    running.delete(task as VitestTest);
  }
});
afterAll(async () => {
  await fileEnded((name) => failed.has(name), grace);
  const { testPath, snapshotState } = expect.getState();
  reportObsolete(testPath, updatingFrom(snapshotState), (name) => passed.has(name) && !failed.has(name), [...seen()]);
});
