/** What workers hand on to one another of a gate that is being judged: entries of their caches, by their keys, as a hash in Redis. */
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { Cache } from '../../src/cache/cache.js';

/** Seconds that entries are kept after the last one was handed on; a gate that is judged removes them. */
const KEPT = 3600;
/** Bytes that one worker hands on of one gate, at most. */
const MOST_BYTES = 2 ** 29;
/** There from when a gate is begun until it is judged. */
const OPEN = 'open';

export class HandingOn {
  private readonly name: string;
  private readonly known = new Set<string>([OPEN]);
  private bytes = 0;
  /** lines of the file that were read */
  private lines = 0;
  /** draws that this worker came to so far, made or read */
  drawn = 0;
  /** true once there is a verdict */
  judged = false;

  /**
   * @param id of the gate's job
   * @param file that is told of the entries this worker reads and writes
   */
  constructor(
    private readonly redis: Redis,
    id: string,
    private readonly cache: Cache,
    private readonly file: string,
  ) {
    this.name = `congruity:entries:${id}`;
  }

  async open(): Promise<void> {
    await this.redis.hset(this.name, OPEN, '1');
    await this.exchange();
  }

  /** False once the gate is judged. */
  async isOpen(): Promise<boolean> {
    return (await this.redis.exists(this.name)) === 1;
  }

  async close(): Promise<void> {
    await this.redis.del(this.name);
  }

  /** Takes what others have, and gives what they have not. */
  async exchange(): Promise<void> {
    await this.take();
    await this.give();
  }

  private async take(): Promise<void> {
    for (const key of await this.redis.hkeys(this.name)) {
      if (this.known.has(key)) continue;
      this.known.add(key);
      // machines may share a folder
      if (this.cache.has(key)) continue;
      const bytes = await this.redis.hgetBuffer(this.name, key);
      if (bytes) await this.cache.receive(key, bytes);
    }
  }

  private async give(): Promise<void> {
    for (const [kind, key] of this.said()) {
      if (kind === 'draw') this.drawn++;
      if (kind === 'verdict') this.judged = true;
      if (this.known.has(key)) continue;
      this.known.add(key);
      const bytes = await this.cache.file(key);
      if (!bytes || this.bytes + bytes.length > MOST_BYTES || !(await this.isOpen())) continue;
      this.bytes += bytes.length;
      await this.redis.hset(this.name, key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      await this.redis.expire(this.name, KEPT);
    }
  }

  /** What the file was told since. */
  private said(): [kind: string, key: string][] {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch {
      return [];
    }
    // the last line may be half written
    const lines = text.split('\n').slice(0, -1);
    const found = lines.slice(this.lines).map((line) => line.split(' ') as [string, string]);
    this.lines = lines.length;
    return found;
  }
}
