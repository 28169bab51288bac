/** Cancelling long work. */
import { CancelledError } from './errors.js';

/** @throws CancelledError where the signal has fired */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CancelledError({ what: 'The comparison was cancelled.', cause: signal.reason });
}
