/** Rows that a piece of work has computed. */
import { countRows } from '../../src/rows.js';
import { linkedTo } from '../../src/signal.js';

/** Does the work under a signal of its own, which is aborted with the one given. */
export async function countedRows<T>(
  given: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly found: T; readonly rows: number }> {
  const { controller, unlink } = linkedTo(given);
  const rows = countRows(controller.signal, () => undefined);
  try {
    const found = await work(controller.signal);
    return { found, rows: rows.count };
  } finally {
    unlink();
  }
}
