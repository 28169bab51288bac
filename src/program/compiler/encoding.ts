/** How a variable stands in the residual stream, and how exactly. */
import { CompilationError } from '../../errors.js';
import type { Op } from '../language/op.js';
import { pointing } from '../language/print.js';
import { asNumber, valueInWords } from '../language/value.js';
import type { Terms, Time } from './wiring.js';

/** Half the distance from 1 to the next float32: the relative error of a rounding. */
export const ROUNDING = 2 ** -24;
/** Numbers nearer to each other, or larger, are not held: products on the way would leave the range in which a rounding is relative (2^-126 to 2^128). */
const [NEAREST, LARGEST] = [2 ** -100, 2 ** 100];

/** One feature for each value, which is 1 where the variable has it. */
export interface OneHot {
  readonly kind: 'one-hot';
  readonly features: readonly number[];
  readonly time: Time;
  /** bound on the sum of the features' absolute errors; 0 where float32 has no error at all */
  readonly error: number;
  /** bound on the absolute error of each feature */
  readonly each: number;
}

/** One feature that holds a number for each value. */
export interface Scalar {
  readonly kind: 'number';
  readonly features: readonly [number];
  /** what stands there, by value */
  readonly codes: readonly number[];
  /** true where the codes are the values themselves */
  readonly plain: boolean;
  readonly time: Time;
  /** bound on the absolute error */
  readonly error: number;
  /** the largest absolute number that the feature holds anywhere, the beginning included */
  readonly largest: number;
}

/** A number that is read from the residual stream. */
export interface Reading {
  readonly terms: Terms;
  readonly time: Time;
  readonly error: number;
  readonly largest: number;
}

/** The variable's number, from its features. */
export function readingOf(op: Op, encoding: OneHot | Scalar): Reading {
  const { time, error } = encoding;
  if (encoding.kind === 'number') return { terms: [[encoding.features[0], 1]], time, error, largest: encoding.largest };
  const numbers = op.values.map(asNumber);
  const largest = Math.max(...numbers.map(Math.abs));
  // a weight is rounded to float32, and so is its product with what is nearly 1
  return {
    terms: encoding.features.map((feature, i) => [feature, numbers[i]!] as const),
    time,
    error: error * largest + (error > 0 ? 2 : 1) * ROUNDING * largest * Number(!numbers.every(isFloat32) || error > 0),
    largest,
  };
}

export const isFloat32 = (x: number): boolean => Math.fround(x) === x;

/** What float32 cannot hold apart. */
export function tooFine(op: Op, what: string): CompilationError {
  return new CompilationError({
    what,
    where: pointing(op),
    hint: 'lower maxLength, let the program tell fewer values apart, or give numbers of another size',
  });
}

/** @throws CompilationError where two of a variable's values stand too near to each other to be read */
export function checkApart(op: Op, encoding: OneHot | Scalar): void {
  if (encoding.kind === 'one-hot') {
    if (encoding.each < 0.25) return;
    throw tooFine(
      op,
      `float32 cannot tell its values apart: rounding may move what is 0 or 1 by ${encoding.each.toPrecision(2)}`,
    );
  }
  const { codes, error } = encoding;
  const beyond = codes.findIndex((code) => Math.abs(code) > LARGEST);
  if (beyond >= 0) throw tooFine(op, `float32 has no room to compute with ${valueInWords(op.values[beyond]!)}`);
  const order = codes.map((_, i) => i).toSorted((a, b) => codes[a]! - codes[b]!);
  for (let i = 1; i < order.length; i++) {
    const [a, b] = [order[i - 1]!, order[i]!];
    const gap = codes[b]! - codes[a]!;
    if (gap <= NEAREST)
      throw tooFine(
        op,
        `float32 cannot tell ${valueInWords(op.values[a]!)} from ${valueInWords(op.values[b]!)}: they stand ${gap.toPrecision(2)} apart`,
      );
    if (gap <= 4 * error)
      throw tooFine(
        op,
        `float32 cannot tell ${valueInWords(op.values[a]!)} from ${valueInWords(op.values[b]!)}: they stand ${gap.toPrecision(2)} apart, and rounding may move them by ${error.toPrecision(2)}`,
      );
  }
}
