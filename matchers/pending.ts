/** Async matchers still running, so that one nobody awaits fails its test instead of letting it pass. */

interface Pending {
  readonly test: string;
  readonly matcher: string;
  readonly controller: AbortController;
}

const KEY = Symbol.for('congruity.pending');

/** One registry for the ES and the CommonJS build, which may both be loaded. */
function registry(): Set<Pending> {
  const holder = globalThis as { [KEY]?: Set<Pending> };
  return (holder[KEY] ??= new Set());
}

/**
 * Runs a matcher's work, counted as pending until it settles. Where the test ends first its signal fires, and what comes of it
 * then is dropped.
 */
export async function tracked<T>(test: string, matcher: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const entry: Pending = { test, matcher, controller: new AbortController() };
  registry().add(entry);
  try {
    return await work(entry.controller.signal);
  } catch (error) {
    // its test has failed already and nobody listens: a rejection now would end the whole Jest process
    if (entry.controller.signal.aborted) return await new Promise<never>(() => undefined);
    throw error;
  } finally {
    registry().delete(entry);
  }
}

/** Cancels what is pending, of one test or of all, and returns the matchers' names. */
export function cancelPending(test?: string): string[] {
  const left = [...registry()].filter((entry) => test === undefined || entry.test === test);
  for (const entry of left) {
    registry().delete(entry);
    entry.controller.abort();
  }
  return left.map((entry) => entry.matcher);
}
