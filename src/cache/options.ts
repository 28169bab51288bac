/** The option `cache`: whether what is computed is kept between runs, and where. */
import { resolve } from 'node:path';
import * as z from 'zod';
import type { ShapeOf } from '../options.js';
import { Cache } from './cache.js';

/** A cache that is not as by default. */
export interface CacheOptions {
  /** the folder, which is made */
  readonly folder: string;
  /** bytes that it may take: beyond, what was used longest ago is removed. @defaultValue 2 GiB */
  readonly maxBytes?: number | undefined;
}

/** A folder, or false for none. */
export type CacheOption = false | string | CacheOptions;

/** Where a gate keeps what it computes, in the working folder. */
export const CACHE_FOLDER = '.congruity/cache';

export const cacheOptionSchema = z.union(
  [
    z.literal(false),
    z.string().min(1),
    z.strictObject({
      folder: z.string().min(1),
      maxBytes: z
        .int()
        .min(2 ** 20)
        .optional(),
    } satisfies ShapeOf<CacheOptions>),
  ],
  { error: 'cache must be false, a folder, or { folder, maxBytes? }, of at least 1 MiB' },
);

/** The option with its folder relative to another one. */
export function cacheUnder(folder: string, option: CacheOption | undefined): CacheOption {
  if (option === undefined || option === false) return false;
  return typeof option === 'string' ? resolve(folder, option) : { ...option, folder: resolve(folder, option.folder) };
}

export function cacheOf(option: CacheOption | undefined): Cache | undefined {
  if (option === undefined || option === false) return undefined;
  return typeof option === 'string' ? new Cache(option) : new Cache(option.folder, option.maxBytes);
}
