/** The committed models of fixtures/, and what make.py says they compute. */
import { join } from 'node:path';
import type { NamedInputs, TensorValue } from '../../../../src/model/input.js';
import { readSafetensors, type StoredTensor } from '../../../../src/io/safetensors.js';

export const fixture = (name: string): string => join(__dirname, 'fixtures', name);

export interface Golden {
  /** inputs row by row, by name */
  readonly rows: readonly NamedInputs[];
  /** tensors of the graph by the numpy evaluator of the onnx package, batch where the graph has it */
  readonly sites: ReadonlyMap<string, StoredTensor>;
  /** PyTorch's own */
  readonly torch: ReadonlyMap<string, StoredTensor>;
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

function rowsOf({ shape, data }: StoredTensor): TensorValue[] {
  const [rows = 1, ...own] = shape;
  const size = product(own);
  return Array.from({ length: rows }, (_, row) => ({ shape: own, data: data.slice(row * size, (row + 1) * size) }));
}

export async function golden(name: string): Promise<Golden> {
  const { tensors } = await readSafetensors(fixture(`${name}.safetensors`));
  const part = (prefix: string) =>
    new Map(
      [...tensors].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]),
    );
  const inputs = [...part('in:')].map(([input, tensor]) => [input, rowsOf(tensor)] as const);
  const rows = inputs[0]![1].map((_, row) =>
    Object.fromEntries(inputs.map(([input, values]) => [input, values[row]!])),
  );
  return { rows, sites: part('site:'), torch: part('torch:') };
}

/** Largest difference. NaN where one has it and the other not. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return NaN;
  let most = 0;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

export const largest = (a: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The same bits, but that 0 and -0 are told apart. */
export const sameBits = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
