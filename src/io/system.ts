/** What the system refuses, in words. Node's own message holds a path that the user did not give, and its code says nothing to most. */
import { readdirSync, statSync, type Stats } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { FileError } from '../errors.js';

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EBUSY: 'something else uses it',
  EDQUOT: 'the quota of the disk is used up',
  EEXIST: 'something else is there',
  EFBIG: 'the file would be larger than is allowed',
  EIO: 'the disk does not answer as it should',
  EISDIR: 'this is a folder, not a file',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many files are open',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EPERM: 'it is not permitted',
  EROFS: 'it can only be read',
};

/** `the disk is full (ENOSPC)`; of what is no refusal of the system, its message. */
export function systemSays(error: unknown): string {
  const { code, syscall, message } = (error ?? {}) as { code?: unknown; syscall?: unknown; message?: unknown };
  // errors of this library have codes as well
  if (typeof code === 'string' && syscall !== undefined) return code in words ? `${words[code]!} (${code})` : code;
  return typeof message === 'string' ? message : String(error);
}

/** A path as somebody in the current folder would type it: relative to it, if that is shorter. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path) || '.';
  return short.length < path.length ? short : path;
}

/** What an error says of its place, if that is a path: as `shownPath`. */
export const shownPlace = (where: string): string => (isAbsolute(where) ? shownPath(where) : where);

/**
 * What lies at a path, links followed.
 * @returns undefined where there is nothing
 * @throws FileError where that cannot be known
 */
export function statsOf(path: string, where = shownPath(path)): Stats | undefined {
  try {
    return statSync(resolve(path), { throwIfNoEntry: false });
  } catch (cause) {
    // nothing lies below a file
    if ((cause as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw new FileError({
      what: `the path cannot be looked at: ${systemSays(cause)}`,
      where,
      hint: 'check the path, its links and the permissions',
      cause,
    });
  }
}

/** Names in a folder, sorted. @throws FileError where it cannot be read */
export function namesIn(folder: string, where = shownPath(folder)): string[] {
  try {
    return readdirSync(resolve(folder)).toSorted();
  } catch (cause) {
    throw new FileError({
      what: `the folder cannot be read: ${systemSays(cause)}`,
      where,
      hint: 'check the permissions',
      cause,
    });
  }
}
