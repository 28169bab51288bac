/** Numbers of every element type, to and from float32. */
import { halves } from '../../../../io/half.js';
import { arrayFor, type AnyArray } from '../run/runtime.js';
import { ranges, type NumberType } from './element-types.js';

const word = new Float32Array(1);
const wordBits = new Uint32Array(word.buffer);

/** The bits of the nearest float16; ties go to the even one. */
export function toHalf(value: number): number {
  word[0] = value;
  const bits = wordBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = bits & 0x7f_ffff;
  if (exponent === 128) return sign | (fraction ? 0x7e00 : 0x7c00);
  if (exponent > 15) return sign | 0x7c00;
  // subnormals of float16 shift the whole fraction, with its leading one, further down
  const shift = exponent < -14 ? 13 + (-14 - exponent) : 13;
  if (shift > 25) return sign;
  const whole = exponent < -14 ? fraction | 0x80_0000 : fraction;
  const kept = whole >>> shift;
  const rest = whole & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  const up = rest > tie || (rest === tie && (kept & 1) === 1) ? 1 : 0;
  // a carry runs into the exponent, as it should
  return sign | ((exponent < -14 ? 0 : (exponent + 15) << 10) + kept + up);
}

/** Values as float32, which rounds 64-bit ones. The result may be the array itself. */
export function toFloat32(values: AnyArray, type: NumberType): Float32Array {
  if (type === 'float32') return values as Float32Array;
  const all = new Float32Array(values.length);
  if (type === 'float16') {
    const table = halves();
    const bits = values as Uint16Array;
    for (let i = 0; i < all.length; i++) all[i] = table[bits[i]!]!;
  } else if (type === 'int64' || type === 'uint64') all.set(Array.from(values as BigInt64Array, Number));
  else all.set(values as Float64Array);
  return all;
}

const { round, min, max } = Math;
const toBigInt = BigInt;
function nearestEven(value: number): number {
  const up = round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/**
 * Activations to put in, in the values that a type has: floats rounded to the nearest, integers too and cut to the type's range, NaN to 0; booleans are 0 and 1.
 * @param within the type that holds them on their way in
 */
export function fromFloat32(values: Float32Array, type: NumberType, within: NumberType): AnyArray {
  if (within === 'float32') {
    if (type !== 'float16') return values;
    const table = halves();
    return values.map((value) => table[toHalf(value)]!);
  }
  const all = arrayFor(within, values.length);
  const range = ranges[type];
  if (range === undefined) {
    if (within === 'float16') for (let i = 0; i < values.length; i++) all[i] = toHalf(values[i]!);
    else (all as Float64Array).set(values);
    return all;
  }
  const [least, most] = range;
  const wide = within === 'int64' || within === 'uint64';
  for (let i = 0; i < values.length; i++) {
    const value = type === 'bool' ? (values[i] !== 0 ? 1 : 0) : min(most, max(least, nearestEven(values[i]!)));
    const number = value === value ? value : 0;
    if (wide) (all as BigInt64Array)[i] = toBigInt(number);
    else all[i] = number;
  }
  return all;
}
