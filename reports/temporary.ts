/** Folders for what a run needs only itself. */
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError } from '../src/errors.js';

/**
 * A new folder in the system's temporary one.
 * @throws FileError where that one is missing or cannot be written
 */
export function temporaryFolder(prefix: string): string {
  try {
    return realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  } catch (error) {
    throw new FileError({
      what: `the temporary folder cannot be written: ${(error as Error).message}`,
      where: tmpdir(),
      todo: process.platform === 'win32' ? 'set TEMP to a folder that can be written' : 'set TMPDIR to a folder that can be written, or make this one',
      cause: error,
    });
  }
}
