/** The folder in which matchers leave one line of JSON per check, and what the reporter makes of it. */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { isCongruityError } from '../src/errors.js';
import { removeTemporary, temporaryFolder } from '../src/io/temporary.js';
import { oneLine } from '../src/plain.js';
import type { Check } from './schema.js';
import { validCheck } from './validate.js';

/** The environment variable that names the folder to the matchers; as in matchers/record.ts, which may not be imported here. */
export const EVIDENCE_FOLDER = 'CONGRUITY_EVIDENCE';

/** Set where somebody at a terminal reads what matchers say of how far they are; as in matchers/progress.ts. */
export const WATCHED = 'CONGRUITY_WATCHED';

/** @throws FileError where the temporary folder cannot be used */
export function makeEvidenceFolder(): string {
  return temporaryFolder('evidence');
}

export function removeEvidenceFolder(folder: string): void {
  removeTemporary(folder);
}

const textAt = (value: unknown, key: string): string | undefined => {
  const found = (value as Record<string, unknown> | null)?.[key];
  return typeof found === 'string' ? found : undefined;
};

const expectations: readonly Check['expected'][] = ['equivalent', 'different', 'holds', 'fails'];

/** Evidence that cannot be read is no reason to forget the check: it becomes one that was not judged. */
function unreadable(value: unknown, error: unknown): Check {
  return {
    file: textAt(value, 'file') ?? 'unknown',
    test: textAt(value, 'test') ?? 'unknown',
    matcher: textAt(value, 'matcher') ?? 'unknown',
    expected: expectations.find((one) => one === textAt(value, 'expected')) ?? 'equivalent',
    status: 'not judged',
    error: {
      name: 'EvidenceError',
      code: 'BAD_EVIDENCE',
      what: isCongruityError(error) ? error.what : `the evidence is not readable: ${(error as Error).message}`,
      ...(isCongruityError(error) && error.where !== undefined && { where: error.where }),
      hint: 'JSON has no NaN and no infinity, and a killed worker leaves half a line; run the check again by itself.',
    },
    replay: textAt(value, 'replay') ?? 'npx jest',
  };
}

/** Where in its file's run a check was made, as matchers/record.ts leaves it: what tells tries and tests of one name apart. Not part of the report. */
const atSchema = z.strictObject({ attempt: z.int(), occurrence: z.int() });
export type At = z.infer<typeof atSchema>;

export interface Recorded {
  readonly check: Check;
  readonly at?: At | undefined;
}

function recorded(line: string): Recorded {
  let value: unknown;
  try {
    value = JSON.parse(line);
    const { at, ...check } = value as { at?: unknown };
    return { check: validCheck(check, 'The evidence'), at: atSchema.safeParse(at).data };
  } catch (error) {
    return { check: unreadable(value, error) };
  }
}

/** Bytes that are read at once: V8 has no longer texts. */
const MOST = 2 ** 29 - 25;

/** Reads what is recorded, each line once. */
export class EvidenceReader {
  /** bytes read, by file */
  private readonly done = new Map<string, number>();

  constructor(private readonly folder: string) {}

  /**
   * What was recorded since the last call: by process, in the order in which each made its checks. Never throws for what a file holds.
   * @param end nobody writes any more: a line that is not ended is one, too
   */
  next(end = false): Recorded[] {
    const names = readdirSync(this.folder, { withFileTypes: true })
      // a pipe would keep whoever reads it
      .filter((entry) => entry.isFile() && entry.name.endsWith('.jsonl'))
      .map(({ name }) => name)
      .sort();
    return names.flatMap((name) => {
      const before = this.done.get(name) ?? 0;
      if (before === Infinity) return [];
      const path = join(this.folder, name);
      const size = statSync(path).size - before;
      if (size > MOST) {
        this.done.set(name, Infinity);
        return [{ check: unreadable(undefined, new Error(`${size} bytes were recorded at once`)) }];
      }
      const bytes = bytesFrom(path, before);
      const used = end ? bytes.length : bytes.lastIndexOf(0x0a) + 1;
      this.done.set(name, before + used);
      return bytes
        .toString('utf8', 0, used)
        .split('\n')
        .filter((line) => line !== '')
        .map(recorded);
    });
  }
}

/** What a file holds from a byte on. */
function bytesFrom(path: string, start: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - start));
    let read = 0;
    while (read < bytes.length) {
      const more = readSync(file, bytes, read, bytes.length - read, start + read);
      if (more === 0) break;
      read += more;
    }
    return bytes.subarray(0, read);
  } finally {
    closeSync(file);
  }
}

/**
 * Whole lines that matchers have left since the last time.
 * @param said how much of each file was read; kept up to date
 */
export function progressLines(folder: string, said: Map<string, number>): string[] {
  const lines: string[] = [];
  for (const name of readdirSync(folder)
    .filter((one) => one.endsWith('.progress'))
    .sort()) {
    const text = readFileSync(join(folder, name), 'utf8');
    const from = said.get(name) ?? 0;
    // the last line may be half written
    const to = text.lastIndexOf('\n') + 1;
    if (to <= from) continue;
    said.set(name, to);
    lines.push(
      ...text
        .slice(from, to - 1)
        .split('\n')
        .map(oneLine),
    );
  }
  return lines;
}
