/** What a worker says of its queue and of jobs that it lost: every break, and nothing twice. */
import { reasonOf } from './connect.js';

/** Milliseconds after which a fault that stays is said again. */
const AGAIN = 60_000;

/** `could not renew lock for job ID`, `Missing lock for job ID. moveToFinished`, `Lock mismatch for job ID. …` of BullMQ. */
const LOCK = /\block\b.* for job ([^\s.]+)/i;

const isBreak = (error: unknown): boolean => {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return /^E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_)/.test(String(code)) || /connection is closed/i.test(String(message));
};

export class Told {
  private down = false;
  private ended = false;
  private readonly lost = new Set<string>();
  private readonly faults = new Map<string, number>();

  /** @param names what jobs are called, by their ids */
  constructor(
    private readonly say: (text: string) => void,
    private readonly names: ReadonlyMap<string, string>,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param why as far as it is known */
  brokeOff(why?: string): void {
    if (this.down || this.ended) return;
    this.down = true;
    this.say(`the queue broke off${why ? `: ${why}` : ''}; this worker waits until it is back`);
  }

  isBack(): void {
    if (this.down) this.say('the queue is back');
    this.down = false;
    this.faults.clear();
  }

  /** From now on breaks are of this worker's making. */
  end(): void {
    this.ended = true;
  }

  /** A job is another's once its lock is lost, whatever this worker still makes of it. */
  lostJob(id: string): void {
    if (this.lost.has(id)) return;
    this.lost.add(id);
    this.say(
      `lost      ${this.names.get(id) ?? `job ${id}`}: silent for too long (--lost-after), another worker does it`,
    );
  }

  fault(error: unknown): void {
    const text = reasonOf(error);
    const [, id] = LOCK.exec(text) ?? [];
    if (id !== undefined) this.lostJob(id);
    else if (isBreak(error)) this.brokeOff(text);
    else if (!this.down && !this.ended && !(this.now() - (this.faults.get(text) ?? -Infinity) < AGAIN)) {
      this.faults.set(text, this.now());
      this.say(`the queue: ${text}`);
    }
  }
}
