/** Cancelling long work. */
import { CancelledError } from './errors.js';

/** @throws CancelledError where the signal has fired: the signal's own reason where that is one */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if ((signal.reason as { code?: unknown } | undefined)?.code === 'CANCELLED') throw signal.reason;
  throw new CancelledError({ what: 'The comparison was cancelled.', cause: signal.reason });
}
