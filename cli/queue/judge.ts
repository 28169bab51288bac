/** A worker's part of a gate: judges it, and asks others for draws of it, or makes such draws. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Check } from '../../reports/schema.js';
import { cacheOf, type CacheOption } from '../../src/cache/options.js';
import { ENTRIES_FILE } from '../../src/cache/kept.js';
import { QueueError } from '../../src/errors.js';
import { removeTemporary, temporaryFolder } from '../../src/io/temporary.js';
import { checkOptions } from '../../src/options.js';
import type { Gate } from '../../suites/config.js';
import { gateOptionsSchema } from '../../suites/options.js';
import type { Loaded } from '../config.js';
import { built } from '../package-paths.js';
import { apart } from '../apart.js';
import { runGates } from '../run-gates.js';
import { orderFor, prepareGates } from '../gate-order.js';
import { Ahead } from './ahead.js';
import type { DrawsOrder } from './draws-process.js';
import { HandingOn } from './handing-on.js';
import { modelsOf, type DrawsJob, type GateJob } from './jobs.js';

/** Milliseconds between two looks at what others have made. */
const LOOK = 300;
/** Milliseconds of drawing before others are asked: a gate that is drawn sooner than others could load its models needs none. */
const ALONE = 1000;
/** Seconds that jobs for draws are remembered. */
const REMEMBERED = 3600;

/** What a worker has. */
export interface Here {
  readonly loaded: Loaded;
  readonly queue: Queue;
  readonly redis: Redis;
  /** of this worker: what it computes and what it gets from others */
  readonly cache: Exclude<CacheOption, false>;
  readonly signal: AbortSignal;
}

/** @throws QueueError where another worker may have more luck */
async function gateHere({ gate: name, models }: GateJob, { config, folder }: Loaded): Promise<Gate> {
  const gate = config.gates.find((one) => one.name === name);
  if (!gate) throw new QueueError({ what: `the config of this worker has no gate "${name}"` });
  const here: Record<string, string> = await modelsOf(gate, folder);
  const other = Object.keys(models).find((path) => here[path] !== models[path]);
  if (other !== undefined) throw new QueueError({ what: `a worker has another file than the gate: ${other}` });
  return gate;
}

const runOf = ({ seed, backend, levels }: GateJob, cache: CacheOption) => ({
  seed,
  backend,
  cache,
  levelsOf: () => levels,
  seedOf: (of: Gate): number => of.options?.seed ?? seed,
});

/** Does something again and again until work is done, and once more then. */
async function meanwhile<T>(work: Promise<T>, look: () => Promise<void>): Promise<T> {
  const state = { over: false };
  const end = work.finally(() => (state.over = true)).catch(() => undefined);
  while (!state.over) {
    // without others it is done all the same
    await look().catch(() => undefined);
    await Promise.race([end, sleep(LOOK)]);
  }
  return work;
}

/** What came of a gate. @throws where another worker may have more luck */
export async function judge(job: GateJob, id: string, { loaded, queue, redis, cache, signal }: Here): Promise<Check> {
  const gate = await gateHere(job, loaded);
  const work = temporaryFolder('gate');
  try {
    const entries = join(work, 'entries');
    const gates = prepareGates(loaded, [gate], work, { ...runOf(job, cache), env: { [ENTRIES_FILE]: entries } });
    const handing = new HandingOn(redis, id, cacheOf(cache)!, entries);
    const ahead = new Ahead(checkOptions(gateOptionsSchema, gate.options ?? {}, 'options').budget.draws);
    await handing.open();
    const asked = new Set<string>();
    let since = Infinity;
    const ask = async (): Promise<void> => {
      if (handing.drawn === 0 || handing.judged) return;
      since = Math.min(since, Date.now());
      if (Date.now() - since < ALONE) return;
      for (const one of asked) if (!['active', 'prioritized'].includes(await queue.getJobState(one))) asked.delete(one);
      const counts = await queue.getJobCounts('active', 'waiting', 'prioritized');
      let idle = (await queue.getWorkersCount()) - counts['active']! - counts['waiting']! - counts['prioritized']!;
      const helpers = asked.size + idle;
      for (; idle > 0; idle--) {
        const range = ahead.range(handing.drawn, helpers);
        if (!range) return;
        const draws: DrawsJob = { of: job, id, ...range };
        const jobId = `${id}-${range.from}`;
        asked.add(jobId);
        // after all gates, which are to be begun first
        await queue.add('draws', draws, {
          jobId,
          priority: range.from,
          removeOnComplete: { age: REMEMBERED },
          removeOnFail: { age: REMEMBERED },
        });
      }
    };
    const quiet = { started: () => undefined, finished: () => undefined };
    const { checks } = await meanwhile(
      runGates(gates, { workers: 1, signal, events: quiet, named: (_, check) => check }),
      async () => {
        await handing.exchange();
        await ask();
      },
    );
    const [check] = checks as [Check];
    // whoever does it now goes on from what is handed on
    if (['CRASHED', 'CANCELLED'].includes(check.error?.code ?? ''))
      throw new QueueError({ what: check.error!.what, hint: check.error!.hint });
    await handing.close();
    // one that is being made ends by itself
    for (const one of asked) await queue.remove(one).catch(() => undefined);
    return check;
  } finally {
    removeTemporary(work);
  }
}

/** Makes draws that a gate being judged will come to. @returns how many were made; 0 where it is judged already. @throws where they cannot be made here */
export async function draw({ of, id, from, to }: DrawsJob, { loaded, redis, cache, signal }: Here): Promise<number> {
  const gate = await gateHere(of, loaded);
  const work = temporaryFolder('draws');
  try {
    const entries = join(work, 'entries');
    const handing = new HandingOn(redis, id, cacheOf(cache)!, entries);
    if (!(await handing.isOpen())) return 0;
    await handing.exchange();
    const order: DrawsOrder = { ...orderFor(loaded, gate, runOf(of, cache)), range: { from, to } };
    const over = new AbortController();
    const ended = apart(join(built, 'cli', 'queue', 'draws-process.js'), order, {
      env: { ...process.env, [ENTRIES_FILE]: entries },
      seconds: order.context.seconds,
      signal: AbortSignal.any([signal, over.signal]),
    });
    const { finished, how } = await meanwhile(ended, async () => {
      await handing.exchange();
      if (!(await handing.isOpen())) over.abort();
    });
    await handing.exchange();
    if (signal.aborted || over.signal.aborted) return 0;
    const problem = finished ? finished.problem : `the process that draws ${how}`;
    if (problem !== undefined) throw new QueueError({ what: problem });
    return to - from;
  } finally {
    removeTemporary(work);
  }
}
