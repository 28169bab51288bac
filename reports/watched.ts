/** Where a report goes while Jest watches: a file that its watcher sees starts the run again, for ever. */
import { basename, join, relative, isAbsolute } from 'node:path';
import { reportFiles } from './place.js';

export interface Watching {
  readonly watch?: boolean | undefined;
  readonly watchAll?: boolean | undefined;
  /** Jest's watcher passes over what lies here, and over nothing else that is known to a reporter and can be written */
  readonly coverageDirectory?: string | undefined;
}

/** The part of a project's config that says what is watched. */
export interface Watched {
  readonly roots: readonly string[];
  readonly moduleFileExtensions: readonly string[];
  readonly watchPathIgnorePatterns: readonly string[];
  readonly modulePathIgnorePatterns: readonly string[];
}

function inside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way);
}

function sees(
  { roots, moduleFileExtensions, watchPathIgnorePatterns, modulePathIgnorePatterns }: Watched,
  path: string,
): boolean {
  const ignored = [...modulePathIgnorePatterns, ...watchPathIgnorePatterns];
  return (
    roots.some((root) => inside(path, root)) &&
    moduleFileExtensions.some((extension) => path.endsWith(`.${extension}`)) &&
    !(ignored.length > 0 && new RegExp(ignored.join('|')).test(path))
  );
}

/** `folder`, or one that is not watched; that is in Jest's coverage directory, which its watcher leaves out. */
export function unwatched(
  folder: string,
  { watch, watchAll, coverageDirectory }: Watching,
  projects: readonly Watched[],
): string {
  if ((!watch && !watchAll) || !coverageDirectory) return folder;
  const seen = reportFiles
    .map((name) => join(folder, name))
    .some((path) => !path.includes(coverageDirectory) && projects.some((project) => sees(project, path)));
  return seen ? join(coverageDirectory, basename(folder)) : folder;
}
