/** Names in a model's folder: nothing outside it is opened. */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { FileError } from '../errors.js';
import { systemSays } from './system.js';

/** A name that means the same on every system and stays where it is: no separators, no drive, no leading dot. */
const plain = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/;

export const isPlainFileName = (name: unknown): name is string => typeof name === 'string' && plain.test(name);

/** True where a path lies below a folder. Both real: links followed. */
function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Where the files of a snapshot in the cache of Hugging Face's hub lie (`models--x/snapshots/y`, `models--x/blobs`): the store of that model alone. */
function storeOf(home: string): string | undefined {
  for (let at = home; dirname(at) !== at; at = dirname(at))
    if (basename(dirname(at)) === 'snapshots' && basename(dirname(dirname(at))).startsWith('models--'))
      return join(dirname(dirname(at)), 'blobs');
  return undefined;
}

/**
 * The real path of a file below a folder, with links followed: the one rule for every file that comes with a model. A link may lead to another file below the folder, and in the cache of Hugging
 * Face's hub to its store, where every file of a snapshot lies; any other way out is refused. The folder itself may be a link: the user named it.
 * @param way from the folder, with separators of this system
 * @returns undefined where there is no such file
 * @throws FileError where the way or a link on it leaves the folder, or cannot be followed
 */
export async function fileBelow(folder: string, way: string): Promise<string | undefined> {
  const where = join(folder, way);
  let home: string;
  let path: string;
  try {
    home = await realpath(folder);
    path = await realpath(where);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new FileError({
      what: `the file cannot be opened: ${systemSays(cause)}`,
      where,
      hint: 'check the path and the permissions',
      cause,
    });
  }
  const store = storeOf(home);
  if (
    isBelow(resolve(folder), resolve(where)) &&
    (isBelow(home, path) || (store !== undefined && isBelow(store, path)))
  )
    return path;
  throw new FileError({
    what: `${way} is a link that leads out of the model's folder`,
    where,
    hint: 'put the file itself there, as a copy and not as a link',
  });
}

/**
 * The same for a plain name: a file in the folder itself.
 * @returns undefined where there is no such file
 * @throws FileError where the name or a link leaves the folder
 */
export async function fileIn(folder: string, name: string): Promise<string | undefined> {
  if (!isPlainFileName(name)) {
    throw new FileError({
      what: `${JSON.stringify(name).slice(0, 120)} is not the plain name of a file in the model's folder`,
      where: folder,
      hint: 'name files without folders',
    });
  }
  return fileBelow(folder, name);
}

/** @throws FileError where this is not a folder */
export async function checkFolder(folder: string): Promise<void> {
  const fail = (what: string, cause?: unknown): never => {
    throw new FileError({
      what,
      where: folder,
      hint: 'give the folder that holds config.json and model.safetensors',
      cause,
    });
  };
  try {
    if (!(await stat(folder)).isDirectory()) fail('this is not a folder');
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    fail(
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'there is no such folder'
        : `the folder cannot be read: ${systemSays(cause)}`,
      cause,
    );
  }
}
