/** The workers that a piece of work may use: known to all that it awaits. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Workers } from './pool.js';

const key = Symbol.for('congruity.workers');
type Shared = { [key]?: AsyncLocalStorage<Workers> };

/** Of both builds: a model may come from one, and be compared by the other. */
const current = ((globalThis as Shared)[key] ??= new AsyncLocalStorage<Workers>());

/** The workers to use here, if there are some. */
export const workersHere = (): Workers | undefined => current.getStore();

/**
 * Work that may use so many workers; they end with it. One is this thread alone. Work inside work uses the workers that are there.
 * @throws BackendError where the package is not built, or a worker dies
 */
export async function withWorkers<T>(count: number, work: () => Promise<T>): Promise<T> {
  if (count <= 1 || current.getStore()) return work();
  const workers = new Workers(count);
  try {
    return await current.run(workers, work);
  } finally {
    await workers.end();
  }
}
