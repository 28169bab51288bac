/** Names in a model's folder: nothing outside it is opened. */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { FileError } from '../errors.js';

/** A name that means the same on every system and stays where it is: no separators, no drive, no leading dot. */
const plain = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/;

export const isPlainFileName = (name: unknown): name is string => typeof name === 'string' && plain.test(name);

/** True where a path lies below a folder. Both real: links followed. */
export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Stricter, for names that are plain: a colon would be a drive or a stream. */
const within = (folder: string, path: string): boolean => isBelow(folder, path) && !relative(folder, path).includes(':');

/**
 * The real path of a file in a folder, with links followed. A link may lead to another file of the folder, and in the cache of Hugging Face's hub
 * (`models--x/snapshots/y`) to its store (`models--x/blobs`), where every file of a snapshot lies; any other way out is refused.
 * @returns undefined where there is no such file
 * @throws FileError where the name or a link leaves the folder
 */
export async function fileIn(folder: string, name: string): Promise<string | undefined> {
  const where = join(folder, basename(name));
  if (!isPlainFileName(name)) {
    throw new FileError({ what: `${JSON.stringify(name).slice(0, 120)} is not the plain name of a file in the model's folder`, where: folder, todo: 'name files without folders' });
  }
  let home: string;
  let path: string;
  try {
    home = await realpath(folder);
    path = await realpath(join(folder, name));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new FileError({ what: `the file cannot be opened (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, where, todo: 'check the path and the permissions', cause });
  }
  const store = basename(dirname(home)) === 'snapshots' ? join(dirname(dirname(home)), 'blobs') : undefined;
  if (within(home, path) || (store !== undefined && within(store, path))) return path;
  throw new FileError({ what: `${name} is a link that leads out of the model's folder`, where, todo: 'put the file itself there' });
}

/** @throws FileError where this is not a folder */
export async function checkFolder(folder: string): Promise<void> {
  const fail = (what: string, cause?: unknown): never => {
    throw new FileError({ what, where: folder, todo: 'give the folder that holds config.json and model.safetensors', cause });
  };
  try {
    if (!(await stat(folder)).isDirectory()) fail('this is not a folder');
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    fail((cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such folder' : `the folder cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, cause);
  }
}
