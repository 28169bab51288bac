/** A folder of what was computed, found again by its key. Several processes may use it at once; it may be deleted at any time. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLimited } from '../io/files.js';
import { staged } from '../io/whole-file.js';
import { aboutEntry, decodeEntry, encodeEntry, type Entry } from './entry.js';

/** Bytes that a cache takes, where nothing else is said. */
const MOST_BYTES = 2 ** 31;
/** What is left of a cache that was full. */
const LEFT = 0.8;
/** The most of it that one file may take. */
const SHARE = 1 / 4;
/** Milliseconds after which a file that is still being written is left over. */
const STALE = 3_600_000;

/** Milliseconds after which a folder is looked through again, as other processes write to it as well. */
const LOOKED = 600_000;

const ENDING = '.safetensors';
const isOurs = /^[0-9a-f]{64}\.safetensors$/;

interface Found {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** when it was last used, in milliseconds */
  readonly used: number;
}

/** All files of a cache that it may remove. */
async function filesOf(folder: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!isOurs.test(name) && !staged.test(name)) continue;
    const path = join(folder, name);
    // another process may remove it
    const there = await stat(path).catch(() => undefined);
    if (there?.isFile()) found.push({ path, name, bytes: there.size, used: there.mtimeMs });
  }
  return found;
}

const remove = (path: string): Promise<void> => rm(path, { force: true }).catch(() => undefined);

interface Known {
  /** in the folder, as far as is known */
  bytes: number;
  /** when it was looked through, in milliseconds */
  readonly at: number;
}
/** Of all caches of this process, by their folders: a comparison has a cache of its own, and looking through thousands of files takes seconds. */
const known = new Map<string, Known>();

export class Cache {
  /** whether the folder was there */
  private begun = false;
  /** why the last entry could not be written */
  fault: string | undefined;

  /** @param maxBytes beyond which what was used longest ago is removed */
  constructor(
    readonly folder: string,
    private readonly maxBytes: number = MOST_BYTES,
  ) {}

  private path(key: string): string {
    return join(this.folder, `${key}${ENDING}`);
  }

  /** Undefined for what is not there, and for what cannot be read or is damaged. */
  async read(key: string): Promise<Entry | undefined> {
    const path = this.path(key);
    try {
      const entry = decodeEntry(key, await readLimited(path, path, this.maxBytes));
      const now = new Date();
      if (entry) await utimes(path, now, now).catch(() => undefined);
      return entry;
    } catch {
      return undefined;
    }
  }

  /** Keeps an entry: a reader sees all of it or nothing. What cannot be written is not kept. */
  async write(key: string, entry: Entry): Promise<void> {
    await this.put(key, () => encodeEntry(key, entry));
  }

  /** The file of an entry as it is; undefined where there is none. */
  async file(key: string): Promise<Uint8Array | undefined> {
    return readLimited(this.path(key), this.path(key), this.maxBytes).catch(() => undefined);
  }

  has(key: string): boolean {
    return existsSync(this.path(key));
  }

  /** Keeps the file of an entry that comes from elsewhere. One that is damaged, or of another key, is not kept. */
  async receive(key: string, bytes: Uint8Array): Promise<void> {
    if (decodeEntry(key, bytes)) await this.put(key, () => bytes);
  }

  private async put(key: string, made: () => Uint8Array): Promise<void> {
    try {
      const bytes = made();
      if (bytes.length > SHARE * this.maxBytes) return;
      await this.begin();
      const path = this.path(key);
      const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.new`;
      try {
        await writeFile(beside, bytes, { flag: 'wx' });
        await rename(beside, path);
      } catch (error) {
        await remove(beside);
        throw error;
      }
      // that of now: another may have looked through the folder meanwhile
      const found = known.get(this.folder)!;
      found.bytes += bytes.length;
      if (found.bytes > this.maxBytes) await this.tidy();
    } catch (error) {
      // a full disk, a folder that is read only: it is computed again next time
      this.fault = error instanceof Error ? error.message : String(error);
    }
  }

  private async begin(): Promise<void> {
    if (!this.begun) {
      await mkdir(this.folder, { recursive: true });
      // it is nothing to commit
      await writeFile(join(this.folder, '.gitignore'), '*\n', { flag: 'wx' }).catch(() => undefined);
      this.begun = true;
    }
    const before = known.get(this.folder);
    if (before === undefined || Date.now() - before.at >= LOOKED) await this.tidy();
  }

  /** Removes what is left over and, where there is too much, what was used longest ago. */
  private async tidy(): Promise<void> {
    const now = Date.now();
    let files: Found[] = [];
    for (const file of await filesOf(this.folder)) {
      if (!staged.test(file.name)) files.push(file);
      else if (now - file.used > STALE) await remove(file.path);
    }
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > this.maxBytes) {
      files = files.toSorted((a, b) => a.used - b.used);
      for (const file of files) {
        if (bytes <= LEFT * this.maxBytes) break;
        await remove(file.path);
        bytes -= file.bytes;
      }
    }
    known.set(this.folder, { bytes, at: now });
  }
}

/** A file of a cache. */
export interface Listed extends Pick<Entry, 'kind' | 'about' | 'rows'> {
  readonly bytes: number;
  /** when it was last used, in milliseconds since 1970 */
  readonly used: number;
}

/** The most that is read of a file to list it. */
const HEAD = 2 ** 24;

/** What a cache holds, the last used first; damaged files are among it as such. */
export async function listCache(folder: string): Promise<Listed[]> {
  const found: Listed[] = [];
  for (const { path, name, bytes, used } of await filesOf(folder)) {
    if (staged.test(name)) continue;
    const said = await headOf(path, bytes).catch(() => undefined);
    found.push({ ...(said ?? { kind: 'damaged', about: name, rows: 0 }), bytes, used });
  }
  return found.toSorted((a, b) => b.used - a.used);
}

async function headOf(path: string, total: number): ReturnType<typeof headIn> {
  const file = await open(path, 'r');
  try {
    return await headIn(file, total);
  } finally {
    await file.close();
  }
}

async function headIn(file: Awaited<ReturnType<typeof open>>, total: number): Promise<ReturnType<typeof aboutEntry>> {
  const bytes = new Uint8Array(Math.min(total, HEAD));
  await file.read(bytes, 0, bytes.length, 0);
  return aboutEntry(bytes, total);
}

/**
 * Removes what a cache holds, and nothing else that may lie there.
 * @returns how many files, and how many bytes
 */
export async function clearCache(folder: string): Promise<{ readonly files: number; readonly bytes: number }> {
  const files = await filesOf(folder);
  for (const { path } of files) await remove(path);
  return { files: files.length, bytes: files.reduce((sum, one) => sum + one.bytes, 0) };
}
