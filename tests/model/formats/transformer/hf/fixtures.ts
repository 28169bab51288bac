/** Checkpoints that transformers saved, and what it computes with them: make_fixtures.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, type StoredTensor } from '../../../../../src/io/safetensors.js';

export interface Case {
  readonly name: string;
  /** a batch of rows of one length */
  readonly inputs: readonly number[][];
  /** a batch of rows of several */
  readonly ragged: readonly number[][];
  /** every site is in the golden file */
  readonly every: boolean;
}

export interface TextCase {
  readonly name: string;
  readonly texts: readonly string[];
  readonly tokens: readonly number[][];
}

export const folder = join(__dirname, 'fixtures');
export const { cases, texts } = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as {
  cases: readonly Case[];
  texts: readonly TextCase[];
};

export const golden = async (name: string): Promise<ReadonlyMap<string, StoredTensor>> =>
  (await readSafetensors(join(folder, name, 'golden.safetensors'))).tensors;

/** The largest difference, relative to the largest value of the tensor: that is what rounding in its sums goes with. Infinities must agree. */
export function difference(got: StoredTensor, expected: StoredTensor): number {
  if (got.shape.join() !== expected.shape.join()) return Infinity;
  let worst = 0;
  let largest = 1;
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [got.data[i]!, expected.data[i]!];
    if (Number.isFinite(b)) largest = Math.max(largest, Math.abs(b));
    if (a === b) continue;
    const off = Math.abs(a - b);
    worst = Number.isNaN(off) ? Infinity : Math.max(worst, off);
  }
  return worst / largest;
}
