/** Arrays that cross from one thread to another. */

/** The same memory, as an array of this realm: what a message holds is of Node's own, and Jest's sandbox has another. */
export const float32 = ({ buffer, byteOffset, length }: Float32Array): Float32Array =>
  new Float32Array(buffer, byteOffset, length);
export const float64 = ({ buffer, byteOffset, length }: Float64Array): Float64Array =>
  new Float64Array(buffer, byteOffset, length);

/** A copy in memory that all threads see: sent to several, it is there once. */
export function shared(data: Float64Array): Float64Array {
  const all = new Float64Array(new SharedArrayBuffer(data.byteLength));
  all.set(data);
  return all;
}
