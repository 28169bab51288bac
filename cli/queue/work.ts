/** `congruity work`: takes gates from a queue, one after the other, and puts back what came of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { resolve } from 'node:path';
import type { Worker } from 'bullmq';
import type { Check } from '../../reports/schema.js';
import { CACHE_FOLDER } from '../../src/cache/options.js';
import { QueueError } from '../../src/errors.js';
import { oneLine } from '../../src/plain.js';
import { removeTemporary, temporaryFolder } from '../../src/io/temporary.js';
import type { Gate } from '../../suites/config.js';
import { integer, notEmpty } from '../arguments.js';
import { cacheFor } from '../cache-option.js';
import { findConfig, loadConfig, type Loaded } from '../config.js';
import { interruptible } from '../interruptible.js';
import { runGates } from '../run-gates.js';
import { writeTestFiles } from '../test-files.js';
import { checkQueue, connectionTo, loadBull, queueFault, reasonOf, shownQueue } from './connect.js';
import { modelsOf, queueName, type GateJob } from './jobs.js';

/** As typed: texts. */
export interface WorkArguments {
  readonly queue: string;
  readonly workers?: string | undefined;
  readonly idle?: string | undefined;
  readonly lostAfter?: string | undefined;
  /** false for none */
  readonly cache?: string | false | undefined;
}

/** Times that a job may be lost with its worker before it counts as one that no worker survives. */
const LOST = 3;

const say = (text: string): void => void process.stderr.write(`${oneLine(text)}\n`);

/** What came of a job. @throws where another worker may have more luck */
async function judge(
  { gate: name, seed, backend, levels, models }: GateJob,
  loaded: Loaded,
  { cache, signal }: { readonly cache: WorkArguments['cache']; readonly signal: AbortSignal },
): Promise<Check> {
  const gate = loaded.config.gates.find((one) => one.name === name);
  if (!gate) throw new QueueError({ what: `the config of this worker has no gate "${name}"` });
  const here: Record<string, string> = await modelsOf(gate, loaded.folder);
  const other = Object.keys(models).find((path) => here[path] !== models[path]);
  if (other !== undefined) throw new QueueError({ what: `a worker has another file than the gate: ${other}` });
  const work = temporaryFolder('gate');
  try {
    const seedOf = (of: Gate): number => of.options?.seed ?? seed;
    const files = writeTestFiles(loaded, [gate], work, {
      seed,
      backend,
      cache: cacheFor(cache, loaded),
      levelsOf: () => levels,
      seedOf,
    });
    const quiet = { started: () => undefined, finished: () => undefined };
    const { checks } = await runGates(files, {
      work,
      folder: loaded.folder,
      workers: 1,
      signal,
      events: quiet,
      named: (_, check) => check,
    });
    const [check] = checks as [Check];
    if (['CRASHED', 'CANCELLED'].includes(check.error?.code ?? ''))
      throw new QueueError({ what: check.error!.what, hint: check.error!.hint });
    return check;
  } finally {
    removeTemporary(work);
  }
}

/**
 * Works until it is ended by Ctrl-C, or, with `--idle`, until nothing came for so long.
 * @throws OptionError, FileError; QueueError where the queue cannot be reached
 */
export async function workCommand(given: string | undefined, args: WorkArguments): Promise<0> {
  const url = checkQueue(args.queue);
  const concurrency = integer(args.workers, '--workers', 1) ?? 1;
  const idle = integer(args.idle, '--idle', 1);
  const lostAfter = 1000 * (integer(args.lostAfter, '--lost-after', 1) ?? 30);
  notEmpty(given, 'the config', 'congruity work congruity.config.ts --queue redis://localhost:6379');
  if (args.cache !== false) notEmpty(args.cache, '--cache', `--cache ${CACHE_FOLDER}`);
  const work = temporaryFolder('work');
  try {
    const loaded = await loadConfig(resolve(findConfig(given, process.cwd())), work);
    const bull = await loadBull();
    await interruptible(async (signal) => {
      let [ready, busy, last] = [false, 0, Date.now()];
      const worker: Worker<GateJob, string> = new bull.Worker<GateJob, string>(
        queueName(loaded),
        async ({ data }) => {
          busy++;
          say(`started   ${data.gate}`);
          try {
            const check = await judge(data, loaded, { cache: args.cache, signal });
            say(`${check.status}  ${data.gate}`);
            return JSON.stringify(check);
          } catch (error) {
            say(`given back  ${data.gate}: ${reasonOf(error)}`);
            throw error;
          } finally {
            busy--;
            last = Date.now();
          }
        },
        {
          connection: connectionTo(url, () => ready),
          concurrency,
          lockDuration: lostAfter,
          stalledInterval: Math.max(500, lostAfter / 2),
          maxStalledCount: LOST,
          autorun: false,
        },
      );
      worker.on('error', (error) => ready && say(`the queue: ${reasonOf(error)}`));
      try {
        await worker.waitUntilReady();
      } catch (error) {
        await worker.disconnect().catch(() => undefined);
        throw queueFault(`the queue cannot be reached: ${reasonOf(error)}`, url, error);
      }
      ready = true;
      say(`waits for gates of ${loaded.shown} at ${shownQueue(url)}`);
      const running = worker.run();
      const isOver = (): boolean =>
        signal.aborted || (idle !== undefined && busy === 0 && Date.now() - last >= 1000 * idle);
      while (!isOver()) await sleep(200);
      await worker.close();
      await running;
    });
    return 0;
  } finally {
    removeTemporary(work);
  }
}
