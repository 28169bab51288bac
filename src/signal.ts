/** Long work that can be cancelled, and that lets others run: timers, input and output, an `AbortSignal.timeout`. */
import { performance } from 'node:perf_hooks';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { CancelledError } from './errors.js';

// both from Node itself and taken when the module loads: a test's fake timers can neither stop the work nor its clock
const later = setImmediate;
const [start, stop] = [setTimeout, clearTimeout];
/** Milliseconds by a clock that no fake timer sets. */
export const clock = performance.now.bind(performance);

/** Milliseconds after which work lets others run. Short beside the 100 that a person notices, long beside what a turn of the loop costs (some microseconds). */
const TURN = 20;

let last = clock();

/** @throws CancelledError where the signal has fired: the signal's own reason where that is one */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if ((signal.reason as { code?: unknown } | undefined)?.code === 'CANCELLED') throw signal.reason;
  throw new CancelledError({ what: 'It was cancelled before its end.', cause: signal.reason });
}

/** A controller that a given signal aborts as well, of whatever realm that is; `unlink` when the work is over. */
export function linkedTo(given: AbortSignal | undefined): {
  readonly controller: AbortController;
  readonly unlink: () => void;
} {
  const controller = new AbortController();
  const abort = (): void => controller.abort(given?.reason);
  if (given?.aborted) abort();
  given?.addEventListener('abort', abort, { once: true });
  return { controller, unlink: () => given?.removeEventListener('abort', abort) };
}

/** The longest that a timer can wait, in milliseconds. */
export const LONGEST_TIMER = 2_147_483_647;

/** Calls back after so many seconds, unless what it returns is called before; keeps no process alive. */
export function longTimer(seconds: number, done: () => void): () => void {
  const timer = start(done, Math.min(LONGEST_TIMER, 1000 * seconds));
  timer.unref();
  return () => stop(timer);
}

/** Gives the event loop a whole turn where it has had none for a while; to be awaited between pieces of work. Promises alone would never let a timer fire. @throws CancelledError */
export async function breathe(signal?: AbortSignal): Promise<void> {
  checkSignal(signal);
  if (clock() - last < TURN) return;
  await new Promise<void>((resolve) => void later(resolve));
  last = clock();
  checkSignal(signal);
}

/** One after the other, with a breath between. @throws CancelledError */
export async function each<T, R>(
  list: readonly T[],
  work: (one: T, index: number) => R,
  signal: AbortSignal | undefined,
): Promise<R[]> {
  const found: R[] = [];
  for (const [index, one] of list.entries()) {
    await breathe(signal);
    found.push(work(one, index));
  }
  return found;
}

/** Work that can be left between two pieces: it yields there. */
export type Pieces<T> = Generator<void, T, void>;

/** All of it in one go. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** All of it, with a breath between pieces. @throws CancelledError, after the work's own `finally` */
export async function inTurns<T>(work: Pieces<T>, signal: AbortSignal | undefined): Promise<T> {
  let finished = false;
  try {
    for (;;) {
      const { done, value } = work.next();
      if (done) {
        finished = true;
        return value;
      }
      // most pieces are short: no promise for these
      if (clock() - last >= TURN) await breathe(signal);
    }
  } finally {
    if (!finished) work.return(undefined as never);
  }
}
