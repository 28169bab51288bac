/** `congruity cache`: what gates kept of what they computed. */
import { resolve } from 'node:path';
import { clearCache, listCache, type Listed } from '../src/cache/cache.js';
import { CACHE_FOLDER } from '../src/cache/options.js';
import { plural } from '../src/format.js';
import { shownPath } from '../src/io/system.js';
import { oneLine, plainJson } from '../src/plain.js';
import { groupBy } from '../src/group-by.js';
import { requireCacheFolder } from './cache-option.js';

/** As typed. */
export interface CacheArguments {
  readonly clear?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Files that are listed one by one: the last used. */
const SHOWN = 20;

const size = (bytes: number): string =>
  bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function inWords(folder: string, all: readonly Listed[]): string {
  const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  const kinds = groupBy(all, ({ kind }) => kind);
  const lines = [...kinds].map(([kind, some]) => {
    const own = some.reduce((sum, one) => sum + one.bytes, 0);
    const rows = some.reduce((sum, one) => sum + one.rows, 0);
    return `  ${oneLine(kind)}: ${some.length}, ${size(own)}, ${plural(rows, 'row')}`;
  });
  const shown = all
    .slice(0, SHOWN)
    .map(({ about, bytes: own, used }) => `  ${new Date(used).toISOString()}  ${size(own)}  ${oneLine(about)}`);
  return [
    `${oneLine(folder)}: ${plural(all.length, 'file')}, ${size(bytes)}`,
    ...lines,
    ...(shown.length > 0
      ? [all.length > SHOWN ? `last used, ${SHOWN} of ${all.length}:` : 'last used:', ...shown]
      : []),
    '',
  ].join('\n');
}

/** Lists a cache, or removes what is in it. One that is not there is empty. @throws FileError */
export async function cacheCommand(given: string | undefined, { clear, json }: CacheArguments): Promise<void> {
  const folder = requireCacheFolder(resolve(given ?? CACHE_FOLDER));
  const print = (said: unknown, text: string): void =>
    void process.stdout.write(json ? `${plainJson(JSON.stringify(said, undefined, 2))}\n` : text);
  if (clear) {
    const removed = await clearCache(folder);
    print(
      { folder, removed },
      `${oneLine(shownPath(folder))}: removed ${plural(removed.files, 'file')}, ${size(removed.bytes)}\n`,
    );
    return;
  }
  const all = await listCache(folder);
  print({ folder, files: all }, inWords(shownPath(folder), all));
}
