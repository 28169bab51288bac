/** Files that are there whole or not at all, and the folders that they lie in. */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { FileError } from '../errors.js';
import { systemSays } from './system.js';

/** What `stage` adds to a path: the process that writes, so that leftovers of a dead one can be told, and an ending that nothing watches or loads. */
export const staged = /\.(\d+)\.[0-9a-f]{8}\.new$/;

/**
 * Writes `text` beside `path` and leaves it to the caller to rename it. A write may take only a part without an error (a full disk, a limit on file
 * sizes): all of it is written, brought to the disk and counted.
 * @returns the path of what was written
 * @throws the system's error; nothing is left then
 */
export function stage(path: string, text: string | Uint8Array): string {
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.new`;
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const file = openSync(beside, 'wx');
  try {
    try {
      for (let done = 0; done < bytes.length;) {
        const more = writeSync(file, bytes, done);
        if (more === 0) throw new Error(`only ${done} of ${bytes.length} bytes could be written to ${path}`);
        done += more;
      }
      fsyncSync(file);
      const { size } = fstatSync(file);
      if (size !== bytes.length) throw new Error(`${path} has ${size} bytes where ${bytes.length} were written`);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  return beside;
}

/**
 * Writes `text` to `path`: a reader sees the old file or the new one. A link or a pipe of that name is replaced, and what a link points to stays.
 * @throws the system's error; the old file stays then
 */
export function replaceFile(path: string, text: string | Uint8Array): void {
  const beside = stage(path, text);
  try {
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/**
 * Makes a folder with those above it, where it is not there.
 * @param hint what helps where it cannot be made
 * @throws FileError
 */
export function makeFolder(path: string, hint: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new FileError({
      what: `the folder cannot be made: ${systemSays(cause)}`,
      where: path,
      hint,
      cause,
    });
  }
}
