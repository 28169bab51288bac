/** Gates as jobs of a queue: submitted, and their results gathered. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Queue } from 'bullmq';
import type { Check } from '../../reports/schema.js';
import { validCheck } from '../../reports/validate.js';
import { errorRecord } from '../../matchers/record.js';
import type { Gate } from '../../suites/config.js';
import type { Loaded } from '../config.js';
import { cancelled, unjudged, type GateEvents } from '../run-gates.js';
import type { PreparedGate } from '../gate-order.js';
import { loadBull, openQueue, queueFault, reasonOf, shownQueue } from './connect.js';
import { jobId, modelsOf, queueName, type GateJob } from './jobs.js';

export interface GatherOptions {
  readonly url: string;
  readonly loaded: Loaded;
  readonly seedOf: (gate: Gate) => number;
  readonly levelsOf: (gate: Gate) => GateJob['levels'];
  readonly backend: string | undefined;
  readonly signal: AbortSignal;
  readonly events: GateEvents;
  /** told once that nobody takes jobs */
  readonly alone: (hint: string) => void;
  readonly named: (gate: PreparedGate, check: Check) => Check;
}

/** Milliseconds between two looks; and those without any worker after which a word is said, and after which nobody is waited for. */
const LOOK = 300;
const SAY = 10_000;
const GIVE_UP = 300_000;
/** Seconds that results are kept in the queue. */
const KEPT = 7 * 86_400;

/** What a job comes to in the report; undefined where it was kept and says nothing that lasts. */
const resultOf = ({ returnvalue }: Job): Check => validCheck(JSON.parse(returnvalue as string));

/** The job in the queue: the one that is there, if what came of it can be used. */
async function submit(queue: Queue, { gate }: PreparedGate, options: GatherOptions): Promise<string> {
  const { loaded, seedOf, levelsOf, backend } = options;
  const job: GateJob = {
    gate: gate.name,
    seed: seedOf(gate),
    backend,
    levels: levelsOf(gate),
    models: await modelsOf(gate, loaded.folder),
  };
  const id = jobId(job, gate);
  const before = (await queue.getJob(id)) as Job | undefined;
  const state = await before?.getState();
  // a gate that could not be judged is tried again: a file may be there now
  if (before && (state === 'failed' || (state === 'completed' && resultOf(before).status === 'not judged')))
    await before.remove();
  await queue.add('gate', job, {
    jobId: id,
    attempts: 3,
    backoff: { type: 'fixed', delay: 1000 },
    removeOnComplete: { age: KEPT },
    removeOnFail: { age: KEPT },
  });
  return id;
}

/**
 * Submits a job for each gate and waits for what comes of them, in the order of the gates. Jobs of which the queue has a result are not done again.
 * @throws QueueError where it cannot be reached. One that breaks off later leaves the rest not judged
 */
export async function gatherGates(gates: readonly PreparedGate[], options: GatherOptions): Promise<Check[]> {
  const { url, loaded, signal, events, named } = options;
  const found = new Map<PreparedGate, Check>();
  const bull = await loadBull();
  const queue = await openQueue(bull, queueName(loaded), url);
  const finish = (gate: PreparedGate, check: Check): void => {
    found.set(gate, named(gate, check));
    events.finished(gate, found.get(gate)!);
  };
  const broken = (what: string, cause?: unknown, hint?: string): Check =>
    unjudged(errorRecord(queueFault(what, url, cause, hint)));
  const start = `start some: congruity work --queue ${shownQueue(url)}`;
  try {
    const ids = new Map<PreparedGate, string>();
    const begun = new Set<PreparedGate>();
    for (const gate of gates) ids.set(gate, await submit(queue, gate, options));
    let since = Date.now();
    let said = false;
    while (found.size < gates.length && !signal.aborted) {
      for (const gate of gates) {
        if (found.has(gate)) continue;
        const job = (await queue.getJob(ids.get(gate)!)) as Job | undefined;
        const state = await job?.getState();
        if (!begun.has(gate) && (state === 'active' || state === 'completed')) {
          begun.add(gate);
          events.started(gate);
        }
        if (!job) finish(gate, broken('the job is not in the queue any more: somebody removed it'));
        else if (state === 'completed') finish(gate, resultOf(job));
        else if (state === 'failed')
          finish(gate, broken(`no worker could do it: ${job.failedReason}`, undefined, 'see what the workers said'));
      }
      if ((await queue.getWorkersCount()) > 0 || begun.size > found.size) since = Date.now();
      const waited = Date.now() - since;
      if (waited > SAY && !said) {
        said = true;
        options.alone(`no worker takes jobs of this config; ${start}`);
      }
      if (waited > GIVE_UP)
        for (const gate of gates)
          if (!found.has(gate)) finish(gate, broken('there was no worker for five minutes', undefined, start));
      if (found.size < gates.length) await sleep(LOOK);
    }
  } catch (error) {
    const what = `the queue broke off: ${reasonOf(error)}`;
    for (const gate of gates) if (!found.has(gate)) finish(gate, broken(what, error));
  } finally {
    await queue.disconnect().catch(() => undefined);
  }
  return gates.map((gate) => found.get(gate) ?? named(gate, unjudged(cancelled)));
}
