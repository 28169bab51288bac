/** Where a run keeps what it computes. */
import { dirname, resolve } from 'node:path';
import { CACHE_FOLDER, cacheUnder, type CacheOption } from '../src/cache/options.js';
import { FileError } from '../src/errors.js';
import { shownPath, statsOf } from '../src/io/system.js';
import type { Loaded } from './config.js';

/** @throws FileError where no folder can be: nothing would be kept, and nothing said */
export function requireCacheFolder(folder: string): string {
  let there = folder;
  while (!statsOf(there) && dirname(there) !== there) there = dirname(there);
  if (statsOf(there)?.isDirectory() === false)
    throw new FileError({
      what: 'what is kept between runs needs a folder, and this is none',
      where: shownPath(there),
      hint: `name another, as in --cache ${CACHE_FOLDER}`,
    });
  return folder;
}

/** As typed, or else as the config says, or else in the working folder. */
export function cacheFor(typed: string | false | undefined, { config, folder }: Loaded): CacheOption {
  const option =
    typed !== undefined
      ? typed && resolve(typed)
      : config.cache === undefined
        ? resolve(CACHE_FOLDER)
        : cacheUnder(folder, config.cache);
  if (option !== false) requireCacheFolder(typeof option === 'string' ? option : option.folder);
  return option;
}
