/** Lets long synchronous work be cancelled and watched: between two pieces the event loop gets a turn. */
import { breathe, checkSignal } from '../signal.js';
import type { MeasureOptions } from './measure.js';

/**
 * A function to await after each of `pieces` pieces of work: reports progress, lets others run.
 * @throws CancelledError once the signal is aborted
 */
export function pace(
  pieces: number,
  { signal, progress }: Pick<MeasureOptions, 'signal' | 'progress'>,
): () => Promise<void> {
  let done = 0;
  checkSignal(signal);
  return async () => {
    progress?.(++done / pieces);
    await breathe(signal);
  };
}
