/** The folder: bounded, shared, safe to delete and to damage. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Cache, clearCache, listCache } from '../../src/cache/cache.js';
import type { Entry } from '../../src/cache/entry.js';
import { AROUND, json, kept, keyOf, type Work } from '../../src/cache/kept.js';
import { cacheOf, cacheOptionSchema, cacheUnder } from '../../src/cache/options.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'cache-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = (n: number): string => n.toString(16).padStart(64, '0');
const path = (n: number): string => join(folder, `${key(n)}.safetensors`);
const entry = (n: number, values = 1000): Entry => ({
  kind: 'draw',
  about: `number ${n}`,
  rows: n,
  value: n,
  tensors: new Map([['x', { shape: [values], data: new Float64Array(values).fill(n) }]]),
});

test('what is kept is found, by another object too, and what is not there is not', async () => {
  await new Cache(folder).write(key(1), entry(1));
  expect(await new Cache(folder).read(key(1))).toEqual(entry(1));
  expect(await new Cache(folder).read(key(2))).toBeUndefined();
  expect(await new Cache(join(folder, 'none')).read(key(1))).toBeUndefined();
});

test('caches of one folder take no more together than one may, also where it was removed between them', async () => {
  for (let n = 0; n < 30; n++) {
    if (n === 12) rmSync(folder, { recursive: true });
    await new Cache(folder, 50_000).write(key(n), entry(n));
    const bytes = (await listCache(folder)).reduce((sum, one) => sum + one.bytes, 0);
    expect(bytes).toBeLessThanOrEqual(50_000);
    expect(await new Cache(folder, 50_000).read(key(n))).toEqual(entry(n));
  }
});

test('it takes no more than it may, and what was used longest ago goes first', async () => {
  const cache = new Cache(folder, 50_000);
  for (let n = 0; n < 6; n++) {
    await cache.write(key(n), entry(n));
    utimesSync(path(n), 1000 + n, 1000 + n);
  }
  // used again: it is the last to go
  expect(await cache.read(key(0))).toBeDefined();
  await cache.write(key(6), entry(6));
  const bytes = (await listCache(folder)).reduce((sum, one) => sum + one.bytes, 0);
  expect(bytes).toBeLessThanOrEqual(50_000);
  expect(existsSync(path(0))).toBe(true);
  expect(existsSync(path(6))).toBe(true);
  expect(existsSync(path(1))).toBe(false);
  // one that would take a quarter of it is not kept
  await cache.write(key(7), entry(7, 2000));
  expect(existsSync(path(7))).toBe(false);
});

test('files that are damaged, foreign or half written are passed over and written anew', async () => {
  const cache = new Cache(folder);
  await cache.write(key(1), entry(1));
  truncateSync(path(1), 500);
  expect(await cache.read(key(1))).toBeUndefined();
  writeFileSync(path(2), 'something else');
  expect(await cache.read(key(2))).toBeUndefined();
  mkdirSync(path(3));
  expect(await cache.read(key(3))).toBeUndefined();
  await cache.write(key(3), entry(3));
  expect(cache.fault).toMatch(/EISDIR|ENOTEMPTY|EEXIST|EPERM|directory/);
  for (const n of [1, 2]) {
    await cache.write(key(n), entry(n));
    expect(await cache.read(key(n))).toEqual(entry(n));
  }
  expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
});

test('what a process left that was killed is removed when it is old; a young one may still be written', async () => {
  const left = [`${path(1)}.12.0123abcd.new`, `${path(2)}.34.89abcdef.new`];
  for (const one of left) writeFileSync(one, 'half');
  utimesSync(left[0]!, 1000, 1000);
  await new Cache(folder).write(key(3), entry(3));
  expect(left.map((one) => existsSync(one))).toEqual([false, true]);
});

test('it is listed, the last used first, and cleared without what is not its own', async () => {
  const cache = new Cache(folder);
  for (const n of [1, 2]) {
    await cache.write(key(n), entry(n));
    utimesSync(path(n), 2000 - n, 2000 - n);
  }
  writeFileSync(path(3), 'damaged');
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  const listed = await listCache(folder);
  expect(listed.map(({ kind, about, rows }) => [kind, about, rows])).toEqual([
    ['damaged', `${key(3)}.safetensors`, 0],
    ['draw', 'number 1', 1],
    ['draw', 'number 2', 2],
  ]);
  expect((await clearCache(folder)).files).toBe(3);
  expect(readdirSync(folder).toSorted()).toEqual(['.gitignore', 'notes.txt']);
  expect(await clearCache(join(folder, 'none'))).toEqual({ files: 0, bytes: 0 });
});

test('work is done once for a key, and always where nobody can say what it depends on', async () => {
  const cache = new Cache(folder);
  let done = 0;
  const work = (parts: () => readonly unknown[] | undefined, kind = 'sum'): Work<number> => ({
    kind,
    about: 'a sum',
    key: parts,
    codec: json(),
    signal: undefined,
  });
  const ask = (one: Work<number>, to: Cache | undefined = cache): Promise<number> => kept(to, one, async () => ++done);
  expect(await ask(work(() => ['a', 1]))).toBe(1);
  expect(await ask(work(() => ['a', 1]))).toBe(1);
  expect(
    await ask(
      work(() => ['a', 1]),
      new Cache(folder),
    ),
  ).toBe(1);
  const others = [work(() => ['a', 2]), work(() => ['a', 1], 'another'), work(() => ['a', -0]), work(() => ['a', 0])];
  for (const [i, other] of others.entries()) expect(await ask(other)).toBe(2 + i);
  // of a function nobody can say what it gives, and what is undefined is not known
  for (const parts of [undefined, ['a', undefined], ['a', () => 1], ['a', new Date()]])
    for (let i = 0; i < 2; i++) {
      const before = done;
      expect(await ask(work(() => parts))).toBe(before + 1);
    }
  const before = done;
  expect(
    await kept(
      undefined,
      work(() => ['a', 1]),
      async () => ++done,
    ),
  ).toBe(before + 1);
});

test('other code, another version, Node or system is another key', () => {
  const keys = [AROUND, ...AROUND.map((_, at) => AROUND.with(at, 'another'))].map((around) =>
    keyOf('draw', [1], around),
  );
  expect(new Set(keys).size).toBe(1 + AROUND.length);
  expect(keys[0]).toBe(keyOf('draw', [1]));
  expect(keys).not.toContain(undefined);
});

test('what changed while it was computed is not kept, and neither is what failed', async () => {
  const cache = new Cache(folder);
  let weights = 0;
  const work: Work<number> = { kind: 'run', about: 'a run', key: () => [weights], codec: json(), signal: undefined };
  expect(await kept(cache, work, async () => ++weights)).toBe(1);
  expect(await listCache(folder)).toEqual([]);
  await expect(kept(cache, work, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await listCache(folder)).toEqual([]);
});

test('the option: a folder, one with a bound, or nothing', () => {
  expect(cacheOf(undefined)).toBeUndefined();
  expect(cacheOf(false)).toBeUndefined();
  expect(cacheOf('here')!.folder).toBe('here');
  expect(cacheUnder('/config', 'here')).toBe('/config/here');
  expect(cacheUnder('/config', { folder: 'here', maxBytes: 2 ** 20 })).toEqual({
    folder: '/config/here',
    maxBytes: 2 ** 20,
  });
  expect(cacheUnder('/config', undefined)).toBe(false);
  for (const wrong of ['', true, { folder: '' }, { folder: 'x', maxBytes: 10 }, 3])
    expect(cacheOptionSchema.safeParse(wrong).success).toBe(false);
});
