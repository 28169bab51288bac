/** Async matchers still running, so that one nobody awaits fails its test instead of letting it pass, and one whose test has ended stops. */
import { longTimer } from '../src/signal.js';

export interface Pending {
  readonly test: string;
  readonly matcher: string;
  readonly controller: AbortController;
  /** what it is doing, as it last said */
  doing: string | undefined;
  /** resolves when it has stopped */
  readonly settled: Promise<void>;
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
 * @param work is given the signal, and a function to call with what it is doing
 */
export async function tracked<T>(
  test: string,
  matcher: string,
  work: (signal: AbortSignal, say: (doing: string) => void) => Promise<T>,
): Promise<T> {
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  const entry: Pending = { test, matcher, controller: new AbortController(), doing: undefined, settled };
  registry().add(entry);
  try {
    return await work(entry.controller.signal, (doing) => (entry.doing = doing));
  } catch (error) {
    settle();
    // its test has failed already and nobody listens: a rejection now would end the whole Jest process
    if (entry.controller.signal.aborted) return await new Promise<never>(() => undefined);
    throw error;
  } finally {
    registry().delete(entry);
    settle();
  }
}

/**
 * Cancels what is pending, of one test or of all.
 * @param why the error that it ends with; default: that it was cancelled
 */
export function cancelPending(test?: string, why?: (entry: Pending) => Error): Pending[] {
  const left = [...registry()].filter((entry) => test === undefined || entry.test === test);
  for (const entry of left) {
    registry().delete(entry);
    entry.controller.abort(why?.(entry));
  }
  return left;
}

/** Until all of these have stopped, or so many seconds are over: nothing of a test should run into the next one. */
export async function stopped(entries: readonly Pending[], seconds: number): Promise<void> {
  let forget = (): void => undefined;
  const late = new Promise<void>((resolve) => (forget = longTimer(seconds, resolve)));
  await Promise.race([late, Promise.all(entries.map(({ settled }) => settled))]);
  forget();
}
