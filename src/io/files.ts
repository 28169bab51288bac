/** Files that come with a model, opened as if they were hostile. */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { FileError } from '../errors.js';
import { systemSays } from './system.js';

function fail(where: string, what: string, hint: string, cause?: unknown): never {
  throw new FileError({ what, where, hint, cause });
}

/** A pipe that nobody writes to would otherwise wait for ever. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

function unopened(where: string, cause: unknown): never {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  return fail(
    where,
    missing ? 'there is no such file' : `the file cannot be opened: ${systemSays(cause)}`,
    'check the path',
    cause,
  );
}

function requireRegular(stat: Stats, where: string): void {
  if (stat.isFile()) return;
  const what = stat.isDirectory() ? 'this is a directory, not a file' : 'this is not a regular file';
  fail(where, what, 'give the path of a file');
}

/** @throws FileError where it is missing, cannot be opened, or is a device, a pipe or a directory */
export async function openRegular(path: string, where: string): Promise<FileHandle> {
  const file = await open(path, READ).catch((cause: unknown) => unopened(where, cause));
  try {
    requireRegular(await file.stat(), where);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What went wrong while a file was read, where it was none of our own errors: the system's code, or memory. */
export function unreadable(where: string, cause: unknown): never {
  if (cause instanceof RangeError)
    return fail(
      where,
      `there is not enough memory for the file (${cause.message})`,
      'free memory, or use a smaller file',
      cause,
    );
  return fail(where, `the file cannot be read: ${systemSays(cause)}`, 'check the disk and the permissions', cause);
}

/** Reads exactly these bytes of an open file. */
export async function readAt(file: FileHandle, into: Uint8Array, from: number, where: string): Promise<void> {
  let read = 0;
  while (read < into.length) {
    // one call reads less than 2 GiB
    const { bytesRead } = await file.read(into, read, Math.min(into.length - read, 2 ** 30), from + read);
    if (bytesRead === 0)
      fail(
        where,
        `the file ended after ${from + read} bytes: it changed while it was read`,
        'try again when nobody writes to it',
      );
    read += bytesRead;
  }
}

/**
 * A whole regular file of limited size. Devices, pipes and directories are refused.
 * @param tooLarge what to do about a file that is larger; default: raise maxBytes
 */
export async function readLimited(
  path: string,
  where: string,
  maxBytes: number,
  tooLarge = 'if the file is to be trusted, raise maxBytes',
): Promise<Uint8Array> {
  const file = await openRegular(path, where);
  try {
    const stat = await file.stat();
    if (stat.size > maxBytes)
      fail(where, `the file has ${stat.size} bytes, more than the ${maxBytes} that are allowed`, tooLarge);
    // exactly the size that was checked, even if the file grows meanwhile
    const bytes = new Uint8Array(stat.size);
    await readAt(file, bytes, 0, where);
    return bytes;
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    return unreadable(where, cause);
  } finally {
    await file.close();
  }
}

/**
 * The text of a regular file, at once: for what is read while it is locked.
 * @throws FileError as `openRegular`
 */
export function readTextNow(path: string, where: string): string {
  let file: number;
  try {
    file = openSync(path, READ);
  } catch (cause) {
    return unopened(where, cause);
  }
  try {
    requireRegular(fstatSync(file), where);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    return unreadable(where, cause);
  } finally {
    closeSync(file);
  }
}
