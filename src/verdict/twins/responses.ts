/** What an intervention does to a representation, and whether it does the same to another model's. Only Grams are looked at, so that no feature of one model need be found in the other. */
import { measures } from '../../measure/index.js';
import type { Gram } from '../../representation/gram.js';

/** An intervention on two models. */
export interface Responses {
  /** how far it moved each: the angle between the Grams before and after, over a right angle, as CKA measures it */
  readonly moved: readonly [number, number];
  /** between what it did to one and what it did to the other, in [-1, 1]; 0 where it moved one only, undefined where it moved neither */
  readonly cosine: number | undefined;
}

/** Moved by less than this, a representation is a copy of what it was. */
export const STILL = measures.cka.resolution;

/** True where an intervention moves one of the models. */
export const responds = ({ moved, cosine }: Responses): boolean =>
  cosine !== undefined && moved.some((by) => by >= STILL);

/** A Gram over its Frobenius norm; a constant representation has none, and stays zero. */
export function unit({ data }: Gram): Float64Array {
  const { length } = data;
  const found = new Float64Array(length);
  let largest = 0;
  for (let i = 0; i < length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  if (largest === 0) return found;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const x = data[i]! / largest;
    found[i] = x;
    sum += x * x;
  }
  const norm = Math.sqrt(sum);
  for (let i = 0; i < length; i++) found[i] = found[i]! / norm;
  return found;
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

/** Of Grams that many are compared with. */
const units = new WeakMap<Gram, Float64Array>();
const known = new WeakMap<Gram, { readonly of: readonly Gram[]; readonly found: Responses }>();

function keptUnit(gram: Gram): Float64Array {
  const found = units.get(gram) ?? unit(gram);
  units.set(gram, found);
  return found;
}

/** The same, of Grams as they are: the running test, the verdict and the report look at the same draws, and only the first of them computes. */
export function responded(before: readonly [Gram, Gram], after: readonly [Gram, Gram]): Responses {
  const of = [...before, ...after];
  const earlier = known.get(after[0]);
  if (earlier && of.every((gram, i) => gram === earlier.of[i])) return earlier.found;
  const found = responsesOf([keptUnit(before[0]), keptUnit(before[1])], [unit(after[0]), unit(after[1])]);
  known.set(after[0], { of, found });
  return found;
}
