/** The folder of a report: checked before the work, filled in one step after it. */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FileError } from '../src/errors.js';
import { shownPath, systemSays } from '../src/io/system.js';
import { stage, staged } from '../src/io/whole-file.js';

/** In the order in which they take their places: who finds a new report.json finds the others new as well. */
export const reportFiles = ['report.html', 'summary.md', 'junit.xml', 'report.json'] as const;
export type ReportFile = (typeof reportFiles)[number];

const refused = (error: unknown, folder: string): FileError =>
  new FileError({
    what: `The report cannot be written: ${systemSays(error)}`,
    where: shownPath(folder),
    hint: 'Name a folder that can be written and has room (--out, or the reporter’s option `out`).',
    cause: error,
  });

export const refusedSummary = (error: unknown, path: string): FileError =>
  new FileError({
    what: `The summary cannot be appended to the file that GITHUB_STEP_SUMMARY names: ${systemSays(error)}`,
    where: path,
    hint: 'Let GITHUB_STEP_SUMMARY name a file that can be written, or unset it.',
    cause: error,
  });

const find = (path: string): ReturnType<typeof lstatSync> => lstatSync(path, { throwIfNoEntry: false });

/** The nearest folder that exists: what is missing is made below it. */
function existing(path: string): string {
  return find(path) === undefined && dirname(path) !== path ? existing(dirname(path)) : path;
}

/** Makes a folder and those above it. One after the other: Node's own `recursive` never ends below /proc, which says of what is there that it is not. */
function makeFolder(path: string): void {
  if (find(path) !== undefined) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // another process was quicker
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Removes a folder and those above it, up to `base`, as long as they are empty. */
function removeEmpty(folder: string, base: string): void {
  try {
    for (let path = folder; path !== base; path = dirname(path)) rmdirSync(path);
  } catch {
    // something is in it, or it is gone
  }
}

function checkFolder(folder: string, make: boolean): void {
  const base = existing(folder);
  if (!statSync(base).isDirectory()) throw new Error(`${shownPath(base)} is not a folder`);
  accessSync(base, constants.W_OK);
  for (const name of reportFiles)
    if (find(join(folder, name))?.isDirectory()) throw new Error(`${name} is a folder there`);
  if (!make) return;
  makeFolder(folder);
  // whether there is room, too
  rmSync(stage(join(folder, 'probe'), '.'.repeat(4096)));
}

function checkSummary(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  // a pipe would wait for a reader for ever
  if (found && !found.isFile() && !found.isCharacterDevice()) throw new Error('it is not a file');
  if (found) accessSync(path, constants.W_OK);
  else if (!statSync(dirname(path)).isDirectory()) throw new Error(`${shownPath(dirname(path))} is not a folder`);
  else accessSync(dirname(path), constants.W_OK);
}

/**
 * What can be known before the work of whether its report can be written.
 * @param make whether the folder may be made now and written to for a trial
 * @returns what to call when the work is refused: it removes the folders made here, unless something is in them
 * @throws FileError that names the folder, or GITHUB_STEP_SUMMARY where it is that
 */
export function checkPlace(folder: string, stepSummary: string | undefined, make: boolean): () => void {
  let unmake = (): void => undefined;
  try {
    const [path, base] = [resolve(folder), existing(resolve(folder))];
    unmake = () => removeEmpty(path, base);
    checkFolder(folder, make);
  } catch (error) {
    unmake();
    throw refused(error, folder);
  }
  try {
    if (stepSummary) checkSummary(stepSummary);
    return unmake;
  } catch (error) {
    unmake();
    throw refusedSummary(error, stepSummary!);
  }
}

/** True for a file that an earlier run wrote; never opens a pipe. */
function ours(path: string): boolean {
  if (!find(path)?.isFile()) return false;
  const head = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  try {
    return head.toString('utf8', 0, readSync(file, head)).includes('congruity');
  } finally {
    closeSync(file);
  }
}

/** Renames the files of an earlier report to `….previous`, so that nobody takes them for those of a run that wrote none. */
export function setAside(folder: string): void {
  for (const name of reportFiles) {
    const path = join(folder, name);
    if (ours(path)) renameSync(path, `${path}.previous`);
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What a killed run left half written. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = staged.exec(name)?.[1];
    if (pid !== undefined && reportFiles.some((one) => name.startsWith(`${one}.`)) && !alive(Number(pid)))
      rmSync(join(folder, name), { force: true });
  }
}

/** A rename is safe from a crash of the machine only once its folder is on the disk. */
function sync(folder: string): void {
  try {
    const opened = openSync(folder, 'r');
    fsyncSync(opened);
    closeSync(opened);
  } catch {
    // not every system opens folders
  }
}

/**
 * Puts a report's files in place of those of the last one: all are written beside their places first, then renamed one after the other. On failure none
 * is in place, and those of the last report are set aside.
 * @returns the paths written
 * @throws FileError
 */
export function publish(folder: string, texts: ReadonlyMap<ReportFile, string>): string[] {
  const names = reportFiles.filter((name) => texts.has(name));
  const temporary: string[] = [];
  const placed: string[] = [];
  try {
    makeFolder(folder);
    sweep(folder);
    for (const name of names) temporary.push(stage(join(folder, name), texts.get(name)!));
    setAside(folder);
    names.forEach((name, i) => {
      renameSync(temporary[i]!, join(folder, name));
      placed.push(join(folder, name));
    });
    sync(folder);
    for (const name of reportFiles)
      if (ours(join(folder, `${name}.previous`))) rmSync(join(folder, `${name}.previous`), { force: true });
    return placed;
  } catch (error) {
    for (const path of [...temporary, ...placed]) rmSync(path, { force: true });
    try {
      setAside(folder);
    } catch {
      // what cannot be read or renamed stays; the error below says that there is no new report
    }
    throw refused(error, folder);
  }
}
