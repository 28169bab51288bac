/** Symmetric matrices stored as their lower triangle, row by row: half the memory and half the work of an inner product. */

export const packedLength = (n: number): number => (n * (n + 1)) / 2;

/** Lower triangle of a full n x n matrix into `to`, entries off the diagonal times `weight`. */
export function pack(full: Float64Array, n: number, to: Float64Array, weight: number): void {
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0, from = i * n; j < i; j++, from++) to[at++] = weight * full[from]!;
    to[at++] = full[i * n + i]!;
  }
}

/** As pack, for a matrix over some rows of the whole only: `rows` ascending; other entries of `to` are left alone. */
export function packRows(part: Float64Array, rows: Uint32Array, to: Float64Array, weight: number): void {
  const m = rows.length;
  for (let i = 0; i < m; i++) {
    const row = (rows[i]! * (rows[i]! + 1)) / 2;
    for (let j = 0, from = i * m; j < i; j++, from++) to[row + rows[j]!] = weight * part[from]!;
    to[row + rows[i]!] = part[i * m + i]!;
  }
}

/** The full symmetric matrix, row-major. */
export function unpack(packed: Float64Array, n: number): Float64Array {
  const full = new Float64Array(n * n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      full[i * n + j] = packed[at]!;
      full[j * n + i] = packed[at++]!;
    }
  }
  return full;
}
