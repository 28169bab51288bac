/** What an intervention does to a representation, and whether it does the same to another model's. Only Grams are looked at, so that no feature of one model need be found in the other. */
import type { Gram } from '../../representation/gram.js';

/** An intervention on two models. */
export interface Responses {
  /** how far it moved each: the angle between the Grams before and after, over a right angle, as CKA measures it */
  readonly moved: readonly [number, number];
  /** between what it did to one and what it did to the other, in [-1, 1]; 0 where it moved one only, undefined where it moved neither */
  readonly cosine: number | undefined;
}

/** A Gram over its Frobenius norm; a constant representation has none, and stays zero. */
export function unit({ data }: Gram): Float64Array {
  let largest = 0;
  for (const x of data) if (Math.abs(x) > largest) largest = Math.abs(x);
  if (largest === 0) return new Float64Array(data.length);
  let sum = 0;
  for (const x of data) sum += (x / largest) ** 2;
  const norm = Math.sqrt(sum);
  return data.map((x) => x / largest / norm);
}

/** Between unit vectors, from the length of their difference: exact where they are near, unlike the arc cosine. */
const angle = (length: number): number => Math.asin(Math.min(1, length / 2)) / (Math.PI / 4);

/**
 * Responses of two models to one intervention, by Grams over the same inputs, centred, as `unit` gives them.
 * @param before of the two models
 * @param after of their twins
 */
export function responsesOf(
  before: readonly [Float64Array, Float64Array],
  after: readonly [Float64Array, Float64Array],
): Responses {
  let [own, other, product] = [0, 0, 0];
  const { length } = before[0];
  for (let i = 0; i < length; i++) {
    const a = after[0][i]! - before[0][i]!;
    const b = after[1][i]! - before[1][i]!;
    own += a * a;
    other += b * b;
    product += a * b;
  }
  const norms = Math.sqrt(own) * Math.sqrt(other);
  return {
    moved: [angle(Math.sqrt(own)), angle(Math.sqrt(other))],
    cosine: norms > 0 ? Math.max(-1, Math.min(1, product / norms)) : own + other > 0 ? 0 : undefined,
  };
}
