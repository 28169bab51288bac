/** The file that a suite goes on from. */
import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { FileError, isCongruityError } from '../src/errors.js';
import { exactKey } from '../src/exact-key.js';
import { readJsonObject } from '../src/io/json.js';
import { replaceFile } from '../src/io/whole-file.js';
import { version } from '../src/version.js';

const MOST_BYTES = 2 ** 26;
const hint = 'delete it to begin anew, or name another folder: --out, in a test file out';

/** What a result says of the runs that made it. */
export const runsShape = {
  /** of congruity; results of the first versions name none */
  version: z.string().optional(),
  /** as it was said before the work began; seconds of processor time */
  estimate: z.strictObject({ seconds: z.number(), rows: z.int() }),
  /** of all runs, as are rows that went through a model */
  seconds: z.number(),
  cpuSeconds: z.number(),
  rows: z.int(),
  /** false: it was interrupted, and goes on when it is run again */
  complete: z.boolean(),
};

/**
 * What an earlier run has left, if it was of the same settings.
 * @throws FileError for a file that is damaged, or of other settings, or of another version of congruity
 */
export async function resumed<R extends { readonly settings: object; readonly version?: string | undefined }>(
  path: string,
  schema: z.ZodType<R>,
  settings: R['settings'],
): Promise<R | undefined> {
  if (!existsSync(path)) return undefined;
  const read = await readJsonObject(path, 'result of the suite', MOST_BYTES).catch((error: unknown) => {
    // no other copy of it is to be had
    throw isCongruityError(error) ? new FileError({ what: error.what, where: path, hint, cause: error }) : error;
  });
  const checked = schema.safeParse(read);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new FileError({
      what: `the result of an earlier run is damaged: ${issue!.path.join('.')}: ${issue!.message}`,
      where: path,
      hint,
    });
  }
  const kept = checked.data.settings as Readonly<Record<string, unknown>>;
  const other = Object.entries(settings).filter(([key, value]) => String(kept[key]) !== String(value));
  if (other.length > 0)
    throw new FileError({
      what: `an earlier run had other settings: ${other.map(([key]) => `${key} ${String(kept[key])}`).join(', ')}`,
      where: path,
      hint,
    });
  if (checked.data.version !== version)
    throw new FileError({
      what: `an earlier run was of ${checked.data.version ?? 'a version without a name'} of congruity, and this is ${version}`,
      where: path,
      hint,
    });
  return checked.data;
}

/** What a run works on, beside its settings: it follows from the files that are there. */
interface Material {
  /** each model's name, and its content: a text that is another for other weights */
  readonly models: Readonly<Record<string, string>>;
  readonly skipped?: readonly { readonly path: string }[];
  readonly made: unknown;
}

/** A model's content: what it is told apart by elsewhere, and whatever else here depends on. */
export const contentOf = (...of: readonly unknown[]): string => hash('sha256', exactKey(of) ?? '');

/** Models by their names, as a result keeps them: what lies under a path now need not be what lay there then. */
export const contentsSchema = z.record(z.string(), z.string());

/**
 * That an earlier run had the same models to ask and the same to ask them: what is compared must come of one material.
 * @throws FileError where it had not
 */
export function sameMaterial(path: string, kept: Material, now: Material): void {
  const missing = ({ skipped = [] }: Material): string[] => skipped.map((one) => one.path);
  const refuse = (what: string, more = ''): never => {
    throw new FileError({ what: `an earlier run ${what}`, where: path, hint: `${hint}${more}` });
  };
  if (!isDeepStrictEqual(missing(kept), missing(now)))
    refuse(
      `found other models: ${missing(kept).join(', ') || 'none'} was not there then, ${missing(now).join(', ') || 'none'} is not there now`,
    );
  const names = new Set([...Object.keys(kept.models), ...Object.keys(now.models)]);
  const changed = [...names].filter((name) => kept.models[name] !== now.models[name]);
  if (changed.length > 0)
    refuse(
      `compared other weights, labels or tokens under the same path: ${changed.join(', ')} changed since`,
      '; what was drawn of the models that did not change is kept in the cache beside it, and used again',
    );
  if (!isDeepStrictEqual(kept.made, now.made)) refuse('made other inputs of the files that it found');
}

type Run = Readonly<Record<'settings' | 'contents', object>>;

/** Whether nothing lies there, or what the same run or one like it has kept. */
function isOwn(path: string, { settings, contents }: Run): boolean {
  if (!existsSync(path)) return true;
  try {
    const there = JSON.parse(readFileSync(path, 'utf8')) as Run;
    const own: unknown = JSON.parse(JSON.stringify([settings, contents]));
    return isDeepStrictEqual([there.settings, there.contents], own);
  } catch {
    return false;
  }
}

/** @throws FileError where another run, begun since, has kept its result there */
export function keepResult(path: string, result: Run): void {
  if (!isOwn(path, result))
    throw new FileError({
      what: 'another run has kept its result here since this one began',
      where: path,
      hint: 'name another folder: --out, in a test file out; what was drawn so far is kept in the cache beside it',
    });
  replaceFile(path, `${JSON.stringify(result, undefined, 1)}\n`);
}
