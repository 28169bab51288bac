/** Worker threads that compute a part of the work each. What they compute is in `src/jobs`. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { BackendError } from '../errors.js';

/** An answer of a worker. */
type Answer = { readonly id: number } & ({ readonly done: unknown } | { readonly refused: string });

/** A worker gave no result, for a reason of the work's own: whoever asked does it here, and meets the reason. */
export class Refused extends Error {}

interface Waiting {
  readonly resolve: (done: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

const HINT = 'run without `workers`, or with fewer: each holds the weights once more';

/**
 * The built file that a worker runs. @throws BackendError where there is none, as in the sources
 * @param from of this module: in the ES build its own file, in CommonJS the one file there is
 */
export function fileOfWorkers(from: string = import.meta.url): string {
  const file = fileURLToPath(
    new URL(from.endsWith('/congruity.js') ? './src/jobs/worker.js' : '../jobs/worker.js', from),
  );
  if (existsSync(file)) return file;
  throw new BackendError({
    what: `workers need the built package: ${file} is not there`,
    where: 'workers',
    hint: 'npm run build, and import from dist/',
  });
}

/** So many threads; each is started when it is first given something. */
export class Workers {
  private readonly threads: (Thread | undefined)[];
  private readonly file: string;
  private failed: BackendError | undefined;
  private ids = 0;

  /** @throws BackendError where the package is not built */
  constructor(
    readonly count: number,
    file?: string,
  ) {
    this.file = file ?? fileOfWorkers();
    this.threads = Array.from({ length: count }, () => undefined);
  }

  /**
   * Has a thread do a job, after those it was given before. The same thread for the same part of the work finds there what it kept.
   * @param job what can be sent, as `structuredClone` takes it
   * @throws Refused where the job cannot be sent, or ends in an error; BackendError where the thread died
   */
  async run(at: number, job: unknown): Promise<unknown> {
    if (this.failed) throw this.failed;
    const { worker, waiting } = (this.threads[at % this.count] ??= this.start());
    const id = this.ids++;
    return new Promise((resolve, reject) => {
      try {
        worker.postMessage({ id, job }, []);
      } catch (cause) {
        reject(new Refused('it cannot be sent', { cause }));
        return;
      }
      waiting.set(id, { resolve, reject });
      // an idle pool keeps no process alive; one that works does
      worker.ref();
    });
  }

  /** Ends all threads, whatever they are doing. */
  async end(): Promise<void> {
    this.failed ??= new BackendError({ what: 'the workers were ended', where: 'workers', hint: HINT });
    const threads = this.threads.splice(0);
    await Promise.all(threads.map((thread) => thread?.worker.terminate()));
  }

  private start(): Thread {
    // what the process was told of inspectors and loaders is not for workers
    const worker = new Worker(this.file, { execArgv: [] });
    const thread: Thread = { worker, waiting: new Map() };
    const died = (cause: unknown): void => {
      const error = new BackendError({
        what: `a worker thread ended: ${cause instanceof Error ? cause.message : String(cause)}`,
        where: 'workers',
        hint: HINT,
        cause,
      });
      this.failed ??= error;
      for (const { reject } of thread.waiting.values()) reject(error);
      thread.waiting.clear();
    };
    worker.on('message', (answer: Answer) => {
      const asked = thread.waiting.get(answer.id);
      thread.waiting.delete(answer.id);
      if (thread.waiting.size === 0) worker.unref();
      if ('done' in answer) asked?.resolve(answer.done);
      else asked?.reject(new Refused(answer.refused));
    });
    worker.on('error', died);
    worker.on('messageerror', died);
    worker.on('exit', (code) => died(new Error(`it exited with ${code}`)));
    worker.unref();
    return thread;
  }
}
