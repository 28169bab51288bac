/**
 * Where the batch is in a tensor. Inside a graph it need not come first: PyTorch's attention works on [position, batch, feature], and on
 * [batch * head, position, feature], or [position * batch, feature]. Activations leave the engine batch first, and come back as the graph has them.
 */
import { entriesOf } from '../../../../shape.js';

export interface BatchAxis {
  /** the axis along which rows follow each other; -1: the tensor is that of one row, without an axis for it */
  readonly axis: number;
  /** true: each row has several entries on that axis, which make an axis of their own after the batch is taken out */
  readonly several: boolean;
  /** true: on that axis rows take turns ([position * batch, feature]); false: each has its entries in one stretch ([batch * head, ...]) */
  readonly turns?: boolean | undefined;
}

/** The shape of one row's share. */
export function ownShape(dims: readonly number[], rows: number, { axis, several }: BatchAxis): number[] {
  if (axis < 0) return [...dims];
  return [...dims.slice(0, axis), ...(several ? [dims[axis]! / rows] : []), ...dims.slice(axis + 1)];
}

/** The tensor's shape for some rows, from its shape for one. */
export const dimsFor = (one: readonly number[], rows: number, { axis }: BatchAxis): number[] =>
  one.map((size, i) => (i === axis ? size * rows : size));

type Movable = Float32Array | Uint8Array;

/** [a, b, inner] to [b, a, inner]. */
function swap<T extends Movable>(data: T, a: number, b: number, inner: number): T {
  const moved = new (data.constructor as new (length: number) => T)(data.length);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) {
      const from = (i * b + j) * inner;
      const to = (j * a + i) * inner;
      if (inner === 1) moved[to] = data[from]!;
      else moved.set(data.subarray(from, from + inner), to);
    }
  return moved;
}

/** How many entries of a row there are before the batch. */
const ahead = (dims: readonly number[], rows: number, { axis, turns }: BatchAxis): number =>
  axis < 0 ? 1 : entriesOf(dims.slice(0, axis)) * (turns ? dims[axis]! / rows : 1);

/** From the graph's order to batch first. The result may be the array itself. */
export function batchFirst<T extends Movable>(data: T, dims: readonly number[], rows: number, layout: BatchAxis): T {
  const before = ahead(dims, rows, layout);
  return before === 1 || rows === 1 ? data : swap(data, before, rows, data.length / before / rows);
}

/** And back. */
export function asInGraph<T extends Movable>(data: T, dims: readonly number[], rows: number, layout: BatchAxis): T {
  const before = ahead(dims, rows, layout);
  return before === 1 || rows === 1 ? data : swap(data, rows, before, data.length / before / rows);
}
