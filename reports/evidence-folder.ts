/** The folder in which matchers leave one line of JSON per check, and what the reporter makes of it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCongruityError } from '../src/errors.js';
import { oneLine } from './plain.js';
import type { Check } from './schema.js';
import { validCheck } from './validate.js';

/** The environment variable that names the folder to the matchers; as in matchers/record.ts, which may not be imported here. */
export const EVIDENCE_FOLDER = 'CONGRUITY_EVIDENCE';

/** Set where somebody at a terminal reads what matchers say of how far they are; as in matchers/progress.ts. */
export const WATCHED = 'CONGRUITY_WATCHED';

export function makeEvidenceFolder(): string {
  return mkdtempSync(join(tmpdir(), 'congruity-evidence-'));
}

export function removeEvidenceFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
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
      todo: 'JSON has no NaN and no infinity, and a killed worker leaves half a line; run the check again by itself.',
    },
    replay: textAt(value, 'replay') ?? 'npx jest',
  };
}

/** All checks recorded so far: by process, in the order in which each made them. Never throws for what a line holds. */
export function readChecks(folder: string): Check[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort();
  return files.flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        let value: unknown;
        try {
          value = JSON.parse(line);
          return validCheck(value, 'The evidence');
        } catch (error) {
          return unreadable(value, error);
        }
      }),
  );
}

/**
 * Whole lines that matchers have left since the last time.
 * @param said how much of each file was read; kept up to date
 */
export function progressLines(folder: string, said: Map<string, number>): string[] {
  const lines: string[] = [];
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.progress')).sort()) {
    const text = readFileSync(join(folder, name), 'utf8');
    const from = said.get(name) ?? 0;
    // the last line may be half written
    const to = text.lastIndexOf('\n') + 1;
    if (to <= from) continue;
    said.set(name, to);
    lines.push(...text.slice(from, to - 1).split('\n').map(oneLine));
  }
  return lines;
}
