/** A path that somebody names for a model, looked at. */
import { basename, join } from 'node:path';
import { openRegular, readAt } from '../../io/files.js';
import { fileBelow } from '../../io/folder.js';
import { foreign, foreignBytes, type Foreign } from '../../io/foreign.js';
import { namesIn, statsOf } from '../../io/system.js';

/** A file, by its name, or a folder with the names in it, sorted. A folder was named, and not what its links lead to: every file found in it is looked at before it is opened. */
export type Place = { readonly path: string } & (
  | { readonly file: string; readonly names?: never }
  | { readonly file?: never; readonly names: readonly string[] }
);

/** @throws FileError where a path cannot be looked at */
export function kindOf(path: string): 'file' | 'folder' | undefined {
  const found = statsOf(path, path);
  return found && (found.isDirectory() ? 'folder' : 'file');
}

/** @returns undefined where there is nothing. @throws FileError */
export async function placeAt(path: string): Promise<Place | undefined> {
  const kind = kindOf(path);
  if (kind !== 'folder') return kind && { path, file: basename(path) };
  return { path, names: namesIn(path, path) };
}

/**
 * The path itself if it is a file of this ending; of a folder those in it. What a single one in a folder leads to is checked: several are not loaded.
 * @throws FileError for a link out of the folder
 */
export async function endingIn(ending: string, { path, file, names }: Place): Promise<readonly string[]> {
  if (names === undefined) return file.endsWith(ending) ? [path] : [];
  const fitting = names.filter((name) => name.endsWith(ending));
  if (fitting.length === 1) await fileBelow(path, fitting[0]!);
  return fitting.map((name) => join(path, name));
}

/** What a file is that is none of ours, by how it begins. */
export async function foreignFile(path: string): Promise<Foreign | undefined> {
  const file = await openRegular(path, path);
  try {
    const start = new Uint8Array(Math.min((await file.stat()).size, foreignBytes));
    await readAt(file, start, 0, path);
    return foreign(start);
  } finally {
    await file.close();
  }
}
