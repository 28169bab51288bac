/** `congruity work`: takes gates, and draws of gates, from a queue, one after the other, and puts back what came of them. */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from 'bullmq';
import { CACHE_FOLDER } from '../../src/cache/options.js';
import { oneLine } from '../../src/plain.js';
import { removeTemporary, temporaryFolder } from '../../src/io/temporary.js';
import { integer, notEmpty } from '../arguments.js';
import { cacheFor } from '../cache-option.js';
import { findConfig, loadConfig } from '../config.js';
import { interruptible } from '../interruptible.js';
import { checkQueue, connectionTo, loadBull, openQueue, openRedis, reasonOf, shownQueue } from './connect.js';
import { queueName, type DrawsJob, type GateJob } from './jobs.js';
import { draw, judge, type Here } from './judge.js';
import { Told } from './told.js';

/** As typed: texts. */
export interface WorkArguments {
  readonly queue: string;
  readonly workers?: string | undefined;
  readonly idle?: string | undefined;
  readonly lostAfter?: string | undefined;
  /** false for none */
  readonly cache?: string | false | undefined;
}

/** Milliseconds that a worker that was told to end has to give back what it does. */
const GRACE = 10_000;
/** Times that a job may be lost with its worker before it counts as one that no worker survives. */
const LOST = 3;

const say = (text: string): void => void process.stderr.write(`${oneLine(text)}\n`);

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
      const name = queueName(loaded);
      const queue = await openQueue(bull, name, url, () => ready);
      const redis = await openRedis(url);
      ready = true;
      const kept = cacheFor(args.cache, loaded);
      // what workers hand on to one another lies in a cache, if only for this run
      const here: Here = { loaded, queue, redis, cache: kept === false ? join(work, 'cache') : kept, signal };
      /** what this worker did and does, by the ids of the jobs */
      const names = new Map<string, string>();
      const told = new Told(say, names);
      redis.on('close', () => told.brokeOff());
      redis.on('ready', () => told.isBack());
      const done = async ({ name: kind, data, id }: Job<GateJob | DrawsJob, string>): Promise<string> => {
        busy++;
        const draws = kind === 'draws' ? (data as DrawsJob) : undefined;
        const gate = draws?.of ?? (data as GateJob);
        const shown = draws ? `draws ${draws.from} to ${draws.to - 1} of ${gate.gate}` : gate.gate;
        names.set(id!, shown);
        say(`started   ${shown}`);
        try {
          if (draws) {
            const made = await draw(draws, here);
            say(`${made > 0 ? 'made' : 'not needed any more'}  ${shown}`);
            return String(made);
          }
          const check = await judge(gate, id!, here);
          say(`${check.status}  ${shown}`);
          return JSON.stringify(check);
        } catch (error) {
          say(`given back  ${shown}: ${reasonOf(error)}`);
          throw error;
        } finally {
          busy--;
          last = Date.now();
        }
      };
      const workers = Array.from({ length: concurrency }, () => {
        const worker = new bull.Worker<GateJob | DrawsJob, string>(name, done, {
          connection: connectionTo(url, () => true),
          lockDuration: lostAfter,
          stalledInterval: Math.max(500, lostAfter / 2),
          maxStalledCount: LOST,
          autorun: false,
        });
        worker.on('error', (error) => told.fault(error));
        return worker;
      });
      say(`waits for gates of ${loaded.shown} at ${shownQueue(url)}`);
      const running = workers.map((worker) => worker.run());
      const isOver = (): boolean =>
        signal.aborted || (idle !== undefined && busy === 0 && Date.now() - last >= 1000 * idle);
      while (!isOver()) await sleep(200);
      told.end();
      // without a Redis nothing can be given back: whoever is there then finds out that this worker is lost
      await Promise.race([
        Promise.all([...workers.map((worker) => worker.close()), ...running]),
        sleep(GRACE, undefined, { ref: false }),
      ]);
      for (const one of [...workers, queue]) void one.disconnect().catch(() => undefined);
      redis.disconnect();
    });
    return 0;
  } finally {
    removeTemporary(work);
  }
}
