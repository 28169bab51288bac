/** Where a run keeps what it computes. */
import { resolve } from 'node:path';
import { CACHE_FOLDER, cacheUnder, type CacheOption } from '../src/cache/options.js';
import type { Loaded } from './config.js';

/** As typed, or else as the config says, or else in the working folder. */
export function cacheFor(typed: string | false | undefined, { config, folder }: Loaded): CacheOption {
  if (typed !== undefined) return typed && resolve(typed);
  return config.cache === undefined ? resolve(CACHE_FOLDER) : cacheUnder(folder, config.cache);
}
