/** What the tests of matchers about claims share: messages, records, and a folder of failures of their own. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { validCheck } from '../../reports/validate.js';
import type { Check } from '../../reports/schema.js';
import * as matchers from '../../matchers/index.js';
import '../../matchers/types.js';

expect.extend({ ...matchers });

export const messageOf = async (work: Promise<unknown> | void): Promise<string> => {
  const error: unknown = await Promise.resolve(work).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  // colours are Jest's business
  // oxlint-disable-next-line no-control-regex
  return (error as Error).message.replace(/\x1b\[\d+m/g, '');
};

/** Folders for evidence and failures, fresh for every test of a file; CI or not, failures are written. */
export function folders(): {
  evidence(): string;
  failures(): string;
  recorded(): Check[];
  kept(): { file: string; text: string }[];
} {
  let folder = '';
  let ci: string | undefined;
  let snapshots: string | undefined;
  /** Jest's own; under --ci it says so here */
  const state = () => (expect.getState() as unknown as { snapshotState: Record<string, string> }).snapshotState;
  beforeEach(() => {
    snapshots = state()['_updateSnapshot'];
    state()['_updateSnapshot'] = 'new';
    folder = mkdtempSync(join(tmpdir(), 'congruity-claims-'));
    process.env['CONGRUITY_EVIDENCE'] = folder;
    process.env['CONGRUITY_FAILURES'] = join(folder, 'failures');
    ci = process.env['CI'];
    delete process.env['CI'];
  });
  afterEach(() => {
    delete process.env['CONGRUITY_EVIDENCE'];
    delete process.env['CONGRUITY_FAILURES'];
    if (ci !== undefined) process.env['CI'] = ci;
    state()['_updateSnapshot'] = snapshots!;
    rmSync(folder, { recursive: true, force: true });
  });
  const failures = (): string => join(folder, 'failures');
  // `at` is for the reporter only
  const withoutMoment = (line: { at?: unknown }): object => {
    const { at: _, ...check } = line;
    return check;
  };
  return {
    evidence: () => folder,
    failures,
    recorded: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.jsonl'))
        .flatMap((file) =>
          readFileSync(join(folder, file), 'utf8')
            .trim()
            .split('\n')
            .map((line) => withoutMoment(JSON.parse(line) as object))
            .map((check) => validCheck(check)),
        ),
    kept: () => {
      try {
        return readdirSync(failures()).map((file) => ({ file, text: readFileSync(join(failures(), file), 'utf8') }));
      } catch {
        return [];
      }
    },
  };
}
