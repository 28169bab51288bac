/** Rows of a batch's activations. */
import type { Activation } from './model.js';

/** Some rows of an activation, in the order given and as often; memory of its own. @param places along the first axis */
export function activationRows(
  { site, shape: [batch, ...rest], data }: Activation,
  places: readonly number[],
): Activation {
  const size = data.length / batch!;
  const some = new Float32Array(places.length * size);
  places.forEach((place, i) => some.set(data.subarray(place * size, (place + 1) * size), i * size));
  return { site, shape: [places.length, ...rest], data: some };
}
