/** Cuts an activation to the length of its input. */
import { isAlong } from './interventions.js';
import type { Axis, Values } from './model.js';
import { entriesOf } from './shape.js';

/**
 * The first `length` places on every axis along the input; the values themselves where none are longer.
 * @param axes of the shape, in order
 */
export function crop({ shape, data }: Values, axes: readonly Axis[], length: number): Values {
  const own = axes.map((axis, i) => (isAlong(axis) ? Math.min(length, shape[i]!) : shape[i]!));
  if (own.every((size, axis) => size === shape[axis])) return { shape, data };
  const cut = new Float32Array(entriesOf(own));
  const strides = shape.map((_, axis) => entriesOf(shape.slice(axis + 1)));
  for (let at = 0; at < cut.length; at++) {
    let from = 0;
    let rest = at;
    for (let axis = own.length - 1; axis >= 0; axis--) {
      from += (rest % own[axis]!) * strides[axis]!;
      rest = Math.floor(rest / own[axis]!);
    }
    cut[at] = data[from]!;
  }
  return { shape: own, data: cut };
}
