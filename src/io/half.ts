/** Half-precision floats: IEEE 754 binary16. */

/** The value of these bits. */
export const halfOf = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
};
let table: Float32Array | undefined;
/** All 65536 of them, made when first wanted: a checkpoint holds millions. */
export const halves = (): Float32Array => (table ??= Float32Array.from({ length: 65536 }, (_, bits) => halfOf(bits)));
