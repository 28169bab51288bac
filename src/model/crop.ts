/** Cuts an activation to the size that another input has. */
import { isAlong } from './interventions.js';
import type { Axis, Values } from './model.js';
import { entriesOf, entriesWithin } from '../shape.js';

/** The values at the places that both shapes have, zero at those that only the new one has; the values themselves where the shapes are equal. */
export function resized({ shape, data }: Values, sizes: readonly number[]): Values {
  if (sizes.every((size, axis) => size === shape[axis])) return { shape, data };
  const own = new Float32Array(entriesOf(sizes));
  const both = sizes.map((size, axis) => Math.min(size, shape[axis]!));
  const to = entriesWithin(both, sizes);
  entriesWithin(both, shape).forEach((from, i) => (own[to[i]!] = data[from]!));
  return { shape: sizes, data: own };
}

/**
 * The first `length` places on every axis along the input; the values themselves where none are longer.
 * @param axes of the shape, in order
 */
export const crop = (values: Values, axes: readonly Axis[], length: number): Values =>
  resized(
    values,
    axes.map((axis, i) => (isAlong(axis) ? Math.min(length, values.shape[i]!) : values.shape[i]!)),
  );
