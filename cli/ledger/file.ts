/** The ledger: a file of JSON lines to which rows are only ever added, each with the hash of the one before. */
import { hash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { FileError, LedgerError } from '../../src/errors.js';
import { readTextNow } from '../../src/io/files.js';
import { shownPath, statsOf, systemSays } from '../../src/io/system.js';
import { makeFolder } from '../../src/io/whole-file.js';
import { heldRates, levelAt } from '../../src/statistics/streams.js';

const headSchema = z.strictObject({
  ledger: z.literal('congruity'),
  version: z.literal(1),
  hold: z.enum(heldRates),
  alpha: z.number().gt(0).lt(1),
  at: z.iso.datetime(),
  hash: z.string(),
});

const rowSchema = z.strictObject({
  row: z.int(),
  /** which share of the stream's level it has: it grows from row to row, and leaves out gates that could not be judged */
  turn: z.int(),
  at: z.iso.datetime(),
  /** of the report */
  run: z.string(),
  gate: z.string(),
  baseline: z.string(),
  candidate: z.string(),
  task: z.string(),
  seed: z.int(),
  draws: z.int(),
  outcome: z.enum(['equivalent', 'different', 'undecided']),
  level: z.number(),
  /** natural logarithm of the e-value */
  logE: z.number(),
  why: z.string().optional(),
  alarm: z.boolean(),
  before: z.string(),
  hash: z.string(),
});

export type Head = z.infer<typeof headSchema>;
export type Row = z.infer<typeof rowSchema>;
/** A row before it is entered. */
export type NewRow = Omit<Row, 'row' | 'at' | 'alarm' | 'before' | 'hash'>;

export interface Ledger {
  readonly head: Head;
  readonly rows: readonly Row[];
  /** of the last row, or of the head where there is none */
  readonly last: string;
}

/** Clocks may disagree by so many milliseconds. */
const SKEW = 60_000;

const hashed = <T extends object>(said: T): T & { hash: string } => ({
  ...said,
  hash: hash('sha256', JSON.stringify(said)),
});

const fault = (what: string, path: string, hint: string, cause?: unknown): LedgerError =>
  new LedgerError({ what, where: shownPath(path), hint, cause });
const RESTORE = 'take the file from version control or a backup; rows are only ever added, by congruity';

export const alarmsOf = (rows: readonly Row[]): number => rows.filter(({ alarm }) => alarm).length;

/** Whether evidence is enough for an alarm. */
export const isAlarm = (logE: number, level: number): boolean => logE >= -Math.log(level) - 1e-12;

function parsed<T extends { hash: string }>(text: string, schema: z.ZodType<T>, at: string, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fault(`${at} is no JSON`, path, RESTORE);
  }
  const found = schema.safeParse(value);
  if (!found.success)
    throw fault(`${at} is not of a ledger of this version: ${found.error.issues[0]!.message}`, path, RESTORE);
  const { hash: stated, ...said } = value as { hash: string };
  // to the letter: a key that is there twice, or a number that is written in another way, leaves the value as it is
  if (hashed(said).hash !== stated || JSON.stringify(value) !== text.replace(/\r$/, ''))
    throw fault(`${at} was changed after it was entered`, path, RESTORE);
  return found.data;
}

/** @throws LedgerError where the clock was set back by more than a minute, here or where a row was entered */
function checkClock(rows: readonly (Row | Head)[], path: string, now: number): void {
  let latest = -Infinity;
  for (const [i, { at }] of rows.entries()) {
    const time = Date.parse(at);
    if (time < latest - SKEW)
      throw fault(
        `row ${i} was entered at ${at}, before the row above it, which says ${new Date(latest).toISOString()}`,
        path,
        'set the clocks of the machines that enter rows; the file itself is in order',
      );
    latest = Math.max(latest, time);
  }
  if (latest > now + SKEW)
    throw fault(
      `${rows.length > 1 ? 'the last row was entered' : 'the ledger was begun'} at ${new Date(latest).toISOString()}, which is later than now, ${new Date(now).toISOString()}`,
      path,
      'set the clock of this machine, or wait: nothing is entered before what is there',
    );
}

/** The levels are those that the stream gives: a run looks once, before it begins, at how many alarms there are. */
function checkLevels({ hold, alpha }: Head, rows: readonly Row[], path: string): void {
  let turn = 0;
  let [run, alarms] = ['', 0];
  for (const [i, row] of rows.entries()) {
    if (row.run !== run) [run, alarms] = [row.run, alarmsOf(rows.slice(0, i))];
    if (row.turn <= turn) throw fault(`row ${row.row} has the turn of one before it`, path, RESTORE);
    turn = row.turn;
    const level = levelAt(turn, alarms, { alpha, hold });
    if (Math.abs(row.level - level) > 1e-9 * level || row.alarm !== isAlarm(row.logE, row.level))
      throw fault(`row ${row.row} does not follow from its turn and its evidence`, path, RESTORE);
  }
}

/**
 * Reads a ledger and checks all of it: every row by its hash, that of the one before, its order, its time and its level.
 * @throws LedgerError
 */
export function readLedger(path: string, now = Date.now()): Ledger {
  let text: string;
  try {
    text = readTextNow(path, path);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw fault(`the ledger cannot be read: ${error.what}`, path, 'name its file, or begin one: --create', error);
  }
  if (text === '') throw fault('the file is empty', path, `${RESTORE}; to begin a ledger there, remove the file`);
  const end = text.indexOf('\n');
  if (end < 0) throw fault('this is no ledger, or its first line was cut off', path, RESTORE);
  const head = parsed(text.slice(0, end), headSchema, 'the first line', path);
  if (!text.endsWith('\n'))
    throw fault(
      'the last row is not whole: whoever wrote it was cut off',
      path,
      'remove what follows the last line end; the gates of that run can be run again',
    );
  const lines = text.slice(0, -1).split('\n').slice(1);
  let last = head.hash;
  const known = new Map([[last, 0]]);
  const rows = lines.map((line, i): Row => {
    const row = parsed(line, rowSchema, `line ${i + 2}`, path);
    if (row.before !== last || row.row !== i + 1)
      throw fault(
        known.has(row.hash)
          ? `line ${i + 2} repeats row ${row.row}`
          : `line ${i + 2} is row ${row.row}, where row ${i + 1} should be: rows are missing or in another order`,
        path,
        RESTORE,
      );
    known.set((last = row.hash), row.row);
    return row;
  });
  checkLevels(head, rows, path);
  checkClock([head, ...rows], path, now);
  return { head, rows, last };
}

/** @throws LedgerError where there is one already, or it cannot be written */
export function createLedger(path: string, { hold, alpha }: Pick<Head, 'hold' | 'alpha'>, now = Date.now()): Ledger {
  const head = hashed({
    ledger: 'congruity' as const,
    version: 1 as const,
    hold,
    alpha,
    at: new Date(now).toISOString(),
  });
  makeFolder(dirname(path), 'name a file in a folder that can be written');
  write(path, `${JSON.stringify(head)}\n`, 'wx');
  return { head, rows: [], last: head.hash };
}

function write(path: string, text: string, how: 'wx' | 'a'): void {
  let file: number;
  try {
    file = openSync(path, how);
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const what = statsOf(path)?.isFile() ? 'there is a ledger of this name already' : 'something else is there already';
    throw fault(
      there ? what : `the ledger cannot be written: ${systemSays(error)}`,
      path,
      there ? 'name another file; a ledger is never begun anew' : 'name a file that can be written',
      error,
    );
  }
  const { size } = fstatSync(file);
  try {
    // one call: a reader sees all rows of a run or none, and what is cut off is found out
    const bytes = Buffer.from(text);
    if (writeSync(file, bytes) < bytes.length) throw new Error('there was room for a part of it only');
    fsyncSync(file);
  } catch (error) {
    if (how === 'wx') rmSync(path, { force: true });
    else ftruncateSync(file, size);
    throw fault(
      `nothing was entered: ${systemSays(error)}`,
      path,
      'make room on the disk, and run the gate again',
      error,
    );
  } finally {
    closeSync(file);
  }
}

/**
 * Enters rows after the row that the run began from.
 * @throws LedgerError where another run entered rows meanwhile: the levels of these are spent
 */
export function enter(path: string, begun: Ledger, added: readonly NewRow[], now = Date.now()): Row[] {
  const lock = `${path}.lock`;
  try {
    closeSync(openSync(lock, 'wx'));
  } catch (error) {
    throw fault(
      (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? 'another run is entering rows, or was killed while it did'
        : `the ledger cannot be locked: ${systemSays(error)}`,
      lock,
      'run the gate again; if no other run is there, remove this file first',
    );
  }
  try {
    const found = readLedger(path, now);
    if (found.last !== begun.last)
      throw fault(
        'another run entered rows since this one began, and has spent the levels that this one was judged at',
        path,
        'run the gate again: what was computed is kept, and verdicts are judged at levels of their own',
      );
    let { last } = found;
    const rows = added.map((one, i): Row => {
      const row = hashed({
        row: found.rows.length + i + 1,
        ...one,
        at: new Date(now).toISOString(),
        alarm: isAlarm(one.logE, one.level),
        before: last,
      });
      last = row.hash;
      return row;
    });
    if (rows.length > 0) write(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'a');
    return rows;
  } finally {
    rmSync(lock, { force: true });
  }
}
