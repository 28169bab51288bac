/** Releases and checkpoints in a line, by their fingerprints. */
import { join, resolve } from 'node:path';
import { argmax } from '../../src/argmax.js';
import { FileError, isCongruityError, OptionError } from '../../src/errors.js';
import { readFingerprint, saysFingerprint } from '../../src/fingerprint/file.js';
import type { Fingerprint } from '../../src/fingerprint/fingerprint.js';
import { namesIn, shownPath, statsOf, systemSays } from '../../src/io/system.js';
import { oneLine } from '../../src/plain.js';
import { compareFingerprints } from '../../src/verdict/compare-fingerprints.js';
import type { Evidence } from '../../src/verdict/evidence.js';

/** One of a line, read when it is first wanted. */
export interface Place {
  /** as it was typed */
  readonly name: string;
  read(): Promise<Fingerprint>;
}

const natural = new Intl.Collator('en', { numeric: true });

/** Files as they are typed; of a folder all that are fingerprints. @throws FileError where there is neither */
export async function foundIn(given: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const one of given) {
    const there = statsOf(one, one);
    if (!there)
      throw new FileError({
        what: 'there is no such file or folder',
        where: one,
        hint: one.includes('*') ? 'the pattern matches nothing' : 'check how it is written',
      });
    if (!there.isDirectory()) found.push(one);
    else
      for (const path of namesIn(one, one).map((name) => join(one, name)))
        try {
          if (await saysFingerprint(resolve(path), path)) found.push(path);
        } catch (error) {
          if (!isCongruityError(error)) throw error;
          // it may have been one of the line
          process.stderr.write(`${oneLine(`passed over ${path}: ${error.what}`)}\n`);
        }
  }
  return found;
}

/**
 * The line, in natural order of the names (v2 before v10), unless it is to be as given.
 * @throws OptionError for fewer than two, or one that is there twice
 */
export async function lineOf(given: readonly string[], asGiven: boolean): Promise<Place[]> {
  const paths = await foundIn(given);
  const line = asGiven ? paths : paths.toSorted(natural.compare);
  const twice = line.find((path, at) => line.findIndex((other) => resolve(other) === resolve(path)) < at);
  if (twice !== undefined)
    throw new OptionError({ what: `${twice} is named twice`, where: 'the fingerprints', hint: 'name each once' });
  if (line.length < 2)
    throw new OptionError({
      what: `${line.length === 0 ? 'no fingerprint' : 'one fingerprint'} is named, and a line has two at least`,
      where: 'the fingerprints',
      hint: 'name them, or their folder, as in baselines/',
    });
  return line.map((name) => {
    let known: Promise<Fingerprint> | undefined;
    return { name, read: () => (known ??= readFingerprint(resolve(name), name)) };
  });
}

/** By the rule of every comparison. @throws FingerprintError where the two do not belong together; FileError */
export async function compared(
  baseline: Place,
  candidate: Place,
  options: { readonly seed: number; readonly signal: AbortSignal },
): Promise<Evidence> {
  return compareFingerprints(await baseline.read(), await candidate.read(), options);
}

/** Share of the inputs whose likeliest answer is another one; undefined where outputs are not kept of both. */
export async function otherAnswers(one: Place, other: Place): Promise<number | undefined> {
  const sides = [await one.read(), await other.read()];
  const [a, b] = sides.map(({ outputs }) => outputs);
  const columns = sides.map(({ said }) => said.outputs);
  if (!a || !b || columns[0] !== columns[1] || typeof columns[0] !== 'number') return undefined;
  const width = columns[0];
  const rows = a.length / width;
  const top = (of: Float32Array, row: number): number => argmax(of.subarray(row * width, (row + 1) * width));
  let unlike = 0;
  for (let row = 0; row < rows; row++) if (top(a, row) !== top(b, row)) unlike++;
  return unlike / rows;
}

/** @throws FileError: what could not be written */
export function requireFolder(cause: unknown, folder: string): never {
  throw new FileError({
    what: `the folder cannot be written: ${systemSays(cause)}`,
    where: shownPath(folder),
    hint: 'name another: --out',
    cause,
  });
}
