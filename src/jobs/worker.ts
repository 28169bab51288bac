/** What a worker thread runs: jobs one after another, each answered by its number. */
import { parentPort } from 'node:worker_threads';
import type { FitsJob } from '../measure/ridge-away.js';
import type { RowsJob } from '../model/away.js';
import { fits } from './fits.js';
import { rows } from './rows.js';

const port = parentPort!;

/** The memory of what is answered, which is handed over and not copied. */
function memoryOf(done: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(done)) {
    if (done.buffer instanceof ArrayBuffer) found.add(done.buffer);
  } else if (typeof done === 'object' && done !== null) for (const part of Object.values(done)) memoryOf(part, found);
  return found;
}

async function answer({ id, job }: { readonly id: number; readonly job: RowsJob | FitsJob }): Promise<void> {
  try {
    const done = job.kind === 'rows' ? await rows(job) : await fits(job);
    port.postMessage({ id, done }, [...memoryOf(done)]);
  } catch (error) {
    // whoever asked does it again, and meets the error itself
    port.postMessage({ id, refused: error instanceof Error ? error.message : String(error) });
  }
}

let turn: Promise<unknown> = Promise.resolve();
port.on('message', (asked: Parameters<typeof answer>[0]) => {
  turn = turn.then(() => answer(asked));
});
