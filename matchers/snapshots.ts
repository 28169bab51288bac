/** Where snapshots of models lie, which of them the tests of a file use, and whether they may be written: as Jest and Vitest have it for their own. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { hash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { FileError } from '../src/errors.js';
import { shownPath } from '../src/io/system.js';
import { oneLine } from '../src/plain.js';
import { circus, fullName, testsOf } from './circus.js';
import type { TestPlace } from './context.js';
import { momentOf } from './moment.js';

/** Beside the test file. */
const FOLDER = '__fingerprints__';
/** Characters of a test's name that a file's name has. */
const LONGEST = 60;

/** `all`: `-u`, what fails is written anew; `new`: what is missing is written; `none`: `--ci` of Jest, `CI` set in Vitest, nothing is written. */
export type Updating = 'all' | 'new' | 'none';

/** Jest's own and Vitest's, by which other snapshot matchers go as well: neither has another. */
const MODE = '_updateSnapshot';

interface SnapshotState {
  readonly [MODE]?: unknown;
  added?: unknown;
  updated?: unknown;
  matched?: unknown;
  unmatched?: unknown;
}

/** What the runner was told to do with its own snapshots. */
export function updatingFrom(snapshotState: unknown): Updating {
  const mode = (snapshotState as SnapshotState | undefined)?.[MODE];
  return mode === 'all' || mode === 'none' ? mode : 'new';
}

export const updatingOf = ({ context }: TestPlace): Updating => updatingFrom(context.snapshotState);

/** Counts it among the runner's own: numbers in Jest; in Vitest objects that read as numbers and take one, as jest-image-snapshot wants it. */
export function countSnapshot({ context }: TestPlace, what: 'added' | 'updated' | 'matched' | 'unmatched'): void {
  const state = context.snapshotState as SnapshotState | undefined;
  if (state && Number.isFinite(Number(state[what]))) state[what] = Number(state[what]) + 1;
}

/** Tests by the file name of their snapshots, without its number. */
const stemOf = (test: string): string => {
  const plain = test
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST);
  // two names may look the same so
  return `${plain.replaceAll(/^-|-$/g, '')}-${hash('sha256', test).slice(0, 8)}`;
};

/** Of one process: snapshots asked for, by test file; and how many each try of a test has asked for. */
const used = new Map<string, Set<string>>();
const counts = new Map<string, number>();

const folderOf = (testPath: string): string => join(dirname(testPath), FOLDER, basename(testPath));

/**
 * The file of the next snapshot of a test.
 * @throws FileError where the runner does not tell the test file
 */
export function nextSnapshot({ testPath, test }: TestPlace, name: string | undefined): string {
  if (testPath === undefined)
    throw new FileError({
      what: 'the runner does not tell which file the test is in, so that a snapshot has no place',
      where: test,
      hint: 'use it in a test of Jest or Vitest',
    });
  const { attempt = 1, occurrence = 0 } = momentOf(test) ?? {};
  const key = JSON.stringify([testPath, test, occurrence, attempt, name ?? null]);
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  const which = [
    ...(occurrence > 0 ? [`${occurrence + 1}`] : []),
    ...(name === undefined ? [] : [stemOf(name)]),
    count,
  ];
  const folder = folderOf(testPath);
  const file = `${stemOf(test)}.${which.join('.')}.safetensors`;
  used.set(testPath, (used.get(testPath) ?? new Set()).add(file));
  return join(folder, file);
}

/** Snapshots that no test of a file uses any more: of tests that ran to their end, and of tests that are not there. */
function obsoleteOf(testPath: string, names: readonly string[], finished: (test: string) => boolean): string[] {
  const folder = folderOf(testPath);
  if (!existsSync(folder)) return [];
  const stems = new Map(names.map((name) => [stemOf(name), name]));
  return readdirSync(folder)
    .filter((file) => /-[0-9a-f]{8}\.(?:[^/]+\.)?\d+\.safetensors$/.test(file))
    .filter((file) => !used.get(testPath)?.has(file))
    .filter((file) => {
      const test = stems.get(file.slice(0, file.indexOf('.')));
      return test === undefined || finished(test);
    })
    .map((file) => join(folder, file));
}

/** Every test of the file, by its full name. */
function jestTests(): string[] {
  const root = circus()?.rootDescribeBlock;
  return root ? [...testsOf(root)].map(fullName) : [];
}

/**
 * After all tests of a file: tells of snapshots that no test uses any more, or removes them under `-u`.
 * @param finished whether the test of this name ran to its end, and passed
 * @param say told in one sentence
 */
export function reportObsolete(
  testPath: string | undefined,
  updating: Updating,
  finished: (test: string) => boolean,
  names: readonly string[] = jestTests(),
  say: (text: string) => void = (text) => void process.stderr.write(`${text}\n`),
): void {
  if (testPath === undefined || names.length === 0) return;
  const obsolete = obsoleteOf(testPath, names, finished);
  if (obsolete.length === 0) return;
  const shown = obsolete.map(shownPath).join(', ');
  const many =
    obsolete.length === 1 ? '1 interpretation snapshot is' : `${obsolete.length} interpretation snapshots are`;
  if (updating === 'all') for (const path of obsolete) rmSync(path, { force: true });
  say(oneLine(`${many} obsolete${updating === 'all' ? ' and removed' : ', -u removes'}: ${shown}`));
}
