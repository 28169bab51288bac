/** Work that is done once: what came of it is kept under a key that says all that it depends on. */
import { hash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { code } from '../code.js';
import { exactKey } from '../exact-key.js';
import { countKept, rowsOf } from '../rows.js';
import { version } from '../version.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import type { Cache } from './cache.js';
import type { Entry } from './entry.js';

/** How a result is written and read. What `read` throws, or gives as undefined, is computed anew. */
export interface Codec<T> {
  readonly write: (result: T) => { readonly value: unknown; readonly tensors?: ReadonlyMap<string, TensorToWrite> };
  readonly read: (entry: Pick<Entry, 'value' | 'tensors'>) => T;
}

/** Of what is plain JSON. */
export const json = <T>(): Codec<T> => ({
  write: (value) => ({ value }),
  read: ({ value }) => value as T,
});

export interface Work<T> {
  readonly kind: string;
  /** for people: of what */
  readonly about: string;
  /** all that the result depends on, besides the library itself; undefined where something of it cannot be said: nothing is kept then. Asked before and after the work: what changed meanwhile is not kept */
  readonly key: () => readonly unknown[] | undefined;
  readonly codec: Codec<T>;
  readonly signal: AbortSignal | undefined;
}

/** The library's code, and what runs it. */
export const AROUND: readonly string[] = [code, version, process.version, process.platform, process.arch];

/** Where an entry is found; undefined where nobody can say what it depends on. */
export function keyOf(
  kind: string,
  parts: readonly unknown[] | undefined,
  around: readonly string[] = AROUND,
): string | undefined {
  // undefined, too, has a key
  const text = parts?.includes(undefined) === false ? exactKey([...around, kind, ...parts]) : undefined;
  return text === undefined ? undefined : hash('sha256', text);
}

/** Names a file that is told of each entry that is read or written, in a line of its kind and its key: whoever hands them on to other machines reads it (cli/queue). */
export const ENTRIES_FILE = 'CONGRUITY_ENTRIES';

function tell(kind: string, key: string): void {
  const file = process.env[ENTRIES_FILE];
  if (file !== undefined) appendFileSync(file, `${kind} ${key}\n`);
}

/** What came of the work before, or comes of it now. */
export async function kept<T>(cache: Cache | undefined, work: Work<T>, compute: () => Promise<T>): Promise<T> {
  if (!cache) return compute();
  const { kind, about, codec, signal } = work;
  const key = keyOf(kind, work.key());
  if (key === undefined) return compute();
  const entry = await cache.read(key);
  if (entry?.kind === kind)
    try {
      const found = codec.read(entry);
      countKept(signal, entry.rows);
      tell(kind, key);
      return found;
    } catch {
      // of a right digest and yet not what was written: it is written anew
    }
  const before = rowsOf(signal);
  const result = await compute();
  if (keyOf(kind, work.key()) === key) {
    const { value, tensors = new Map() } = codec.write(result);
    await cache.write(key, { kind, about, rows: rowsOf(signal) - before, value, tensors });
    tell(kind, key);
  }
  return result;
}
