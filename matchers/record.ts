/** Leaves one line of JSON for the reporter per check: Jest has no channel for a test's own values (jest#15385). Vitest's (`task.meta`) is one for each test, and not for each check. */
import { appendFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { isCongruityError } from '../src/errors.js';
import { shownPlace } from '../src/io/system.js';
import type { CheckRecord, ErrorRecord } from '../src/claims/check.js';
import { circus } from './circus.js';
import { HOOKS, momentOf } from './moment.js';
import { inVitest } from './vitest-tests.js';

/** The folder the reporter reads; unset where no reporter runs. */
export const EVIDENCE_FOLDER = 'CONGRUITY_EVIDENCE';

/** Any thrown value as a record; what is not ours keeps its name and message under the code UNEXPECTED. */
export function errorRecord(error: unknown): ErrorRecord {
  if (isCongruityError(error))
    return {
      name: error.name,
      code: error.code,
      what: error.what,
      where: error.where && shownPlace(error.where),
      hint: error.hint,
    };
  const [name, text] = error instanceof Error ? [error.name, error.message] : ['Error', String(error)];
  // Jest's own messages are coloured where its terminal is
  return { name, code: 'UNEXPECTED', what: stripVTControlCharacters(text) || 'an error without a message' };
}

/** The test file as a reader would type it. */
export function fileOf(testPath: string | undefined): string {
  if (testPath === undefined) return 'unknown';
  const short = relative(process.cwd(), testPath);
  return short.startsWith('..') || isAbsolute(short) ? testPath : short;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const escapeExpression = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** One command that runs this check again. The gate command sets its own, because its test files do not stay. */
export function replayCommand(file: string, test: string, seed: number): string {
  const gate = process.env['CONGRUITY_REPLAY'];
  if (gate) return gate;
  const runner = circus() === undefined && inVitest() ? 'vitest run' : 'jest';
  return `CONGRUITY_SEED=${seed} npx ${runner} ${quote(file)}${test === HOOKS ? '' : ` -t ${quote(`^${escapeExpression(test)}$`)}`}`;
}

/** Appends the check to this process's file; does nothing where no reporter asked for it. */
export function recordCheck(check: CheckRecord): void {
  const folder = process.env[EVIDENCE_FOLDER];
  if (folder)
    appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify({ ...check, at: momentOf(check.test) })}\n`);
}
