/** How many rows a piece of work has had computed. All it does is handed one signal, which is what it is known by. */
import { clock } from './signal.js';

export interface Rows {
  /** rows that went through a model, and the seconds that took */
  count: number;
  seconds: number;
  /** rows of which what came out was known from before */
  kept: number;
  /** called after each pass */
  readonly passed: () => void;
}

const counted = new WeakMap<AbortSignal, Rows>();

/** Counts from now on what is computed under this signal. */
export function countRows(signal: AbortSignal, passed: () => void): Rows {
  const rows: Rows = { count: 0, seconds: 0, kept: 0, passed };
  counted.set(signal, rows);
  return rows;
}

/** A pass of so many rows, counted under the signal where somebody asked for that. */
export async function passOf<T>(signal: AbortSignal | undefined, count: number, pass: () => Promise<T>): Promise<T> {
  const started = clock();
  const result = await pass();
  const rows = signal && counted.get(signal);
  if (rows) {
    rows.count += count;
    rows.seconds += (clock() - started) / 1000;
    rows.passed();
  }
  return result;
}

/** Counts rows that need not be computed, because what they come to is known. */
export function countKept(signal: AbortSignal | undefined, count: number): void {
  const rows = signal && counted.get(signal);
  if (rows) rows.kept += count;
}

/** Rows counted under a signal so far, whether they were computed or known. */
export function rowsOf(signal: AbortSignal | undefined): number {
  const rows = signal && counted.get(signal);
  return rows ? rows.count + rows.kept : 0;
}
