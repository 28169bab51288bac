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

/** A Gram over its Frobenius norm: its entries times two factors, as the squares of large ones cannot be represented. */
export interface Unit {
  readonly data: Float64Array;
  readonly by: readonly [number, number];
}

/** A constant representation has no norm, and stays zero. */
export function unit({ data }: Gram): Unit {
  const { length } = data;
  let largest = 0;
  for (let i = 0; i < length; i++) {
    const size = Math.abs(data[i]!);
    if (size > largest) largest = size;
  }
  if (largest === 0) return { data, by: [0, 0] };
  // neither infinite nor subnormal
  const first = Math.max(1e-300, Math.min(1e300, 1 / largest));
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const x = data[i]! * first;
    sum += x * x;
  }
  return { data, by: [first, 1 / Math.sqrt(sum)] };
}

/** Between unit vectors, from the length of their difference: exact where they are near, unlike the arc cosine. */
const angle = (length: number): number => Math.asin(Math.min(1, length / 2)) / (Math.PI / 4);

/**
 * Responses of two models to one intervention, by Grams over the same inputs, centred, as `unit` gives them.
 * @param before of the two models
 * @param after of their twins
 */
export function responsesOf(before: readonly [Unit, Unit], after: readonly [Unit, Unit]): Responses {
  let [own, other, product] = [0, 0, 0];
  const [a0, b0, a1, b1] = [before[0].data, before[1].data, after[0].data, after[1].data];
  const [[a0f, a0s], [b0f, b0s], [a1f, a1s], [b1f, b1s]] = [before[0].by, before[1].by, after[0].by, after[1].by];
  const { length } = a0;
  for (let i = 0; i < length; i++) {
    const a = a1[i]! * a1f * a1s - a0[i]! * a0f * a0s;
    const b = b1[i]! * b1f * b1s - b0[i]! * b0f * b0s;
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
const units = new WeakMap<Gram, Unit>();
const known = new WeakMap<Gram, { readonly of: readonly Gram[]; readonly found: Responses }>();

function keptUnit(gram: Gram): Unit {
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
