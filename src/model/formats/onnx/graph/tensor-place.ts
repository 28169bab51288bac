/** Where the rows of a batch are in a tensor, and which of its axes follow the input, as the first runs show it. */
import type { NumberType } from '../file/element-types.js';
import { isFloat } from '../file/element-types.js';
import { batchFirst, type BatchAxis } from './batch-axis.js';

/** A tensor as one run left it. */
export interface Seen {
  readonly dims: readonly number[];
  /** undefined: no tensor of numbers */
  readonly type: NumberType | undefined;
  readonly values: Float32Array;
}

/** How many rows the graph takes at once. */
export type Rows =
  /** any number */
  | { readonly kind: 'any' }
  /** a fixed number; the rest of the batch is filled up, and what belongs to single rows is known for one row only */
  | { readonly kind: 'fixed'; readonly size: number }
  /** one at a time: rows of one batch change each other, or the graph takes no second one */
  | { readonly kind: 'single'; readonly why: string };

export interface TensorPlace {
  readonly name: string;
  readonly type: NumberType;
  readonly layout: BatchAxis;
  /** the tensor's shape for one row: -1 where a size follows the input */
  readonly dims: readonly number[];
  /** that of one row's share, likewise */
  readonly own: readonly number[];
  /** the share's shape at the first size probed */
  readonly example: readonly number[];
}

export interface Probed {
  readonly rows: Rows;
  readonly places: ReadonlyMap<string, TensorPlace>;
  /** tensors that are no sites, and why */
  readonly absent: ReadonlyMap<string, string>;
  /** bytes of all probed tensors, as float32, of one row */
  readonly rowBytes: number;
  /** values in the largest tensor of the input that was probed with */
  readonly exampleSize: number;
  /** length of a sequence of tokens or vectors that the model takes, where it is fixed; undefined elsewhere */
  readonly fixedLength: number | undefined;
  /** true: what grows with the input are positions, not rows and columns of an image */
  readonly sequential: boolean;
}

// Jest's sandbox makes globals slow to look up, and these run for every value
const { abs } = Math;

/** True where rounding explains every difference. */
function close(a: Float32Array, b: Float32Array, type: NumberType): boolean {
  let scale = 0;
  for (let i = 0; i < a.length; i++) {
    const size = abs(a[i]!);
    if (size > scale && size !== Infinity) scale = size;
  }
  const most = isFloat(type) ? (type === 'float16' ? 2e-2 : 1e-3) * scale + 1e-6 : 1;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (!(abs(x - y) <= most || x === y || (x !== x && y !== y))) return false;
  }
  return true;
}

/** The axis that is twice as long for two rows as for one, all others being equal. */
function doubled(one: readonly number[], two: readonly number[]): number {
  if (one.length !== two.length) return -1;
  const axes = one.flatMap((size, axis) => (two[axis] === size ? [] : [axis]));
  return axes.length === 1 && two[axes[0]!] === 2 * one[axes[0]!]! ? axes[0]! : -1;
}

/** What is known of one tensor after the runs. */
export interface Look {
  readonly one: Seen;
  readonly two: Seen | undefined;
  /** of inputs of other sizes */
  readonly others: readonly Seen[];
}

export const mixed = 'its rows cannot be told apart: those of one batch change each other';
const shared = 'it has no batch axis: it is the same for every row';

/** Where the rows are in a tensor, or why that cannot be said. */
export function placeOf(name: string, { one, two, others }: Look, rows: Rows, fixed: number): TensorPlace | string {
  const { type, dims, values } = one;
  const grows = (axis: number): boolean => others.some((other) => other.dims[axis] !== dims[axis]);
  if (type === undefined) return 'it is no tensor of numbers';
  let layout: BatchAxis;
  if (rows.kind === 'fixed') {
    if (dims[0] === undefined || dims[0] % fixed !== 0)
      return 'its first axis is not that of the batch, which is fixed';
    layout = { axis: 0, several: dims[0] !== fixed };
  } else if (two === undefined)
    layout =
      dims[0] === 1
        ? { axis: 0, several: false }
        : rows.kind === 'single'
          ? { axis: -1, several: false }
          : { axis: 0, several: true };
  else {
    const axis = doubled(dims, two.dims);
    if (axis < 0) {
      if (rows.kind !== 'single')
        return dims.length === two.dims.length && dims.every((size, i) => size === two.dims[i])
          ? shared
          : 'the batch is in no single axis of it';
      layout = { axis: -1, several: false };
    } else {
      layout = { axis, several: dims[axis] !== 1 || grows(axis) };
      const fits = (where: BatchAxis): boolean =>
        close(values, batchFirst(two.values, two.dims, 2, where).subarray(0, values.length), type);
      if (rows.kind === 'any' && !fits(layout)) {
        layout = { ...layout, turns: true };
        if (!layout.several || !fits(layout)) return mixed;
      }
    }
  }
  if (others.some((other) => other.dims.length !== dims.length)) return 'its number of axes depends on the input';
  const perRow = dims.map((size, axis) => (axis === layout.axis ? size / (rows.kind === 'fixed' ? fixed : 1) : size));
  const followed = perRow.map((size, axis) => (grows(axis) ? -1 : size));
  const share = (sizes: readonly number[]): number[] =>
    layout.axis < 0 || layout.several ? [...sizes] : sizes.filter((_, axis) => axis !== layout.axis);
  return { name, type, layout, dims: followed, own: share(followed), example: share(perRow) };
}
