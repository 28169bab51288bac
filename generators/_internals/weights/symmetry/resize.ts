/** Slices put into tensors and taken out of them. */
import { random } from '../../../../src/random.js';
import type { Draft } from '../draft.js';

type Axis = 'first' | 'last';

/** Slices along an axis: `from[i]` is an old index, or a value for every new cell. */
export type Slice = number | ((at: number) => number);

/** Makes a tensor of some of its own slices and new ones, along its first or last axis. */
export function assemble(draft: Draft, name: string, axis: Axis, slices: readonly Slice[]): void {
  const shape = draft.shape(name);
  const data = draft.read(name);
  const size = axis === 'first' ? shape[0]! : shape.at(-1)!;
  const outer = axis === 'first' ? 1 : data.length / size;
  const inner = axis === 'first' ? data.length / size : 1;
  const out = new Float64Array(outer * slices.length * inner);
  let fresh = 0;
  slices.forEach((slice, s) => {
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++)
        out[(o * slices.length + s) * inner + i] =
          typeof slice === 'number' ? data[(o * size + slice) * inner + i]! : slice(fresh++);
  });
  draft.put(name, axis === 'first' ? [slices.length, ...shape.slice(1)] : [...shape.slice(0, -1), slices.length], out);
}

/** Old indices with something new before the one at `at`. */
export function withNew(size: number, at: number, fresh: readonly Slice[]): Slice[] {
  const old = Array.from({ length: size }, (_, i) => i);
  return [...old.slice(0, at), ...fresh, ...old.slice(at)];
}

/** Normal values of the tensor's own size. */
export function alike(draft: Draft, name: string, seed: number): (at: number) => number {
  const data = draft.read(name);
  let squares = 0;
  for (const x of data) squares += x * x;
  const deviation = Math.sqrt(squares / data.length);
  const stream = random(seed, name);
  return () => deviation * stream.normal();
}

export const zeros = (): number => 0;

/** Whether all values of a part of a tensor are 0. */
export function isZero(data: ArrayLike<number>, from = 0, to = data.length): boolean {
  for (let i = from; i < to; i++) if (data[i] !== 0) return false;
  return true;
}
