/** The file that a suite goes on from. */
import { existsSync } from 'node:fs';
import * as z from 'zod';
import { FileError } from '../src/errors.js';
import { readJsonObject } from '../src/io/json.js';
import { replaceFile } from '../src/io/whole-file.js';

const MOST_BYTES = 2 ** 26;
const hint = 'delete it to begin anew, or name another folder with --out';

/** What a result says of the runs that made it. */
export const runsShape = {
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
 * @throws FileError for a file that is damaged, or of other settings
 */
export async function resumed<R extends { readonly settings: object }>(
  path: string,
  schema: z.ZodType<R>,
  settings: R['settings'],
): Promise<R | undefined> {
  if (!existsSync(path)) return undefined;
  const checked = schema.safeParse(await readJsonObject(path, 'result of the suite', MOST_BYTES));
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
  return checked.data;
}

export const keepResult = (path: string, result: object): void =>
  replaceFile(path, `${JSON.stringify(result, undefined, 1)}\n`);
