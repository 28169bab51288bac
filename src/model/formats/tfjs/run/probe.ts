/** A first run of a graph on made-up inputs: which tensors belong to single rows of the batch, and their shapes. */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelInput } from '../../../input.js';
import type { InputSpec } from '../graph/inputs.js';
import { entriesOf } from '../../../../shape.js';

/** Runs rows and returns the named tensors. Their disposal is the caller's. */
export type RunRows = (rows: readonly ModelInput[], names: readonly string[]) => tf.Tensor[];

interface Seen {
  readonly shape: readonly number[];
  /** undefined: not numbers that could be replaced by others, such as indices */
  readonly data: Float32Array | undefined;
}

/** Values that tell rows apart; small integers, since a table of any size has rows 0 and 1. */
function madeUp(specs: readonly InputSpec[], anySize: number, row: number): ModelInput {
  return Object.fromEntries(
    specs.map(({ name, shape, dtype, vocabulary }) => {
      const sizes = (shape ?? [anySize]).map((size) => (size === -1 ? anySize : size));
      const count = entriesOf(sizes);
      if (!(count <= 2 ** 24)) throw new Error(`its input ${name} has the shape [${sizes.join(', ')}]`);
      const number = (i: number): number =>
        dtype === 'float32' && vocabulary === undefined
          ? Math.abs(Math.sin(1 + i * 12.9898 + row * 78.233))
          : (Math.abs(Math.sin(1 + i * 1.3 + row * 2.1)) * 2) & (vocabulary === 1 ? 0 : 1);
      return [name, { shape: sizes, data: Float32Array.from({ length: count }, (_, i) => number(i)) }];
    }),
  );
}

function look(rows: readonly ModelInput[], names: readonly string[], run: RunRows): Map<string, Seen> {
  const tensors = run(rows, names);
  try {
    return new Map(
      names.map((name, i) => [
        name,
        {
          shape: tensors[i]!.shape,
          data: tensors[i]!.dtype !== 'float32' ? undefined : Float32Array.from(tensors[i]!.dataSync()),
        },
      ]),
    );
  } finally {
    tf.dispose(tensors);
  }
}

/** True where the rows of a batch of two come out as they do alone, which says that the first axis runs along rows. */
function apart(first: Seen, second: Seen, both: Seen): boolean {
  const [lead, ...rest] = first.shape;
  if (first.data === undefined || lead === undefined || lead < 1) return false;
  if (
    both.shape[0] !== 2 * lead ||
    both.shape.length !== first.shape.length ||
    rest.some((size, i) => both.shape[i + 1] !== size)
  )
    return false;
  const alone = [...first.data, ...second.data!];
  const scale = 1e-4 * (1 + alone.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
  return alone.every((value, i) => Math.abs(value - both.data![i]!) <= scale || Object.is(value, both.data![i]));
}

/**
 * Shapes of the tensors that belong to single rows, without the batch axis: -1 where a size follows the input. A tensor of k rows per
 * row of the batch, [rows k, ...], is one of [k, ...] per row.
 * @param example an input the graph runs on; default: made-up ones
 * @throws what the graph throws on every input tried
 */
export function probe(
  specs: readonly InputSpec[],
  names: readonly string[],
  run: RunRows,
  example: ModelInput | undefined,
): Map<string, number[]> {
  const folded = ({ shape: [lead, ...rest] }: Seen): number[] => (lead === 1 ? rest : [lead!, ...rest]);
  const shapesOf = (inputs: readonly [ModelInput, ModelInput]): Map<string, number[]> => {
    const [first, second, both] = [
      look([inputs[0]], names, run),
      look([inputs[1]], names, run),
      look(inputs, names, run),
    ];
    return new Map(
      names
        .filter((name) => apart(first.get(name)!, second.get(name)!, both.get(name)!))
        .map((name) => [name, folded(first.get(name)!)]),
    );
  };
  const open = specs.some(({ shape }) => shape === undefined || shape.includes(-1));
  if (example !== undefined) {
    const shapes = shapesOf([example, example]);
    // from one size nobody can tell which axes follow it
    return open
      ? new Map(
          [...shapes].map(([name, shape]) => [
            name,
            shape.map((size, axis) => (axis === shape.length - 1 && shape.length > 1 ? size : -1)),
          ]),
        )
      : shapes;
  }
  let failure: unknown;
  for (const [small, large] of open
    ? [
        [6, 9],
        [32, 64],
        [224, 256],
      ]
    : [[1, 1]]) {
    try {
      const shapes = shapesOf([madeUp(specs, small!, 0), madeUp(specs, small!, 1)]);
      if (!open) return shapes;
      const larger = shapesOf([madeUp(specs, large!, 0), madeUp(specs, large!, 1)]);
      const agreed: [string, number[]][] = [];
      for (const [name, shape] of shapes) {
        const other = larger.get(name);
        // [1, ...] per row at one size and [k, ...] at another: both without folding
        if (other?.length === shape.length)
          agreed.push([name, shape.map((size, axis) => (size === other[axis] ? size : -1))]);
      }
      return new Map(agreed);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
